/**
 * A service whose configuration is missing or malformed says everything that is wrong at once, by name, never the value of a secret,
 * and ends with exit code 78 before it has opened anything.
 */
import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames, type ServiceName } from '../../contracts/internal/services.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { configsOf } from '../../infra/tooling/contracts/discover.js';
import { serviceEnvironment } from '../builders/environment.js';
import { settingsOf } from '../../infra/tooling/contracts/environment.js';

const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

interface Ended {
  readonly code: number | null;
  readonly told: string;
}

const runService = (name: ServiceName, env: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(projectRoot, 'dist/services', name, 'src/main.js')], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    });
    let told = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (told += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, told });
    });
  });

/** What each service cannot do without, as its own schema says. */
const requiredOf = (name: ServiceName): readonly string[] =>
  configsOf(projectRoot)
    .filter(({ service }) => service === name)
    .flatMap(({ config }) => settingsOf(config, name))
    .filter(({ required }) => required)
    .map(({ name: setting }) => setting);

/** Whole and well-formed, with every system reached without TLS. */
const PLAIN = {
  ...serviceEnvironment,
  ALLOW_PLAINTEXT: 'false',
  KAFKA_SSL: 'false',
  WEBHOOK_SECRETS_INVESTSUITE: WEBHOOK_SECRET,
  WEBHOOK_SECRETS_BROKER: WEBHOOK_SECRET,
  WEBHOOK_SECRETS_CORE_BANKING: WEBHOOK_SECRET,
  OPERATOR_TOKENS: 'carl:token-of-carl-0123456789',
};

const MALFORMED_TENANT = `
hoseAccountIban: DE1
priceDriftLimit: "a lot"
payWhileOrdersAreOpen: perhaps
counterAccountCoolOffHours: -1
onVersionGap: guess
`;
/** A name that nobody reads, every service refuses. A value is refused by whoever reads it. */
const MALFORMED_CHOICES: Readonly<Partial<Record<ServiceName, readonly string[]>>> = {
  withdrawal: ['payWhileOrdersAreOpen'],
  payout: ['counterAccountCoolOffHours'],
  rebalancing: ['priceDriftLimit'],
  portfolio: ['onVersionGap'],
};

describe('configuration', () => {
  it.each(serviceNames)('%s names all that is missing, and exits with 78', async (name) => {
    const { code, told } = await runService(name, {});
    expect(code).toBe(78);
    // One of two is enough for the operator service: no schema can say that.
    const required = [
      ...requiredOf(name),
      ...(name === 'operator' ? ['OPERATORS_FILE'] : []),
      ...(name === 'payout' ? ['CORE_BANKING_TOKEN'] : []),
    ];
    // Its own settings beside those of every service.
    expect(required.length).toBeGreaterThan(2);
    expect(required).toEqual(expect.arrayContaining(['DATABASE_URL', 'KAFKA_BROKERS']));
    for (const setting of required) expect(told).toContain(`${setting} is missing`);
  });

  it.each(serviceNames)('%s refuses plaintext, and exits with 78 [A14]', async (name) => {
    const { code, told } = await runService(name, PLAIN);
    expect(code).toBe(78);
    const addresses = ['INVESTSUITE_BASE_URL', 'DRIVEWEALTH_BASE_URL', 'CORE_BANKING_BASE_URL'].filter((setting) =>
      requiredOf(name).includes(setting),
    );
    for (const setting of addresses) expect(told).toContain(`${setting} is http://`);
    expect(told).toContain('KAFKA_SSL is false: money needs TLS');
    expect(addresses.length).toBe(name === 'gateway' || name === 'operator' ? 0 : name === 'payout' ? 3 : name === 'portfolio' ? 1 : 2);
  });

  it('refuses an address of the database that cannot be used, and exits with 78 [A14]', async () => {
    const { code, told } = await runService('portfolio', { ...PLAIN, DATABASE_URL: 'postgres://u:hunter2#database@h/d' });
    expect(code).toBe(78);
    expect(told).toContain('DATABASE_URL: ');
    expect(told).not.toContain('hunter2');
  });

  it.each(serviceNames)('%s names all that is malformed, and shows no secret', async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
    try {
      const tenantFile = join(folder, 'tenant.yaml');
      writeFileSync(tenantFile, MALFORMED_TENANT);
      const { code, told } = await runService(name, {
        DATABASE_URL: 'mysql://somebody:hunter2-database@host/db',
        KAFKA_BROKERS: 'localhost:1',
        HTTP_PORT: '99999999',
        LOG_LEVEL: 'loud',
        TENANT_FILE: tenantFile,
        KAFKA_SASL_PASSWORD: 'hunter2-kafka',
        KAFKA_SASL_PASSWORD_FILE: join(folder, 'no-such-file'),
        INVESTSUITE_BASE_URL: 'ftp://somewhere',
        INVESTSUITE_SECRET_ACCESS_KEY: 'hunter2-investsuite',
        WEBHOOK_SECRETS_INVESTSUITE: 'hunter2-webhook',
        CORE_BANKING_TOKEN: 'hunter2-bank',
        OPERATOR_TOKENS: 'hunter2-operator',
      });
      expect(code).toBe(78);
      for (const malformed of [
        'DATABASE_URL',
        'HTTP_PORT',
        'LOG_LEVEL',
        'KAFKA_SASL_PASSWORD',
        'TENANT_FILE',
        'hoseAccountIban',
        ...(MALFORMED_CHOICES[name] ?? []),
      ])
        expect(told).toContain(malformed);
      expect(told).not.toContain('hunter2');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
