import { backlog } from './backlog.js';
import { engineBench } from './engine.js';
import { ingest } from './ingest.js';
import type { Bench } from './measure.js';
import { poison } from './poison.js';
import { replay } from './replay.js';
import { signatures } from './signatures.js';
import { webhooks } from './webhooks.js';
import { withdrawal } from './withdrawal.js';

/** Every bench, in the order in which they run. */
export const benches: readonly Bench[] = [engineBench, signatures, ingest, webhooks, withdrawal, backlog, replay, poison];
