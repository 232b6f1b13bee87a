import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';

describe('the words behind npm run attack', () => {
  it('attack, or peel guards off', () => {
    expect(readArguments([])).toEqual({ kind: 'run', arguments: { does: 'attack', only: null } });
    expect(readArguments(['--only', 'webhook'])).toEqual({ kind: 'run', arguments: { does: 'attack', only: 'webhook' } });
    expect(readArguments(['--peel', '--only', 'A1'])).toEqual({ kind: 'run', arguments: { does: 'peel', only: 'A1' } });
  });
  it('write the table, or take mends out', () => {
    expect(readArguments(['--table'])).toEqual({ kind: 'run', arguments: { does: 'table' } });
    expect(readArguments(['--mutate'])).toEqual({ kind: 'run', arguments: { does: 'mutate', marks: [] } });
    expect(readArguments(['--mutate', 'A1', '9a.1'])).toEqual({ kind: 'run', arguments: { does: 'mutate', marks: ['A1', '9a.1'] } });
  });
  it('are explained when they are wrong', () => {
    expect(readArguments(['--help']).kind).toBe('show');
    for (const words of [['--table', '--mutate'], ['--peel', '--mutate'], ['--only', 'x', '--table'], ['--only'], ['--other'], ['A1']])
      expect(readArguments(words).kind).toBe('wrong');
  });
});
