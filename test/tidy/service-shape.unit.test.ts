import { describe, expect, it } from '@jest/globals';
import { ourPaths } from './repository.js';

/** What every service has. */
const REQUIRED = ['README.md', 'src/config.ts', 'src/wire.ts', 'src/main.ts', 'src/decide/'];
/** What a service that runs a journey has besides: the table on one screen, its unit test, and one file per effect. */
const REQUIRED_OF_A_JOURNEY = [
  /^src\/decide\/[a-z-]+\.ts$/,
  /^src\/decide\/[a-z-]+(\.[a-z]+)?\.unit\.test\.ts$/,
  /^src\/effect\/[a-z-]+\.ts$/,
];
/** Everything has one fixed place; a test of the whole service stands beside `main.ts`. `cli.ts`, and its parts `cli-….ts`, are a second way in for people, beside `main.ts`. */
const PLACES =
  /^(README\.md|src\/(consume|decide|effect|store)\/.+|src\/(config|tenant|wire|main|cli(-[a-z]+)?)\.ts|src\/[a-z-]+\.(unit|int)\.test\.ts)$/;

/** What is missing from, or out of place in, the services among these paths. */
const shapeProblems = (paths: readonly string[]): string[] => {
  const services = new Map<string, string[]>();
  for (const path of paths) {
    const [, name, rest] = /^services\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (name !== undefined && rest !== undefined) services.set(name, [...(services.get(name) ?? []), rest]);
  }
  return [...services].flatMap(([name, files]) => {
    const missing = REQUIRED.filter((wanted) => !files.some((file) => (wanted.endsWith('/') ? file.startsWith(wanted) : file === wanted)));
    const journey = files.some((file) => file.endsWith('.flow.ts'));
    const incomplete = journey ? REQUIRED_OF_A_JOURNEY.filter((wanted) => !files.some((file) => wanted.test(file))) : [];
    return [
      ...missing.map((wanted) => `services/${name} has no ${wanted}`),
      ...incomplete.map((wanted) => `services/${name} runs a journey and has no ${wanted.source}`),
      ...files.filter((file) => !PLACES.test(file)).map((file) => `services/${name}/${file} has no place in a service`),
    ];
  });
};

describe('a service', () => {
  const whole = ['README.md', 'src/config.ts', 'src/wire.ts', 'src/main.ts', 'src/decide/route.ts'].map((file) => `services/one/${file}`);

  it('with its parts in place passes', () => {
    expect(shapeProblems(whole)).toEqual([]);
  });

  it.each(whole)('without %s is found', (left) => {
    expect(shapeProblems(whole.filter((path) => path !== left))).toHaveLength(1);
  });

  it('with a journey needs nouns, a unit test and effects', () => {
    const problems = shapeProblems([...whole, 'services/one/src/decide/one.flow.ts']);
    expect(problems.filter((problem) => problem.includes('runs a journey'))).toHaveLength(2);
  });

  it('with a file of its own invention is found', () => {
    expect(shapeProblems([...whole, 'services/one/src/lib/more.ts'])).toEqual(['services/one/src/lib/more.ts has no place in a service']);
  });

  it('has the same shape everywhere here', () => {
    expect(ourPaths()).toContainEqual(expect.stringMatching(/^services\/[^/]+\/src\/main\.ts$/));
    expect(shapeProblems(ourPaths())).toEqual([]);
  });
});
