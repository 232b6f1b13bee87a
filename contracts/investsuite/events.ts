import { z } from 'zod';
import type { Json } from '../../shared/kernel/json.js';
import { decimalText, isJsonObject, jsonObject, problemsOf, timestampText, type JsonObject } from '../tokens.js';
import { divestAmountToken } from './divest-amount.js';

/** Our one name per event InvestSuite sends. The sender's own names differ between pages and versions; see README.md. */
export const EVENT_NAMES = [
  'portfolio.creation',
  'portfolio.status-update',
  'portfolio.withdrawal-request',
  'optimisations.status-update',
  'optimisations.owner-choice-update',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

type Subject = 'portfolio' | 'optimisations';

// Maps, not objects: a sender's word such as `constructor` must find nothing.
const SUBJECTS: ReadonlyMap<string, Subject> = new Map([
  ['portfolio', 'portfolio'],
  ['portfolios', 'portfolio'],
  ['optimization', 'optimisations'],
  ['optimizations', 'optimisations'],
  ['optimisation', 'optimisations'],
  ['optimisations', 'optimisations'],
]);

const ACTIONS: Readonly<Record<Subject, ReadonlyMap<string, EventName>>> = {
  portfolio: new Map([
    ['creation', 'portfolio.creation'],
    ['status-update', 'portfolio.status-update'],
    ['divest-amount-update', 'portfolio.withdrawal-request'],
    ['withdrawal', 'portfolio.withdrawal-request'],
    ['withdrawal-request', 'portfolio.withdrawal-request'],
  ]),
  optimisations: new Map([
    ['status-update', 'optimisations.status-update'],
    ['owner-choice-update', 'optimisations.owner-choice-update'],
  ]),
};

const plain = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replace(/[_\s]+/g, '-');

const byParts = (subject: string, action: string): EventName | null => {
  const known = SUBJECTS.get(plain(subject));
  return known === undefined ? null : (ACTIONS[known].get(plain(action)) ?? null);
};

const byFullName = (fullName: string): EventName | null => {
  const point = fullName.indexOf('.');
  return point < 0 ? null : byParts(fullName.slice(0, point), fullName.slice(point + 1));
};

/**
 * Our name for an event, or null for a pair that is not listed. Subject and action decide; the fully qualified name (from a
 * routing key, a topic, a header, or standing in one of the two fields) counts only when one of the two is missing.
 * Case does not matter, and `_` is the same as `-`.
 */
export const canonicalEventName = (
  subject: string | null | undefined,
  action: string | null | undefined,
  fullName?: string | null,
): EventName | null => {
  const first = subject ?? '';
  const second = action ?? '';
  if (first.trim() !== '' && second.trim() !== '') return byParts(first, second);
  for (const candidate of [first, second, fullName ?? '']) {
    const name = byFullName(candidate);
    if (name !== null) return name;
  }
  return null;
};

const optionalText = z.string().nullish();

/** Every sample of the public docs has `created` = "-1000000000-01-01T00:00:00Z": text, not a date. */
export const eventEnvelope = z.looseObject({
  id: z.string().min(1).max(200),
  created: timestampText.nullish(),
  version: optionalText,
  subject: optionalText,
  action: optionalText,
  data: jsonObject,
});

export const portfolioCreated = z.looseObject({ id: z.string().min(1), external_id: optionalText, owned_by_user_id: optionalText });

export const PORTFOLIO_STATUSES = ['WAITING_FOR_ACCOUNT', 'WAITING_FOR_POLICY', 'WAITING_FOR_FUNDS', 'ACTIVE', 'INACTIVE'] as const;
/** `value` is one of PORTFOLIO_STATUSES, or a word we do not know yet. */
export const portfolioStatusUpdate = z.looseObject({ id: z.string().min(1), external_id: optionalText, value: z.string().min(1) });

/** `divest_amount` is the whole divest request in `currency`, not an increment; it also comes for our own resets. */
export const withdrawalRequest = z.looseObject({
  id: z.string().min(1),
  external_id: optionalText,
  divest_amount: divestAmountToken,
  currency: optionalText,
});

export const OPTIMIZATION_STATUSES = ['PENDING', 'SUCCESS', 'FAILURE', 'INFEASIBLE', 'NOT_OPTIMIZED'] as const;
/** `portfolio_id` is missing in bodies of before August 2022. Only SUCCESS is sent in version 1.0.0. */
export const optimizationStatusUpdate = z.looseObject({
  id: z.string().min(1),
  portfolio_id: optionalText,
  external_id: optionalText,
  is_recommended: z.boolean().nullish(),
  value: z.string().min(1),
});

export const OWNER_CHOICES = ['ACCEPT', 'REJECT', 'REOPTIMIZE', 'IGNORED'] as const;
/** `value` is one of OWNER_CHOICES, or a word we do not know yet. */
export const ownerChoiceUpdate = z.looseObject({
  id: z.string().min(1),
  portfolio_id: optionalText,
  external_id: optionalText,
  value: z.string().min(1),
});

export const EVENT_CONTENTS = {
  'portfolio.creation': portfolioCreated,
  'portfolio.status-update': portfolioStatusUpdate,
  'portfolio.withdrawal-request': withdrawalRequest,
  'optimisations.status-update': optimizationStatusUpdate,
  'optimisations.owner-choice-update': ownerChoiceUpdate,
} as const satisfies Readonly<Record<EventName, z.ZodType>>;

export type EventContent<Name extends EventName> = z.output<(typeof EVENT_CONTENTS)[Name]>;

/** An event that was understood. `raw` is the body as it came, numbers untouched: that is what travels on. */
export type InvestSuiteEvent = {
  [Name in EventName]: {
    readonly name: Name;
    readonly id: string;
    readonly created: string | null;
    readonly version: string;
    readonly data: EventContent<Name>;
    readonly raw: JsonObject;
  };
}[EventName];

export type ReadEvent =
  | { readonly kind: 'event'; readonly event: InvestSuiteEvent }
  /** Well formed, but of no kind or version we act on: keep it, say so quietly, go on. */
  | {
      readonly kind: 'unlisted';
      readonly id: string;
      readonly subject: string;
      readonly action: string;
      readonly version: string;
      readonly raw: JsonObject;
    }
  | { readonly kind: 'malformed'; readonly problems: readonly string[] };

const DEFAULT_VERSION = '1.0.0';

/** Early drafts name only `status-update`; the letter that starts the id says what it is about (P portfolio, O optimization). */
const subjectOfContent = (content: JsonObject): string | null => {
  const { id } = content;
  if (typeof id !== 'string') return null;
  if (/^O[0-9A-Z]/.test(id)) return 'optimizations';
  return /^P[0-9A-Z]/.test(id) ? 'portfolios' : null;
};

const nameOf = (envelope: z.output<typeof eventEnvelope>, fullName: string | null): EventName | null => {
  const named = canonicalEventName(envelope.subject, envelope.action, fullName);
  if (named !== null || (envelope.subject ?? '').trim() !== '') return named;
  return canonicalEventName(subjectOfContent(envelope.data), envelope.action ?? fullName);
};

/**
 * Reads one event as it came over HTTP or a bus. Takes fields we do not know, and any version 1.x.
 * @param fullName fully qualified name from a routing key, topic or header, if the transport has one.
 */
export const readEvent = (body: Json, fullName: string | null = null): ReadEvent => {
  if (!isJsonObject(body)) return { kind: 'malformed', problems: ['body: not an object'] };
  const read = eventEnvelope.safeParse(body);
  if (!read.success) return { kind: 'malformed', problems: problemsOf(read.error) };
  const envelope = read.data;
  const version = envelope.version ?? DEFAULT_VERSION;
  const name = nameOf(envelope, fullName);
  if (name === null || !/^1(?:\.|$)/.test(version)) {
    return {
      kind: 'unlisted',
      id: envelope.id,
      subject: envelope.subject ?? '',
      action: envelope.action ?? fullName ?? '',
      version,
      raw: body,
    };
  }
  const content = EVENT_CONTENTS[name].safeParse(envelope.data);
  if (!content.success) return { kind: 'malformed', problems: problemsOf(content.error).map((problem) => `data.${problem}`) };
  // Name and data come from the same row of EVENT_CONTENTS; the compiler cannot follow that over a union.
  const event = { name, id: envelope.id, created: envelope.created ?? null, version, data: content.data, raw: body } as InvestSuiteEvent;
  return { kind: 'event', event };
};

/** Body of `POST /events/deposit/` and `POST /events/withdraw/`. `amount` is text and positive in both directions. */
export const eventCallBody = z.strictObject({
  data: z.strictObject({
    amount: decimalText,
    currency: z.string().regex(/^[A-Z]{3}$/),
    portfolio: z.string().min(1),
  }),
});
