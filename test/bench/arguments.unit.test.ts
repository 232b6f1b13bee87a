import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';
import type { Bench } from './measure.js';

const bench = (name: string): Bench => ({ name, does: `measures ${name}`, run: () => Promise.resolve({ figures: [] }) });
const benches = [bench('ingest'), bench('replay')];

describe('the words behind npm run bench', () => {
  it('name nothing: everything runs', () => {
    expect(readArguments([], benches)).toEqual({
      kind: 'run',
      arguments: { names: ['ingest', 'replay'], quick: false, write: false, jsonFile: null },
    });
  });

  it('name some, with options before and behind', () => {
    expect(readArguments(['--quick', 'replay', 'replay', '--json', 'out.json'], benches)).toEqual({
      kind: 'run',
      arguments: { names: ['replay'], quick: true, write: false, jsonFile: 'out.json' },
    });
  });

  it.each([[['--help']], [['--list']]])('%j shows every bench', (words) => {
    const read = readArguments(words, benches);
    expect(read).toMatchObject({ kind: 'show' });
    expect(read.kind === 'show' ? read.text : '').toMatch(/ingest .*measures ingest[\s\S]*replay .*measures replay/);
  });

  it.each([
    [['ingets'], /no bench "ingets"/],
    [['--qiuck'], /--qiuck/],
    [['--json'], /json/],
    [['--write', 'ingest'], /every bench/],
    [['--write', '--quick'], /every bench/],
  ])('%j is refused', (words, why) => {
    const read = readArguments(words, benches);
    expect(read).toMatchObject({ kind: 'wrong' });
    expect(read.kind === 'wrong' ? read.text : '').toMatch(why);
  });
});
