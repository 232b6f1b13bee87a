import { z } from 'zod';
import { parseJson, printJson, type Json, type Printable } from '../../shared/kernel/json.js';

/**
 * The envelope of every message on our topics: the value is JSON `{ id, type, version, occurredAt, portfolioId, data }`,
 * the key is the portfolio id, or what the event is about until the portfolio is known. Where an event comes from
 * outside, `data` is the sender's body, unchanged, numbers as they were written.
 */
export const envelope = z.object({
  /** Unique for ever; the same event sent again carries the same id. */
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(200),
  /** Major version of the schema of `data`. */
  version: z.string().regex(/^1(\.\d+){0,2}$/, 'only version 1 is understood'),
  /** ISO 8601 UTC where the sender's time can be read, else the time we took it in. */
  occurredAt: z.string().max(64),
  portfolioId: z.string().min(1).max(128).nullable(),
  data: z.custom<Json>((value) => value !== undefined, 'data is missing'),
});
export type Envelope = z.output<typeof envelope>;

/** Nobody's message may change another's journey. @throws RangeError when the message is filed under another portfolio than it speaks of. */
export const expectFiledUnder = (event: Envelope, portfolioId: string): void => {
  if (event.portfolioId !== portfolioId) throw new RangeError('the message is filed under another portfolio');
};

export const headerNames = {
  eventId: 'event-id',
  eventType: 'event-type',
  schemaVersion: 'schema-version',
  occurredAt: 'occurred-at',
  traceparent: 'traceparent',
} as const;

export const headersOf = (event: Omit<Envelope, 'data'>, traceparent?: string): Readonly<Record<string, string>> => ({
  [headerNames.eventId]: event.id,
  [headerNames.eventType]: event.type,
  [headerNames.schemaVersion]: event.version,
  [headerNames.occurredAt]: event.occurredAt,
  ...(traceparent === undefined ? {} : { [headerNames.traceparent]: traceparent }),
});

/** @throws JsonError or ZodError. */
export const parseEnvelope = (text: string): Envelope => envelope.parse(parseJson(text));

export const printEnvelope = (event: Omit<Envelope, 'data'> & { readonly data: Printable }): string =>
  printJson({
    id: event.id,
    type: event.type,
    version: event.version,
    occurredAt: event.occurredAt,
    portfolioId: event.portfolioId,
    data: event.data,
  });
