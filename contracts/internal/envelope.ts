import { z } from 'zod';
import { parseJson, printJson, type Json, type Printable } from '../../shared/kernel/json.js';

/**
 * The envelope of every message on our topics: the value is JSON `{ id, type, version, occurredAt, portfolioId, data }`,
 * the key is the portfolio id, or what the event is about until the portfolio is known. Where an event comes from
 * outside, `data` says in our words what it is about, and `data.original` keeps the sender's body for people: unchanged,
 * numbers as they were written.
 */
export const envelope = z.object({
  /** Unique for ever; the same event sent again carries the same id. */
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(200),
  /** Version of the schema of `data`; the major version decides. */
  version: z.string().regex(/^[12](\.\d+){0,2}$/, 'only versions 1 and 2 are understood'),
  /** ISO 8601 UTC where the sender's time can be read, else the time we took it in. */
  occurredAt: z.string().max(64),
  portfolioId: z.string().min(1).max(128).nullable(),
  data: z.custom<Json>((value) => value !== undefined, 'data is missing'),
});
export type Envelope = z.output<typeof envelope>;

/** The major version of what stands in `data`. */
export const majorVersionOf = ({ version }: Pick<Envelope, 'version'>): string => version.slice(0, 1);

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

/** Who has sent it, and when: `v1:<key id>:<base64>`, and ISO 8601. Every internal message carries both. */
export const signatureHeaders = { signature: 'signature', signedAt: 'signed-at' } as const;

export const headersOf = (event: Omit<Envelope, 'data'>, traceparent?: string): Readonly<Record<string, string>> => ({
  [headerNames.eventId]: event.id,
  [headerNames.eventType]: event.type,
  [headerNames.schemaVersion]: event.version,
  [headerNames.occurredAt]: event.occurredAt,
  ...(traceparent === undefined ? {} : { [headerNames.traceparent]: traceparent }),
});

/** A body that the gateway could read stands two levels deep: in `data.original`. */
const DEEPEST = 66;
/** The value of a message, whatever it holds. @throws JsonError. */
export const parseValue = (text: string): Json => parseJson(text, DEEPEST);
/** @throws JsonError or ZodError. */
export const parseEnvelope = (text: string): Envelope => envelope.parse(parseValue(text));

export const printEnvelope = (event: Omit<Envelope, 'data'> & { readonly data: Printable }): string =>
  printJson({
    id: event.id,
    type: event.type,
    version: event.version,
    occurredAt: event.occurredAt,
    portfolioId: event.portfolioId,
    data: event.data,
  });
