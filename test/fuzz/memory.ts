/**
 * Reads messages of every consumer, good and hurt, again and again, and prints the heap after each thousand, in bytes, as one
 * line of JSON. Run with --expose-gc; a child process of its own, so that nobody else's memory is measured.
 */
import fc from 'fast-check';
import { originalOf, readMessage } from '../../shared/runtime/engine/inbox/read-message.js';
import { FailureRate } from '../../shared/runtime/engine/failure-rate.js';
import { systemClock } from '../../shared/runtime/engine/clock.js';
import { messageOf } from './bodies.js';
import { catalogues, consumers } from './consumers.js';
import { hurt } from './mutations.js';
import { seed } from './run.js';

const ROUNDS = Number(process.argv[2] ?? '20');
const PER_ROUND = 1_000;
const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error('start this with --expose-gc');

/** Made before anything is measured: what is looked at is the reading, not the generator. */
const bodies = consumers.map(([service, topic]) => ({
  catalogue: catalogues[service],
  topic,
  values: fc.sample(hurt(messageOf(topic)), { seed, numRuns: 100 }),
}));
const flood = new FailureRate(systemClock);

const heap: number[] = [];
let count = 0;
for (let round = 0; round < ROUNDS; round++) {
  for (let n = 0; n < PER_ROUND; n++) {
    const { catalogue, topic, values } = bodies[count % bodies.length] ?? { catalogue: undefined, topic: 'payout.requested', values: [] };
    const value = values[Math.floor(count / bodies.length) % values.length];
    count++;
    if (catalogue === undefined || value === undefined) continue;
    // Another id and key each time, so that nothing can be remembered by it.
    const original = originalOf({
      topic,
      partition: 0,
      offset: String(count),
      key: `key-${String(count)}`,
      value,
      headers: { 'event-id': `id-${String(count)}` },
      timestampMs: 0,
    });
    const read = readMessage(catalogue, topic, original.value, `id-${String(count)}`, original.key);
    flood.note(read.kind === 'bad' ? 1 : 0, 1);
  }
  gc();
  heap.push(process.memoryUsage().heapUsed);
}
process.stdout.write(`${JSON.stringify({ count, heap })}\n`);
