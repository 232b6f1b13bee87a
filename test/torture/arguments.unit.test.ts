import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';

describe('the words behind npm run torture --', () => {
  it('are read', () => {
    const read = readArguments([
      '--kills',
      '20',
      '--customers',
      '30',
      '--seed',
      '4',
      '--kafka-nodes',
      '3',
      '--faults',
      'cuts',
      '--json',
      'a.json',
    ]);
    expect(read).toEqual({
      kind: 'run',
      arguments: {
        kills: 20,
        customers: 30,
        seed: 4,
        kafkaNodes: 3,
        faults: ['cuts'],
        jsonFile: 'a.json',
        keep: false,
        kafkaOnly: false,
        twoInstallations: false,
        crashPoints: false,
      },
    });
  });

  it('have defaults, with every fault on', () => {
    const read = readArguments([]);
    expect(read).toMatchObject({ kind: 'run', arguments: { seed: 1, kafkaNodes: 1, jsonFile: null } });
    expect(read.kind === 'run' && read.arguments.faults.length).toBeGreaterThan(20);
  });

  it('take few customers for two installations, or as many as are asked for', () => {
    const customersOf = (...more: readonly string[]): unknown => {
      const read = readArguments(['--two-installations', ...more]);
      return read.kind === 'run' ? read.arguments.customers : read.text;
    };
    expect([customersOf(), customersOf('--customers', '8')]).toEqual([16, 8]);
    expect(customersOf('--customers', '61')).toContain('at most 60 customers');
  });

  it.each([
    [['--kils', '20'], "unknown option '--kils'"],
    [['--kills', 'many'], 'It takes a whole number from 1 to 2000.'],
    [['--kills', '0'], 'It takes a whole number'],
    [['--kafka-nodes', '2'], 'It takes 1 or 3.'],
    [['--faults', 'cuts,typo'], 'There is no fault "typo"'],
    [['--kafka-only'], '--kafka-only needs --kafka-nodes 3'],
    [['twenty'], 'too many arguments'],
    [['--seed'], 'argument missing'],
  ])('%j is refused with a sentence', (words, sentence) => {
    expect(readArguments(words)).toMatchObject({ kind: 'wrong', text: expect.stringContaining(sentence) });
  });

  it('--help shows what there is', () => {
    expect(readArguments(['--help'])).toMatchObject({ kind: 'show', text: expect.stringContaining('--kafka-nodes') });
  });
});
