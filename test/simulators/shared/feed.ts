import { printJson, type Printable } from '../../../shared/kernel/json.js';
import type { FaultRule } from './faults.js';
import type { Delivery } from './webhook.js';

/**
 * Faults of a feed of events. `event-twice` sends the same event again under another delivery id; `events-reordered` holds
 * an event until the next one has gone (or `delayMs`, default 500); `event-late` sends it after `delayMs` (default 1000);
 * `event-lost` never sends it: only a look at the resource helps.
 */
export const FEED_FAULTS = ['event-twice', 'events-reordered', 'event-late', 'event-lost'] as const;
export type FeedFault = (typeof FEED_FAULTS)[number];

export type FeedOptions = {
  readonly send: (delivery: Delivery) => void;
  readonly strike: (operation: string, subjects: readonly string[], candidates: readonly FeedFault[]) => FaultRule<string> | null;
  readonly after: (delayMs: number, then: () => void) => void;
};

export type Feed = {
  readonly tell: (id: string, operation: string, body: Printable, subjects: readonly string[]) => void;
  readonly forget: () => void;
};

const HOLD_MS = 500;
const LATE_MS = 1_000;

export const createFeed = (options: FeedOptions): Feed => {
  let held: (() => void)[] = [];
  const release = (): void => {
    const waiting = held;
    held = [];
    for (const send of waiting) send();
  };
  return {
    tell: (id, operation, body, subjects) => {
      const delivery: Delivery = { id, body: printJson(body) };
      const struck = (fault: FeedFault): FaultRule<string> | null => options.strike(operation, subjects, [fault]);
      if (struck('event-lost') !== null) return;
      const twice = struck('event-twice') !== null;
      const send = (): void => {
        options.send(delivery);
        if (twice) options.send({ ...delivery, id: `${id}_again` });
      };
      const reordered = struck('events-reordered');
      if (reordered !== null) {
        held.push(send);
        options.after(reordered.delayMs ?? HOLD_MS, release);
        return;
      }
      const late = struck('event-late');
      if (late === null) send();
      else options.after(late.delayMs ?? LATE_MS, send);
      release();
    },
    forget: () => {
      held = [];
    },
  };
};
