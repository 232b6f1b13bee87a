import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from './repository.js';
import { makeSkeleton, runModule, type Said, type Skeleton } from './skeleton.js';

type Problem = { readonly file: string; readonly rule: string; readonly line: number; readonly message: string };
type Plant = {
  readonly rule: string;
  /** Which ban, where a rule holds several: part of its message. */
  readonly ban?: string;
  readonly file: string;
  readonly text: string;
};

const decide = (name: string): string => `services/one/src/decide/${name}.ts`;
const effect = (name: string): string => `services/one/src/effect/${name}.ts`;
const longFunction = `export const count = (n: number): number => {\n  let m = n;\n${'  m += 1;\n'.repeat(75)}  return m;\n};\n`;
const deepBlocks =
  'export const deep = (a: number): number => {\n  if (a > 1) {\n    if (a > 2) {\n      if (a > 3) {\n        if (a > 4) return 1;\n      }\n    }\n  }\n  return 0;\n};\n';

const PURE = 'decide and kernel are pure';
const impureGlobals: Readonly<Record<string, string>> = {
  Date: 'export const now = (): number => Date.now();\n',
  setTimeout: 'export const wait = (act: () => void): void => void setTimeout(act, 1);\n',
  setInterval: 'export const wait = (act: () => void): void => void setInterval(act, 1);\n',
  setImmediate: 'export const wait = (act: () => void): void => void setImmediate(act);\n',
  fetch: "export const get = (): unknown => fetch('http://localhost');\n",
  process: 'export const where = (): string => process.cwd();\n',
  crypto: 'export const id = (): string => crypto.randomUUID();\n',
  performance: 'export const now = (): number => performance.now();\n',
  globalThis: 'export const all = (): unknown => globalThis;\n',
  parseFloat: "export const amount = (): number => parseFloat('1');\n",
};

const planted: readonly Plant[] = [
  ...Object.entries(impureGlobals).map(([name, text]) => ({
    rule: 'no-restricted-globals',
    ban: `Unexpected use of '${name}'. ${PURE}`,
    file: decide(`global-${name.toLowerCase()}`),
    text,
  })),
  {
    rule: 'no-restricted-globals',
    ban: 'Amounts are Decimal.',
    file: effect('float'),
    text: "export const amount = (): number => parseFloat('1');\n",
  },
  {
    rule: 'no-restricted-properties',
    ban: 'Chance arrives',
    file: decide('chance'),
    text: 'export const chance = (): number => Math.random();\n',
  },
  {
    rule: 'no-restricted-properties',
    ban: 'It rounds a float',
    file: 'shared/kernel/rounded.ts',
    text: 'export const rounded = (n: number): string => n.toFixed(2);\n',
  },
  {
    rule: 'no-restricted-properties',
    ban: 'It rounds a float',
    file: effect('rounded'),
    text: 'export const rounded = (n: number): string => n.toFixed(2);\n',
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'No fractional literal',
    file: decide('fraction'),
    text: 'export const fee = (n: number): number => n * 0.01;\n',
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'are synchronous',
    file: 'shared/kernel/later.ts',
    text: 'export const later = async (): Promise<number> => 1;\n',
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'The environment is read',
    file: effect('environment'),
    text: "export const key = process.env['KEY'];\n",
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'It guesses at what is no point in time',
    file: effect('parsed-date'),
    text: "export const at = (): number => Date.parse('12');\n",
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'Of a text it guesses',
    file: effect('date-of-text'),
    text: 'export const at = (text: string): Date => new Date(text);\n',
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'It makes numbers of',
    file: 'services/two/src/config.ts',
    text: "import { z } from 'zod';\nexport const count = z.coerce.number();\n",
  },
  { rule: 'no-restricted-syntax', ban: 'Named exports only', file: 'infra/tooling/unnamed.ts', text: 'export default 1;\n' },
  {
    rule: 'no-restricted-syntax',
    ban: 'ends in .js',
    file: 'test/support/short.ts',
    text: "import { topic } from '../../contracts/internal/topics';\nexport const planted = topic;\n",
  },
  { rule: 'no-restricted-syntax', ban: 'The name says nothing', file: effect('nameless'), text: 'export const orderData = 1;\n' },
  {
    rule: 'no-restricted-syntax',
    ban: 'The name says nothing',
    file: effect('nameless-parameter'),
    text: 'export const same = (info: number): number => info;\n',
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'The name says nothing',
    file: effect('nameless-type'),
    text: 'export type OrderManager = number;\n',
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'No test is skipped',
    file: 'test/skipped.unit.test.ts',
    text: "import { it } from '@jest/globals';\nit.skip('later', () => undefined);\n",
  },
  {
    rule: 'no-restricted-syntax',
    ban: 'never for time to pass',
    file: 'test/sleeping.unit.test.ts',
    text: "import { it } from '@jest/globals';\nit('sleeps', async () => {\n  await new Promise((resolve) => setTimeout(resolve, 500));\n});\n",
  },
  { rule: 'no-console', file: effect('printing'), text: "export const say = (): void => console.log('here');\n" },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    ban: 'the default case is unnecessary',
    file: decide('default-arm'),
    text: "export const f = (s: 'a' | 'b'): number => {\n  switch (s) {\n    case 'a':\n      return 1;\n    case 'b':\n      return 2;\n    default:\n      return 3;\n  }\n};\n",
  },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    ban: 'not exhaustive',
    file: decide('default-instead'),
    text: "export const f = (s: 'a' | 'b'): number => {\n  switch (s) {\n    case 'a':\n      return 1;\n    default:\n      return 3;\n  }\n};\n",
  },
  ...['pg', 'knex', 'express', 'node-cron', 'pino', 'prom-client'].map((name) => ({
    rule: '@typescript-eslint/no-restricted-imports',
    ban: `'${name}' import is restricted from being used. It is set up in shared/runtime`,
    file: effect(`own-${name}`),
    text: `import library, { type Thing } from '${name}';\nexport type Mine = Thing;\nexport const own = (): unknown => library;\n`,
  })),
  {
    rule: '@typescript-eslint/no-floating-promises',
    file: effect('floating'),
    text: 'const go = (): Promise<void> => Promise.resolve();\nexport const f = (): void => {\n  go();\n};\n',
  },
  {
    rule: '@typescript-eslint/no-misused-promises',
    file: effect('misused'),
    text: 'const go = (): Promise<void> => Promise.resolve();\nexport const f = (xs: readonly number[]): void => {\n  xs.forEach(async () => go());\n};\n',
  },
  {
    rule: '@typescript-eslint/consistent-type-imports',
    file: effect('type-import'),
    text: "import { Word } from '../../../../shared/kernel/word.js';\nexport const f = (word: Word): Word => word;\n",
  },
  { rule: '@typescript-eslint/no-explicit-any', file: effect('any'), text: 'export const f = (x: any): unknown => x as unknown;\n' },
  { rule: '@typescript-eslint/only-throw-error', file: effect('thrown'), text: "export const f = (): never => {\n  throw 'no';\n};\n" },
  { rule: 'max-lines-per-function', file: effect('long'), text: longFunction },
  { rule: 'max-depth', file: effect('deep'), text: deepBlocks },
  {
    rule: 'no-empty',
    file: effect('silent'),
    text: "export const f = (): number => {\n  try {\n    return JSON.parse('1') as number;\n  } catch {}\n  return 0;\n};\n",
  },
  { rule: 'eqeqeq', file: effect('loose'), text: 'export const f = (a: number, b: number): boolean => a == b;\n' },
];

/** What the rules must leave alone. */
const allowed: Readonly<Record<string, string>> = {
  'shared/kernel/word.ts': 'export type Word = string;\n',
  'shared/kernel/clock.ts': 'export const now = (): number => Date.now();\n',
  'contracts/internal/topics.ts': "export const topic = 'portfolio.changed';\n",
  'services/one/src/config.ts': "export const key = process.env['KEY'];\n",
  'services/one/src/main.ts': 'export const environment = process.env;\n',
  'infra/tooling/tool.ts': "export const home = process.env['HOME'];\nconsole.log(home, 0.5);\n",
  [decide('open-set')]:
    "export const f = (s: string): number => {\n  switch (s) {\n    case 'a':\n      return 1;\n    default:\n      return 3;\n  }\n};\n",
  'test/patient.unit.test.ts': "import { it } from '@jest/globals';\nit('acts later', () => {\n  setTimeout(() => undefined, 5);\n});\n",
};

type House = { readonly rules: readonly string[]; readonly bans: readonly string[] };

/** The rules and the bans that our own blocks of the configuration declare. */
const declared = async (): Promise<House> => {
  const config = pathToFileURL(join(repositoryRoot, 'infra/tooling/eslint.config.mjs')).href;
  const said = await runModule(`
    const blocks = (await import(${JSON.stringify(config)})).default.filter(({ name }) => name?.startsWith('house/'));
    const entries = blocks.flatMap(({ rules }) => Object.entries(rules));
    const options = entries.flatMap(([, setting]) => (Array.isArray(setting) ? setting.slice(1) : []));
    process.stdout.write(JSON.stringify({
      rules: [...new Set(entries.map(([rule]) => rule))],
      bans: [...new Set(options.filter(({ message }) => message).map(({ name, message, allowTypeImports }) =>
        !name ? message : allowTypeImports ? \`'\${name}' import is restricted from being used. \${message}\` : \`Unexpected use of '\${name}'. \${message}\`))],
    }));
  `);
  if (said.exitCode !== 0) throw new Error(said.stderr);
  return JSON.parse(said.stdout) as House;
};

describe('the style rules', () => {
  const files = { ...allowed, ...Object.fromEntries(planted.map(({ file, text }) => [file, text])) };
  let skeleton: Skeleton;
  let said: Said;
  let problems: readonly Problem[];
  let house: House;

  beforeAll(async () => {
    skeleton = makeSkeleton(files);
    [said, house] = await Promise.all([skeleton.run('style-rules.mjs', '--json'), declared()]);
    if (!said.stdout.startsWith('{')) throw new Error(`style-rules.mjs did not answer: ${said.stdout}${said.stderr}`);
    problems = (JSON.parse(said.stdout) as { readonly problems: readonly Problem[] }).problems;
  });
  afterAll(() => {
    skeleton.remove();
  });

  it('are planted in files of their own', () => {
    expect(Object.keys(files)).toHaveLength(planted.length + Object.keys(allowed).length);
  });

  it('each have a planted violation', () => {
    expect(house.rules.length).toBeGreaterThan(10);
    expect(house.rules.filter((rule) => !planted.some((plant) => plant.rule === rule))).toEqual([]);
  });

  it('have a planted violation for each ban', () => {
    expect(house.bans.length).toBeGreaterThan(15);
    expect(house.bans.filter((ban) => !problems.some(({ message }) => message.includes(ban)))).toEqual([]);
  });

  it.each(planted)('$rule fires for $file, and alone', ({ rule, ban, file }) => {
    const fired = problems.filter((problem) => problem.file === file);
    expect(fired.map((problem) => problem.rule)).toEqual(fired.map(() => rule));
    expect(fired.map(({ message }) => message)).toContainEqual(expect.stringContaining(ban ?? ''));
  });

  it('leave what is allowed alone', () => {
    expect(problems.filter(({ file }) => file in allowed)).toEqual([]);
  });

  it('fail the run', () => {
    expect(said.exitCode).toBe(1);
  });
});
