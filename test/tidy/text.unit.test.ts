import { describe, expect, it } from '@jest/globals';
import { ourFiles, readOurs, type SourceFile } from './repository.js';

/** Written in parts, so that this file passes its own check. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);
const ONE_MACHINE = /(^|[\s'"`(=:])(\/(home|root|Users|work|tmp)\/[\w.-]+|[A-Z]:\\\\?Users)/;
const SAYS_ITS_NAME = /readonly (?:code|name)(?:: [^=]+)? = '([^']+)'/g;

const lineProblems = (files: readonly SourceFile[], pattern: RegExp, problem: string): string[] =>
  files.flatMap(({ path, text }) => text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${problem}`] : [])));

const textProblems = (files: readonly SourceFile[]): string[] => [
  ...lineProblems(files, UNFINISHED, 'is unfinished'),
  ...lineProblems(files, ONE_MACHINE, 'names a path of one machine'),
];

/** Names that two error classes give to themselves: who reads a log or an answer could not tell them apart. */
const sharedErrorNames = (files: readonly SourceFile[]): string[] => {
  const owners = new Map<string, string[]>();
  for (const { path, text } of files) {
    for (const [, name] of text.matchAll(SAYS_ITS_NAME)) {
      if (name !== undefined) owners.set(name, [...(owners.get(name) ?? []), path]);
    }
  }
  return [...owners].filter(([, paths]) => paths.length > 1).map(([name, paths]) => `${name}: ${paths.join(', ')}`);
};

const file = (text: string): SourceFile => ({ path: 'a.ts', text });

const planted = ['// ' + 'TO' + 'DO: later', "const home = '" + '/home' + "/somebody';", 'see ' + '/tmp' + '/out.txt'];

describe('the text of our files', () => {
  it.each(planted)('with %s is found', (text) => {
    expect(textProblems([file(text)])).toHaveLength(1);
  });

  it.each(["import { tmpdir } from 'node:os';", "const url = 'http://localhost/home/page';", '// a hacksaw'])('with %s passes', (text) => {
    expect(textProblems([file(text)])).toEqual([]);
  });

  it('is finished and belongs to no machine here', () => {
    const root = ['package.json', 'tsconfig.json', 'tsconfig.base.json', '.ci/run'].map((path) => ({ path, text: readOurs(path) }));
    expect(textProblems([...root, ...ourFiles(/\.(ts|mjs|cjs|sql|ya?ml|md|sh)$/)])).toEqual([]);
  });
});

describe('errors', () => {
  it('of the same name are found', () => {
    const twice = [file("readonly code = 'late';"), { path: 'b.ts', text: "override readonly name = 'late';" }];
    expect(sharedErrorNames(twice)).toEqual(['late: a.ts, b.ts']);
  });

  it('have different names here', () => {
    const production = ourFiles(/^(services|shared|contracts|migrations)\/.*\.ts$/).filter(({ path }) => !path.endsWith('.test.ts'));
    expect(sharedErrorNames(production)).toEqual([]);
  });
});

describe('the lock file', () => {
  it('names no registry', () => {
    expect(readOurs('package-lock.json')).not.toMatch(/"resolved": "http/);
  });
});
