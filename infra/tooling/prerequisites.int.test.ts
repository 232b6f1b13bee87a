import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A path with node, and with the programs of these names that say what the test wants. */
let path = '';
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'prerequisites-test-'));
  symlinkSync(process.execPath, join(path, 'node'));
});
afterEach(() => {
  rmSync(path, { recursive: true, force: true });
});

const fake = (name: string, says: string): void => {
  writeFileSync(join(path, name), `#!/bin/sh\necho '${says}'\n`);
  chmodSync(join(path, name), 0o755);
};

const runSandbox = (env: Record<string, string> = {}): { code: number | null; stderr: string; stdout: string } => {
  const entry = resolve(__dirname, 'run.mjs');
  const { status, stderr, stdout } = spawnSync('node', [entry, 'sandbox', '--help'], {
    encoding: 'utf8',
    env: { PATH: path, SANDBOX_CACHE: join(path, 'cache'), ...env },
  });
  return { code: status, stderr, stdout };
};

describe('a command that starts servers', () => {
  it('names every missing thing in one sentence each, and exits 69', () => {
    const { code, stderr } = runSandbox();
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^A JDK 17 or newer is needed for Kafka, and java does not run: .*openjdk-17.*JAVA_HOME.*KAFKA_BROKERS/),
      expect.stringMatching(/^Maven 3\.6 or newer is needed to fetch Kafka, and mvn does not run: .*KAFKA_BROKERS/),
    ]);
    expect(code).toBe(69);
  });

  it('says which version is too old', () => {
    fake('java', 'openjdk version "11.0.2" 2019-01-15');
    fake('mvn', 'Apache Maven 3.5.4');
    const { code, stderr } = runSandbox();
    expect(stderr).toMatch(/java is version 11:[^]*mvn is version 3\.5:/);
    expect(code).toBe(69);
  });

  it('asks for Java only, where the jars come over HTTPS', () => {
    const { code, stderr } = runSandbox({ KAFKA_JARS_BASE_URL: 'https://repository.invalid/' });
    expect(stderr).toMatch(/^A JDK 17[^\n]*\n$/);
    expect(code).toBe(69);
  });
});

describe('run.mjs', () => {
  it('refuses a command it does not know, with the list of those it knows', () => {
    const { status, stderr } = spawnSync('node', [resolve(__dirname, 'run.mjs'), 'dance'], { encoding: 'utf8' });
    expect(stderr).toMatch(/^There is no command "dance"\.[^]*npm run sandbox/);
    expect(status).toBe(64);
  });

  it.each([
    [['sandbox', '--nodes', '99'], '--nodes takes a whole number from 1 to 9, not "99".'],
    [['sandbox', '--nods'], "Unknown option '--nods'"],
    [['sandbox', '--gateway', 'localhost:80'], '--gateway takes http://host:port, not "localhost:80".'],
    [['contracts', '--chek'], "Unknown option '--chek'"],
    [['migrate', '--chek'], 'npm run migrate takes nothing but --help, not "--chek".'],
    [['build', 'all'], 'npm run build takes nothing but --help, not "all".'],
    [['lint', '--fx'], "Unknown option '--fx'"],
    [['services', 'gatway'], 'There is no service "gatway"; there are gateway, withdrawal, payout, rebalancing, portfolio, operator.'],
  ])('%j: wrong words are one sentence and exit 64, before anything is started', (words, sentence) => {
    const { status, stdout, stderr } = spawnSync('node', [resolve(__dirname, 'run.mjs'), ...words], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 64, stdout: '', stderr: `${sentence}\n` });
  });

  it.each(['build', 'lint', 'test', 'test:unit', 'contracts', 'migrate', 'sandbox', 'services', 'demo'])(
    '%s -- --help and -h explain it',
    (name) => {
      for (const word of ['--help', '-h']) {
        const { status, stdout, stderr } = spawnSync('node', [resolve(__dirname, 'run.mjs'), name, word], { encoding: 'utf8' });
        expect(status).toBe(0);
        expect(`${stdout}${stderr}`).toContain(name === 'test' ? 'npm test' : `npm run ${name}`);
      }
    },
  );
});
