import { beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(__dirname, '../..');

type Asked = { readonly listed: readonly string[]; readonly words: readonly (readonly string[])[] };

/** What bare jest finds from the root, and the words that our commands give it. */
const ask = (): Asked => {
  const code = `
    import { spawnSync } from 'node:child_process';
    const { JEST, jestWords } = await import(${JSON.stringify(pathToFileURL(join(__dirname, 'jest.mjs')).href)});
    const { stdout } = spawnSync(process.execPath, [JEST, '--listTests', '--json'], { encoding: 'utf8' });
    const words = [jestWords('unit', ['kernel']), jestWords('unit', ['-i']), jestWords('unit', ['--maxWorkers=1']), jestWords('int', [])];
    process.stdout.write(JSON.stringify({ listed: JSON.parse(stdout), words }));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Asked;
};

describe('jest', () => {
  let asked: Asked;
  beforeAll(() => {
    asked = ask();
  });

  it('finds the tests of every level from the root, without words', () => {
    const levels = asked.listed.map((path) => /\.(unit|int|e2e)\.test\.ts$/.exec(path)?.[1]);
    expect([...new Set(levels)].sort()).toEqual(['e2e', 'int', 'unit']);
    expect(asked.listed).toContain(__filename);
  });

  it('runs one level for a command of ours, and the caller may choose the workers', () => {
    expect(asked.words).toEqual([
      ['kernel', expect.stringMatching(/^--maxWorkers=([2-9]|\d\d+)$/), '--selectProjects', 'unit'],
      ['-i', '--selectProjects', 'unit'],
      ['--maxWorkers=1', '--selectProjects', 'unit'],
      ['--selectProjects', 'int'],
    ]);
  });
});
