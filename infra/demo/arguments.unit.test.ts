import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';
import { FAULTS } from '../../test/world/faults.js';

const read = (line: string): ReturnType<typeof readArguments> => readArguments(line === '' ? [] : line.split(' '));

describe('the arguments of the demo', () => {
  it('has defaults for all', () => {
    expect(read('')).toEqual({
      kind: 'run',
      arguments: { once: false, customers: 40, seeds: [1], faults: [], jsonFile: null, keep: false },
    });
  });

  it('takes every one of them', () => {
    expect(read('--once --customers 7 --seed 4294967295 --faults cuts,unauthorised,cuts --json out.json --keep')).toEqual({
      kind: 'run',
      arguments: { once: true, customers: 7, seeds: [4_294_967_295], faults: ['cuts', 'unauthorised'], jsonFile: 'out.json', keep: true },
    });
  });

  it('all means all', () => {
    const all = read('--faults all');
    expect(all.kind === 'run' && all.arguments.faults).toEqual(Object.keys(FAULTS));
  });

  it('shows help, and the list of faults', () => {
    expect(read('--help')).toMatchObject({ kind: 'show', text: expect.stringContaining('--customers') });
    const list = read('--faults help');
    for (const name of Object.keys(FAULTS)) expect(list).toMatchObject({ kind: 'show', text: expect.stringContaining(name) });
  });

  it.each([
    ['--customers 0', '"0"'],
    ['--customers 501', '"501"'],
    ['--customers many', '"many"'],
    ['--customers 1e3', '"1e3"'],
    ['--seed -1', '"-1"'],
    ['--customers -5', '"-5"'],
    ['--customers', '--customers'],
    ['--seed 4294967296', '"4294967296"'],
    ['--seed 1.5', '"1.5"'],
    ['--once --seed 3..1', '"3..1"'],
    ['--once --seed 1..101', '"1..101"'],
    ['--once --seed 1..2..3', '"1..2..3"'],
    ['--seed 1..3', '--once'],
    ['--once --seed 1..3 --json out.json', 'one seed'],
    ['--faults cut', '"cut"'],
    ['--faults toString', '"toString"'],
    ['--json=', 'name of a file'],
    ['--twice', '--twice'],
    ['forty', 'forty'],
  ])('%s is refused in one sentence that says what', (line, says) => {
    expect(read(line)).toMatchObject({ kind: 'wrong', sentence: expect.stringContaining(says) });
  });
});
