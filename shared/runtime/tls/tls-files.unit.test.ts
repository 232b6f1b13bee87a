import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { newAuthority } from '../../../test/support/certificates.js';
import { ConfigurationError } from '../process/config.js';
import { TlsFiles } from './tls-files.js';
import { watchCertificates } from './watch-certificates.js';

const folder = mkdtempSync(join(tmpdir(), 'tls-files-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let written = 0;
const file = (text: string, path = join(folder, `${String((written += 1))}.pem`)): string => {
  writeFileSync(path, text);
  return path;
};

const authority = newAuthority('Bank authority');
const first = authority.issue('client-middleware');
const second = authority.issue('client-middleware');
const DAY_MS = 86_400_000;

type Heard = { readonly problems: string[]; readonly changes: string[] };
const watched = (
  settings: Readonly<Record<string, unknown>>,
): { readonly tls: TlsFiles; readonly heard: Heard; readonly later: () => void } => {
  const heard: Heard = { problems: [], changes: [] };
  let nowMs = 0;
  const tls = new TlsFiles(settings, {
    nowMs: () => nowMs,
    onProblem: (system, problem) => heard.problems.push(`${system} ${problem}`),
    onChange: (system) => heard.changes.push(system),
  });
  return { tls, heard, later: () => void (nowMs += 1_000) };
};
const problemsOf = (settings: Readonly<Record<string, unknown>>): readonly string[] => {
  try {
    watched(settings);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
};

describe('the certificates of a system', () => {
  const settings = {
    CORE_BANKING_CA_FILE: file(authority.cert),
    CORE_BANKING_CLIENT_CERT_FILE: file(first.cert),
    CORE_BANKING_CLIENT_KEY_FILE: file(first.key),
    KAFKA_CA_FILE: file(`${authority.cert}${newAuthority('Kafka authority').cert}`),
    TRUSTED_KEYS_FILE: '/no/certificate/of/a/system',
    DATABASE_CA_FILE: undefined,
  };

  it('are its own, and those of no other [A14]', () => {
    const { tls } = watched(settings);
    expect(tls.of('CORE_BANKING')()).toEqual({ ca: authority.cert, cert: first.cert, key: first.key });
    expect(Object.keys(tls.of('KAFKA')())).toEqual(['ca']);
    expect(tls.of('DATABASE')()).toEqual({});
    expect(tls.certificates.map(({ system, which }) => `${system} ${which}`)).toEqual([
      ...['CORE_BANKING authority', 'CORE_BANKING own', 'KAFKA authority', 'KAFKA authority'],
    ]);
  });

  it('stay the same object until a file changes, and are then taken up [A14]', () => {
    const own = { ...settings, CORE_BANKING_CLIENT_CERT_FILE: file(first.cert), CORE_BANKING_CLIENT_KEY_FILE: file(first.key) };
    const { tls, heard, later } = watched(own);
    const now = tls.of('CORE_BANKING');
    const before = now();
    later();
    expect(now()).toBe(before);
    file(second.cert, own.CORE_BANKING_CLIENT_CERT_FILE);
    later();
    // One of two files: a pair that does not fit is not taken.
    expect(now()).toBe(before);
    expect(heard).toEqual({ problems: ['CORE_BANKING CLIENT_KEY_FILE is not the key of CLIENT_CERT_FILE'], changes: [] });
    file(second.key, own.CORE_BANKING_CLIENT_KEY_FILE);
    later();
    expect(now()).toEqual({ ca: authority.cert, cert: second.cert, key: second.key });
    expect(heard.changes).toEqual(['CORE_BANKING']);
  });

  it('that cannot be used are a wrong configuration, all at once, without what stands in them', () => {
    const problems = problemsOf({
      INVESTSUITE_CA_FILE: '/no/such/file',
      KAFKA_CA_FILE: file('not PEM'),
      DATABASE_CA_FILE: file('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
      DRIVEWEALTH_CLIENT_CERT_FILE: file(first.cert),
      DRIVEWEALTH_CLIENT_KEY_FILE: file('hush'),
      CORE_BANKING_CLIENT_CERT_FILE: file(first.cert),
      CORE_BANKING_CLIENT_KEY_FILE: file(second.key),
      CORE_BANKING_OAUTH_CLIENT_KEY_FILE: file(second.key),
    });
    expect(problems).toEqual([
      'INVESTSUITE_CA_FILE cannot be read',
      'KAFKA_CA_FILE holds no certificate in PEM',
      'DATABASE_CA_FILE holds something that is no certificate',
      'DRIVEWEALTH_CLIENT_KEY_FILE holds no private key in PEM without a passphrase',
      'CORE_BANKING_CLIENT_KEY_FILE is not the key of CLIENT_CERT_FILE',
      'CORE_BANKING_OAUTH_CLIENT_KEY_FILE is set, and CLIENT_CERT_FILE is not',
    ]);
  });
});

describe('the end of a certificate', () => {
  it('is a figure at each scrape, and an alarm once a day from so many days before [A14]', async () => {
    const endsAtMs = Math.floor(Date.now() / 1_000) * 1_000 + 100 * DAY_MS;
    const own = authority.issue('client-middleware', endsAtMs);
    const { tls } = watched({ KAFKA_CLIENT_CERT_FILE: file(own.cert), KAFKA_CLIENT_KEY_FILE: file(own.key) });
    const registry = new Registry();
    const alarms: unknown[] = [];
    let nowMs = endsAtMs - 31 * DAY_MS;
    const look = watchCertificates({
      ...{ tls, registry, alarmDays: 30, nowMs: () => nowMs },
      log: { error: (fields: object) => alarms.push(fields) },
    });
    look();
    expect(alarms).toEqual([]);
    expect(await registry.metrics()).toContain(`cmw_certificate_ends_at_seconds{system="KAFKA",which="own"} ${String(endsAtMs / 1_000)}`);
    nowMs += 2 * DAY_MS;
    look();
    nowMs += DAY_MS / 2;
    look();
    expect(alarms).toMatchObject([{ alarm: 'certificate-ends', system: 'KAFKA', which: 'own', daysLeft: 29 }]);
    nowMs += DAY_MS / 2;
    look();
    expect(alarms).toHaveLength(2);
  });
});
