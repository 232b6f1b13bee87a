import type { JsonObject } from '../../../contracts/tokens.js';
import type { Decimal } from '../../../shared/kernel/decimal.js';
import { createBook, type Book } from '../shared/book.js';
import type { Attempt } from '../shared/webhook.js';

/** Who wrote: the customer's app, a caller of the API, the test's own hand, or InvestSuite itself. */
export type Author = 'app' | 'api' | 'admin' | 'investsuite';

/** A level as text: a decimal, `0` for nothing, or `everything`. */
export type LevelText = string;

export type VersionLine = {
  readonly portfolioId: string;
  readonly version: number;
  readonly by: Author;
  readonly requestId: string | null;
  /** Top-level fields in the write. */
  readonly fields: readonly string[];
  readonly level: LevelText;
  readonly holdings: Readonly<Record<string, Decimal>>;
  readonly wire: JsonObject;
};

export type TransactionLine = {
  readonly portfolioId: string;
  readonly transactionId: string;
  readonly version: number;
  readonly write: 'post' | 'patch';
  readonly requestId: string;
  readonly externalId: string | null;
  readonly optimizationId: string | null;
  readonly movements: readonly JsonObject[];
};

export type EventCallLine = {
  readonly portfolioId: string;
  readonly direction: 'deposit' | 'withdraw';
  readonly amount: Decimal;
  readonly currency: string;
  /** The header as it came, quotes included. */
  readonly key: string | null;
  /** True when the key was known and nothing happened again. */
  readonly repeated: boolean;
  readonly requestId: string;
};

export type EventLine = {
  readonly eventId: string;
  readonly portfolioId: string;
  readonly name: string;
  readonly subject: string;
  readonly action: string;
  /** `lost` was never sent; all others were, once or more. */
  readonly fate: string;
  readonly body: string;
};

export type OptimizationLine = {
  readonly optimizationId: string;
  readonly portfolioId: string;
  readonly portfolioVersion: number;
  readonly status: string;
  readonly isRecommended: boolean;
  readonly wire: JsonObject;
};

/** What an app write or an API write did to the divest request. `asked` is the running total of all that was asked for. */
export type DivestRequestLine = {
  readonly portfolioId: string;
  readonly by: Author;
  readonly from: LevelText;
  readonly to: LevelText;
  readonly asked: Decimal;
  readonly version: number;
};

export type RequestLine = {
  readonly requestId: string;
  readonly operation: string;
  readonly subjects: readonly string[];
  readonly status: number;
};
export type StrikeLine = { readonly fault: string; readonly operation: string; readonly subjects: readonly string[] };

/** A `violation` is wrong whatever else happened. A `warning` may be the unlucky side of a race, or be put right later. */
export type ViolationLine = {
  readonly portfolioId: string;
  readonly kind: string;
  readonly severity: 'violation' | 'warning';
  readonly detail: string;
  readonly requestId: string | null;
};

export type Books = {
  readonly versions: Book<VersionLine>;
  readonly transactions: Book<TransactionLine>;
  readonly eventCalls: Book<EventCallLine>;
  readonly events: Book<EventLine>;
  readonly deliveries: Book<Attempt>;
  readonly optimizations: Book<OptimizationLine>;
  readonly divestRequests: Book<DivestRequestLine>;
  readonly requests: Book<RequestLine>;
  readonly strikes: Book<StrikeLine>;
  readonly violations: Book<ViolationLine>;
};

export const createBooks = (nowMs: () => number): Books => ({
  versions: createBook('versions', nowMs),
  transactions: createBook('transactions', nowMs),
  eventCalls: createBook('eventCalls', nowMs),
  events: createBook('events', nowMs),
  deliveries: createBook('deliveries', nowMs),
  optimizations: createBook('optimizations', nowMs),
  divestRequests: createBook('divest requests', nowMs),
  requests: createBook('requests', nowMs),
  strikes: createBook('strikes', nowMs),
  violations: createBook('violations', nowMs),
});
