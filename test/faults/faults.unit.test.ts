import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ourFiles, repositoryRoot } from '../tidy/repository.js';
import { rows, type Row } from './rows.js';
import { heldRows, marksIn, problemsOf, tableOf } from './table.js';

const isOwn = (path: string): boolean => path === 'test/faults/faults.unit.test.ts';
const files = ourFiles(/\.test\.ts$/).filter(({ path }) => !isOwn(path));
const textOf = (path: string): string | null =>
  existsSync(join(repositoryRoot, path)) ? readFileSync(join(repositoryRoot, path), 'utf8') : null;

describe('the faults that were found', () => {
  it('are each held by a test, and each mend can be taken out', () => {
    expect(problemsOf(rows, files, textOf)).toEqual([]);
  });
  it('stand in a table that is fresh: npm run attack -- --table', () => {
    expect(textOf('test/faults.md')).toBe(tableOf(heldRows(rows, files)));
  });
});

describe('the table', () => {
  const row = (mark: string): Row => ({ mark, fault: 'It happened.', mends: [{ file: 'a.ts', find: 'x', replace: 'y' }] });
  const test = { path: 'shared/a.unit.test.ts', text: "it('refuses it [A1][C2]', () => {})\nit.each([['null [C2]']])" };
  it('finds marks in names, also in tables of cases', () => {
    expect([...marksIn(test.text)]).toEqual([
      ['A1', ['refuses it']],
      ['C2', ['refuses it', 'null']],
    ]);
  });
  it('says what is missing: a test, a mend, a row', () => {
    const text = (path: string): string | null => (path === 'a.ts' ? 'x' : null);
    expect(problemsOf([row('A1'), row('C2')], [test], text)).toEqual([]);
    expect(problemsOf([row('A1'), row('C3'), { ...row('C2'), mends: [] }], [test], text)).toEqual([
      'C3: no test carries its mark',
      'C2: no edit takes its mend out',
    ]);
    expect(problemsOf([row('A1')], [test], () => 'xx')).toEqual([
      'A1: a.ts does not hold exactly once: x',
      'shared/a.unit.test.ts: the mark C2 is no row',
    ]);
  });
  it('links each row to its tests', () => {
    expect(tableOf(heldRows([row('C2')], [test]))).toContain('| C2 | It happened. | [a.unit.test.ts](../shared/a.unit.test.ts) (2) |');
  });
});
