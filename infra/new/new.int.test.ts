/**
 * What `npm run new` writes, tried in a copy of the sources: it compiles and keeps every rule. The service runs, on a fresh database and on
 * one of the first release. The conformance run of the adapters says what is missing.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import { optionsFor } from '../../shared/runtime/kafka/testing.js';
import { plannedTopics } from '../../shared/runtime/process/topics.js';
import { makeTestKeys } from '../../test/support/keys.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import { createInvestSuiteAdmin } from '../../test/simulators/investsuite/admin-client.js';
import { startInvestSuite } from '../../test/simulators/investsuite/server.js';
import { eventually } from '../../test/support/eventually.js';
import { forwarded, readerOf } from '../../test/support/forwarded.js';
import { engineSection, readCatalogue, type Catalogue } from '../tooling/contracts/schema-dump.js';
import { serviceEnvironment } from '../../test/builders/environment.js';
import { connected, emptyDatabase, firstReleaseDatabase, type Database } from '../../test/upgrade/restored.js';
import { ourPaths, repositoryRoot } from '../../test/tidy/repository.js';
import { kafkaSettings, reachedByEnvironment } from '../../test/support/kafka.js';

// Names of two words, one before and one after `operator` in the alphabet: rights are listed by name.
const SERVICE = 'fee-trial';
const BROKER = 'trade-trial';
const BANK = 'bank-trial';
const ABOVE = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'README.md', '.env.example', '.ci/run'];
const MINUTES = 60_000;
const LOGIN = { accessKeyId: 'k', secretAccessKey: 'a-secret-of-this-test' };

let root = '';
type Ended = { readonly code: number; readonly said: string };
const node = (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [...words], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, said: stdout + stderr });
    });
  });
/** The command as `npm run new` starts it, on the copy. */
const make = (...words: string[]): Promise<Ended> => node([join(repositoryRoot, 'dist/infra/new/main.js'), ...words, '--root', root]);
const inCopy = (path: string): string => readFileSync(join(root, path), 'utf8');

const written: string[] = [];
const writtenCode = (): readonly string[] => [...new Set(written)].filter((path) => path.endsWith('.ts'));
/** By the rules of `npm run lint`: style, format, imports. */
const judge = (): Promise<readonly [Ended, Ended, Ended]> => {
  const tooling = join(repositoryRoot, 'infra/tooling');
  const prettier = join(repositoryRoot, 'node_modules/prettier/bin/prettier.cjs');
  return Promise.all([
    node([join(tooling, 'style-rules.mjs'), '--root', root, '--json', ...writtenCode()]),
    node([prettier, '--config', join(tooling, 'prettier.json'), '--list-different', ...writtenCode()]),
    node([join(tooling, 'import-rules.mjs'), '--root', root, '--json']),
  ]);
};
let judged: ReturnType<typeof judge>;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'client-middleware-new-'));
  for (const path of [...ABOVE, ...ourPaths()]) cpSync(join(repositoryRoot, path), join(root, path));
  // What is compiled already is not compiled again.
  cpSync(join(repositoryRoot, 'dist'), join(root, 'dist'), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'), 'dir');
  for (const words of [
    ['service', SERVICE],
    ['adapter', 'broker', BROKER],
    ['adapter', 'core-banking', BANK],
  ]) {
    const { code, said } = await make(...words);
    if (code !== 0) throw new Error(said);
    written.push(...[...said.matchAll(/^(?:written|edited): (\S+)/gm)].flatMap(([, path]) => path ?? []));
  }
  // Beside the compiler, for it takes as long. Nothing of it can be rejected.
  judged = judge();
  const built = await node([join(repositoryRoot, 'node_modules/@typescript/native/bin/tsc'), '-p', 'tsconfig.json']);
  if (built.code !== 0) throw new Error(`does not compile:\n${built.said}`);
}, 5 * MINUTES);
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('what npm run new writes', () => {
  it('compiles, and is all that it says', () => {
    expect(written.length).toBeGreaterThan(25);
    const known = new Set(ourPaths());
    const made = written.filter((path) => !known.has(path));
    expect(made.filter((path) => inCopy(path).trim() === '')).toEqual([]);
    // Every place that names one of them was said.
    expect(written.filter((path) => known.has(path)).sort()).toEqual([
      'contracts/internal/services.ts',
      'migrations/index.ts',
      'shared/adapters/broker/configured.ts',
      'shared/adapters/core-banking/configured.ts',
      'test/conformance/adapters.ts',
      'test/conformance/adapters.ts',
    ]);
  });

  it(
    'keeps the style, the format and the import rules',
    async () => {
      const [style, format, imports] = await judged;
      expect(JSON.parse(style.said)).toEqual({ files: writtenCode().length, problems: [] });
      expect(format.said).toBe('');
      expect(JSON.parse(imports.said)).toMatchObject({ unread: [], violations: [] });
    },
    5 * MINUTES,
  );

  it(
    'passes the tidy tests and its own',
    async () => {
      const tests = [
        ...['service-shape', 'services', 'names', 'links', 'text'].map((name) => `test/tidy/${name}.unit.test.ts`),
        ...written.filter((path) => path.endsWith('.unit.test.ts')),
      ];
      const jest = join(repositoryRoot, 'node_modules/jest/bin/jest.js');
      const { code, said } = await node([jest, '--selectProjects', 'unit', '--runTestsByPath', ...tests]);
      expect(said).toContain(`Test Suites: ${String(tests.length)} passed, ${String(tests.length)} total`);
      expect(code).toBe(0);
    },
    5 * MINUTES,
  );

  it.each([
    ['broker', 'brokerConformance', 'brokerAdapters', BROKER],
    ['core-banking', 'coreBankingConformance', 'coreBankingAdapters', BANK],
  ])(
    'has a %s whose conformance run lists all that is missing, and keeps nothing',
    async (port, suite, adapters, name) => {
      const run = `
        const { judgeAll, printed } = require('./dist/test/conformance/suite.js');
        const { ${suite}: scenarios } = require('./dist/test/conformance/${port}.conformance.js');
        const { ${adapters}: adapters } = require('./dist/test/conformance/adapters.js');
        judgeAll(scenarios, adapters['${name}']).then((findings) => process.stdout.write(printed('${name}', findings)));`;
      const { said } = await node(['-e', run]);
      const [head = '', ...lines] = said.split('\n');
      expect(head).toMatch(/^[a-z-]+: 0 kept, 0 convicted, 0 not applicable, \d{2} not built, 0 broken$/);
      expect(lines.length).toBeGreaterThan(20);
      expect(lines.filter((line) => !/ not built: \S/.test(line))).toEqual([]);
    },
    MINUTES,
  );

  it('is refused a second time, and nothing is written', async () => {
    const before = inCopy('contracts/internal/services.ts');
    expect(await make('service', SERVICE)).toEqual({ code: 64, said: `services/${SERVICE} is there already.\n` });
    expect(await make('adapter', 'broker', BROKER)).toMatchObject({ code: 64, said: expect.stringContaining('is there already') });
    expect(await make('adapter', 'broker', 'Bad Name')).toMatchObject({ code: 64 });
    expect(await make('adapter', 'post-office', 'one')).toMatchObject({ code: 64, said: expect.stringContaining('There is no kind') });
    expect(await make('queue', 'one')).toMatchObject({ code: 64, said: expect.stringContaining('There is nothing new of the kind') });
    expect(await make()).toMatchObject({ code: 64 });
    expect(await make('--force')).toMatchObject({ code: 64 });
    expect(inCopy('contracts/internal/services.ts')).toBe(before);
  });

  it('is only said with --dry-run', async () => {
    const { code, said } = await make('service', 'another-trial', '--dry-run');
    expect(code).toBe(0);
    expect(said).toContain('would be written: services/another-trial/src/wire.ts');
    expect(said).toContain('would be edited: contracts/internal/services.ts');
    expect(said).not.toMatch(/^(written|edited):/m);
    expect(() => inCopy('services/another-trial/src/wire.ts')).toThrow();
    expect(inCopy('contracts/internal/services.ts')).not.toContain('another-trial');
  });
});

type Started = { readonly said: () => Promise<string>; readonly stop: () => Promise<number | null> };
const startService = (environment: Readonly<Record<string, string>>): Started => {
  const child = spawn(process.execPath, ['--enable-source-maps', `dist/services/${SERVICE}/src/main.js`], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', ...serviceEnvironment, ...environment },
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let said = '';
  const hear = (text: Buffer): void => {
    said += text.toString();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return {
    said: async () => (child.exitCode === null ? said : Promise.reject(new Error(`the service has ended: ${said}`))),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
};

describe('the new service', () => {
  const made: Database[] = [];
  const catalogueOf = (url: string): Promise<Catalogue> => connected(url, readCatalogue);
  afterAll(async () => {
    for (const database of made) await database.drop();
    await connected(process.env['DATABASE_URL'] ?? '', (admin) => admin.query('drop role if exists cmw_fee_trial'));
  });
  const migrated = async (making: Promise<Database>): Promise<string> => {
    const database = await making;
    made.push(database);
    const { code, said } = await node(['dist/migrations/main.js'], { ALLOW_PLAINTEXT: 'true', DATABASE_URL: database.url });
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringMatching(/applied: .*\d{4}-fee-trial-schema\n/) });
    return database.url;
  };

  it(
    'gets the schema that the others have, on a fresh database and on one of the first release',
    async () => {
      const [fresh, old] = await Promise.all([migrated(emptyDatabase()), migrated(firstReleaseDatabase())]);
      const catalogue = await catalogueOf(fresh);
      expect(catalogue.engineSchemas).toContain('fee_trial');
      // Throws when the new one differs from any other by as much as a right.
      expect(engineSection(catalogue)).toContain('create table service.journey (');
      expect(await catalogueOf(old)).toEqual(catalogue);
    },
    MINUTES,
  );

  it(
    'takes an event, reads the portfolio again, ends its journey, and stops when it is told to',
    async () => {
      const url = made[0]?.url ?? '';
      const simulator = await startInvestSuite({ ...{ host: '127.0.0.1', port: 0, seed: 1, optimiserDelayMs: 60_000 }, ...LOGIN });
      const admin = createInvestSuiteAdmin(simulator.url);
      const userId = await admin.createUser({ externalId: 'C-1', counterAccount: { iban: 'BE68539007547034', bic: 'GKCCBEBB' } });
      const portfolioId = await admin.createPortfolio({
        ...{ userId, holdings: { $EUR: '10' }, divestAmount: '0', brokerage: { portfolioId: 'A1' } },
      });
      const kafka = optionsFor(reachedByEnvironment());
      await ensureTopics(kafka, plannedTopics(1));
      const keys = makeTestKeys(['gateway', SERVICE]);
      const child = startService({
        DATABASE_URL: url,
        // The login of this test may do everything.
        DATABASE_SHARED_LOGIN: 'accept',
        ...kafkaSettings(kafka),
        SIGNING_KEY: readFileSync(keys.keyFileOf(SERVICE), 'utf8'),
        TRUSTED_KEYS_FILE: keys.trustedKeysFile,
        SEAL_KEYS_FILE: keys.sealKeysFile,
        KAFKA_TOPIC_PREFIX: kafka.topicPrefix,
        TENANT_FILE: join(root, 'test/upgrade/tenant.yaml'),
        INVESTSUITE_BASE_URL: simulator.url,
        INVESTSUITE_ACCESS_KEY_ID: LOGIN.accessKeyId,
        INVESTSUITE_SECRET_ACCESS_KEY: LOGIN.secretAccessKey,
      });
      try {
        await eventually('the service is ready', child.said, (said) => said.includes(`{"ready":true,"service":"${SERVICE}"`), MINUTES, 50);
        const body = { ...{ id: 'e1', created: '2026-03-04T08:59:00Z', version: '1.0.0' }, subject: 'portfolios', action: 'status-update' };
        const event = forwarded(readerOf('portfolio.status-update'), { ...body, data: { id: portfolioId, value: 'ACTIVE' } });
        if (event === null) throw new Error('the gateway forwards nothing');
        const producer = await startProducer(kafka);
        await producer.send([keys.signAs('gateway')(event)]);
        await producer.stop();
        const journeys = (): Promise<readonly object[]> =>
          connected(
            url,
            async (client) => (await client.query('select portfolio_id, status, ended from fee_trial.journey')).rows as object[],
          );
        const [journey] = await eventually(
          'the journey has ended',
          journeys,
          ([one]) => one !== undefined && 'ended' in one && one.ended === true,
          MINUTES,
          50,
        );
        expect(journey).toEqual({ portfolio_id: portfolioId, status: 'Active', ended: true });
        expect(await child.stop()).toBe(0);
      } finally {
        await child.stop();
        await simulator.close();
        keys.remove();
      }
    },
    3 * MINUTES,
  );
});
