import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { ourPaths, repositoryRoot } from './repository.js';

const EMPTY_WORDS = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'managers', 'info', 'data']);
/** Names of outside systems, as their owners spell them. */
const SYSTEMS = ['customer-info'];
const KEBAB = /^\.?[a-z0-9]+([.-][a-z0-9]+)*$/;
const SPELLED_SO = new Set(['README.md', 'Dockerfile']);
const LEVELS = /\.(unit|int|e2e)\.test\.ts$/;

const nameProblems = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => {
    const segments = path.split('/');
    const words = SYSTEMS.reduce((rest, system) => rest.replaceAll(system, ''), path).split(/[/.-]/);
    return [
      ...(segments.every((segment) => SPELLED_SO.has(segment) || KEBAB.test(segment)) ? [] : [`${path} is not kebab-case`]),
      ...words.filter((word) => EMPTY_WORDS.has(word)).map((word) => `${path}: "${word}" says nothing`),
      ...(path.endsWith('.test.ts') && !LEVELS.test(path) ? [`${path} is run at no level: end it in .unit, .int or .e2e .test.ts`] : []),
    ];
  });

const TOP_LEVEL = new Set([
  ...['services', 'shared', 'contracts', 'migrations', 'infra', 'test', 'node_modules', 'dist', 'coverage'],
  ...['README.md', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json'],
]);

describe('a file name', () => {
  it.each([
    ['shared/runtime/OutBox.ts', 'is not kebab-case'],
    ['shared/runtime/date-utils.ts', '"utils" says nothing'],
    ['services/one/src/data/one.ts', '"data" says nothing'],
    ['shared/kernel/money.test.ts', 'is run at no level'],
  ])('like %s is found', (path, problem) => {
    expect(nameProblems([path])).toEqual([expect.stringContaining(problem)]);
  });

  it.each(['shared/adapters/customer-info/README.md', 'shared/kernel/effect-life.unit.test.ts', 'migrations/0001-engine.ts'])(
    'like %s passes',
    (path) => {
      expect(nameProblems([path])).toEqual([]);
    },
  );

  it('says something everywhere here', () => {
    expect(nameProblems(ourPaths())).toEqual([]);
  });
});

describe('the top level', () => {
  it('holds nothing but the fixed folders and what tools look for there', () => {
    const visible = readdirSync(repositoryRoot).filter((name) => !name.startsWith('.') && !name.endsWith('.log'));
    expect(visible.filter((name) => !TOP_LEVEL.has(name))).toEqual([]);
  });
});
