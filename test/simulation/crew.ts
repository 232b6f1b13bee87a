/** Hands seeds to threads, in order, and finds the first history that is wrong: the same one, however many threads there are. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BreakName } from './breaks.js';
import { add, emptyTally, type Tally } from './tally.js';
import type { Chunk, Done } from './worker.js';

export type Found = { readonly tally: Tally; readonly first: Done['first'] };
type Task = {
  readonly from: number;
  readonly histories: number;
  readonly broken: BreakName | null;
  readonly workers: number;
  readonly onProgress: (histories: number) => void;
};

const CHUNK = 250;
const YOUNG_MB = 64;

/** @throws when a thread dies: what it was doing is unknown, so nothing is proven. */
export const runAll = (task: Task): Promise<Found> =>
  new Promise((resolve, reject) => {
    const tally = emptyTally();
    const until = task.from + task.histories;
    let next = task.from;
    let first: Done['first'] = null;
    let busy = 0;
    const crew = Array.from(
      { length: Math.min(task.workers, Math.ceil(task.histories / CHUNK)) },
      () => new Worker(join(__dirname, 'worker.js'), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } }),
    );
    const stop = (): void => {
      for (const worker of crew) void worker.terminate();
    };
    const give = (worker: Worker): void => {
      if (next < until && first === null) {
        const chunk: Chunk = { from: next, histories: Math.min(CHUNK, until - next), broken: task.broken };
        next += chunk.histories;
        busy++;
        worker.postMessage(chunk);
      } else if (busy === 0) {
        stop();
        resolve({ tally, first });
      }
    };
    for (const worker of crew) {
      worker.on('message', (done: Done) => {
        busy--;
        add(tally, done.tally);
        // Chunks are given out in order: one that is still under way may hold an earlier one.
        if (done.first !== null && (first === null || done.first.seed < first.seed)) ({ first } = done);
        task.onProgress(tally.histories);
        give(worker);
      });
      worker.on('error', (error) => {
        stop();
        reject(error);
      });
      give(worker);
    }
  });
