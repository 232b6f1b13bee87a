/** What `npm run attack -- --peel` rests on: that each guard is still where it is taken out, and belongs to an attack. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { rows } from '../faults/rows.js';
import { attacks } from './attacks/all.js';
import { attacksTable } from './attacks-table.js';
import { guardNamed, guardNames } from './guards.js';

describe('the guards against attacks', () => {
  it('stand where a test build takes them out: once in their file', () => {
    for (const name of guardNames)
      for (const { file, find, replace } of guardNamed(name).edits ?? []) {
        expect([name, readFileSync(join(projectRoot, file), 'utf8').split(find).length - 1]).toEqual([name, 1]);
        expect(replace).toContain('peeled(');
      }
  });
  it('can each be taken out, in the sources or outside of them', () => {
    for (const name of guardNames) {
      const { edits, outside } = guardNamed(name);
      expect([name, edits === undefined, outside === undefined]).toEqual([name, edits === undefined, edits !== undefined]);
    }
  });
  it('belong to an attack each, and are more than twelve', () => {
    const used = new Set(attacks.flatMap(({ guards }) => guards));
    expect(guardNames.filter((name) => !used.has(name))).toEqual([]);
    expect(guardNames.length).toBeGreaterThan(12);
  });
});

describe('the attacks', () => {
  it('belong to rows of test/faults.md, and have names of their own', () => {
    const known = new Set(rows.map(({ mark }) => mark));
    expect(attacks.filter(({ mark }) => !known.has(mark)).map(({ name }) => name)).toEqual([]);
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
  });
  it('stand in a table that is fresh: npm run attack -- --table', () => {
    expect(readFileSync(join(projectRoot, 'test/attack/attacks.md'), 'utf8')).toBe(attacksTable(attacks));
  });
  it('leave a trace that is looked for', () => {
    expect(attacks.filter(({ guards, trace }) => guards.length === 0 && trace === undefined).map(({ name }) => name)).toEqual([]);
  });
});
