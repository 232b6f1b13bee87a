/**
 * What `npm run new` writes, tried in a copy of the sources: it compiles and keeps every rule. The service runs, on a fresh database and on
 * one of the first release. The conformance run of the adapters says what is missing.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { engineSection, readCatalogue, type Catalogue } from '../tooling/contracts/schema-dump.js';
import { serviceEnvironment } from '../../test/builders/environment.js';
import { connected, emptyDatabase, firstReleaseDatabase, type Database } from '../../test/upgrade/restored.js';
import { ourPaths, repositoryRoot } from '../../test/tidy/repository.js';

// Names of two words, one before and one after `operator` in the alphabet: rights are listed by name.
const SERVICE = 'fee-trial';
const BROKER = 'trade-trial';
const BANK = 'bank-trial';
const ABOVE = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'README.md', '.env.example', '.ci/run'];
const MINUTES = 60_000;

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
    const { code, said } = await node(['dist/migrations/main.js'], { DATABASE_URL: database.url });
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
    'starts, and stops when it is told to',
    async () => {
      const [database] = made;
      const child = spawn(process.execPath, ['--enable-source-maps', `dist/services/${SERVICE}/src/main.js`], {
        cwd: root,
        env: {
          PATH: process.env['PATH'] ?? '',
          ...serviceEnvironment,
          DATABASE_URL: database?.url ?? '',
          KAFKA_BROKERS: process.env['KAFKA_BROKERS'] ?? '',
          KAFKA_TOPIC_PREFIX: `${relative(tmpdir(), root).toLowerCase()}-`,
        },
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      let said = '';
      const ready = new Promise<boolean>((resolve) => {
        const hear = (text: Buffer): void => {
          said += text.toString();
          if (said.includes(`{"ready":true,"service":"${SERVICE}"`)) resolve(true);
        };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        void ended.then(() => resolve(false));
      });
      const isReady = await ready;
      child.kill('SIGTERM');
      expect({ isReady, code: await ended, said: isReady ? '' : said }).toEqual({ isReady: true, code: 0, said: '' });
    },
    2 * MINUTES,
  );
});
