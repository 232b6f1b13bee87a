/** Which of our topics an outside event belongs to, and under which key. Pure. */
import type { Json } from '../../../../shared/kernel/json.js';
import type { Topic } from '../../../../contracts/internal/topics.js';

export type Source = 'investsuite' | 'drivewealth' | 'core-banking';

/** One event of a body, ready to be forwarded. */
export type Forwarded = {
  readonly topic: Topic;
  /** Portfolio id, or what the event is about until the portfolio is known. */
  readonly key: string;
  /** The sender's own id after the name of the sender: two senders may use the same id. */
  readonly eventId: string;
  readonly type: string;
  /** As the sender wrote it, or null. */
  readonly occurredAt: string | null;
  readonly portfolioId: string | null;
  /** The sender's body, unchanged. */
  readonly content: Json;
};

export type Sorted =
  | { readonly kind: 'forward'; readonly event: Forwarded }
  /** Well formed and of no use to us: acknowledged and counted; `keep` when it should be looked at. */
  | { readonly kind: 'unlisted'; readonly eventId: string; readonly what: string; readonly keep: boolean }
  | { readonly kind: 'malformed'; readonly problems: readonly string[] };

/** A signed body that cannot be read, or that we do not act on, as it is kept. */
export type KeptBody = {
  readonly eventId: string;
  readonly source: string;
  readonly webhookId: string;
  readonly errorClass: string;
  readonly reason: string;
  readonly body: Buffer;
};

/** The first of these that says anything. */
export const firstNamed = (last: string, ...candidates: readonly (string | null | undefined)[]): string =>
  [...candidates].reverse().reduce<string>((chosen, one) => (one === null || one === undefined || one === '' ? chosen : one), last);

/** A body is one event or an array of them. */
export const eventsOf = (body: Json): readonly Json[] => (Array.isArray(body) ? (body as readonly Json[]) : [body]);
