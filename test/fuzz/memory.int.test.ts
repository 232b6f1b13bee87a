/** Reading leaves nothing behind: the heap after a collection stays where it was, however many messages went through. */
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runs } from './run.js';

/** One short string kept per message would be at least twice this. */
const MOST_BYTES_PER_MESSAGE = 20;

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

describe('memory', () => {
  it('is flat over thousands of messages', async () => {
    const rounds = Math.max(12, runs(12));
    const script = join(__dirname, '../../dist/test/fuzz/memory.js');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, String(rounds)]);
    const { count, heap } = JSON.parse(stdout) as { count: number; heap: readonly number[] };
    expect([count, heap.length]).toEqual([rounds * 1_000, rounds]);
    // The first third warms up: compiled code and shapes. One reading may stray; the middle of a third does not.
    const third = Math.floor(rounds / 3);
    const perMessage = (middle(heap.slice(-third)) - middle(heap.slice(third, 2 * third))) / (1_000 * third);
    if (!(perMessage < MOST_BYTES_PER_MESSAGE)) throw new Error(`${perMessage.toFixed(1)} bytes stay of each message: ${heap.join(', ')}`);
  });
});
