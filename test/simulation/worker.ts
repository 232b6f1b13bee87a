/** A thread: takes seeds by the chunk, runs their histories, and says what it found. */
import { parentPort } from 'node:worker_threads';
import { BREAKS, type BreakName } from './breaks.js';
import { runHistory } from './history.js';
import { count, emptyTally, type Tally } from './tally.js';

// Errors are part of every history, and nobody reads where they came from.
Error.stackTraceLimit = 0;

export type Chunk = { readonly from: number; readonly histories: number; readonly broken: BreakName | null };
/** `first`: the first history of the chunk that is wrong; those behind it were not run. */
export type Done = {
  readonly chunk: Chunk;
  readonly tally: Tally;
  readonly first: { readonly seed: number; readonly violations: readonly string[] } | null;
};

export const runChunk = async (chunk: Chunk): Promise<Done> => {
  const tally = emptyTally();
  for (let seed = chunk.from; seed < chunk.from + chunk.histories; seed++) {
    const verdict = await runHistory({ seed, broken: chunk.broken === null ? null : BREAKS[chunk.broken] });
    count(tally, verdict);
    if (verdict.violations.length > 0) return { chunk, tally, first: { seed, violations: verdict.violations } };
  }
  return { chunk, tally, first: null };
};

parentPort?.on('message', (chunk: Chunk) => {
  void runChunk(chunk).then((done) => {
    parentPort?.postMessage(done);
  });
});
