/** What an adapter offers for the events of its system: reads a body and says, in our words, what it is. */
import type { z } from 'zod';
import type { Json } from '../../shared/kernel/json.js';
import type { OutsideWords } from './outside-events.js';
import type { OutsideTopic } from './topics.js';

/** One event that was understood. */
export type SortedEvent = OutsideWords & {
  /** Portfolio id, or what the event is about until the portfolio is known. */
  readonly key: string;
  /** The key is something personal, such as an account: on the topic its keyed hash stands for it. */
  readonly keyIsPersonal?: true;
  /** The sender's own id, the same whenever the event is sent again. */
  readonly id: string;
  readonly type: string;
  /** As the sender wrote it, or null. */
  readonly occurredAt: string | null;
  readonly portfolioId: string | null;
};

export type ReadBody =
  | { readonly kind: 'event'; readonly event: SortedEvent }
  /** Well formed and of no use to us: acknowledged and counted; `keep` when it should be looked at. */
  | { readonly kind: 'unlisted'; readonly id: string; readonly what: string; readonly keep: boolean }
  /** Says what is wrong, never repeats what was sent: it may be personal. */
  | { readonly kind: 'malformed'; readonly problems: readonly string[] };

export type EventReader = {
  /** Stands before every event id, for ever: two senders may use the same one. */
  readonly sender: string;
  /** Last part of the address that its events are posted to. */
  readonly path: string;
  /** Topics that its events belong to. */
  readonly topics: readonly OutsideTopic[];
  /** For the OpenAPI document: what may be posted there. */
  readonly documented: {
    readonly operationId: string;
    readonly summary: string;
    /** Of one event. */
    readonly schema: { readonly name: string; readonly body: z.ZodType };
  };
  /** Pure, and never throws. `named`: the event's name from outside the body, where the way it came has one. */
  readonly read: (body: Json, named?: string) => ReadBody;
};
