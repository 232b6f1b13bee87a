/** The tenant's limits, and what a payout asks of them. Amounts in major units of a currency. */
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { OwnTablesAnswer } from './own-tables.js';

/** Amounts by ISO 4217 code. A currency that is not there has no limit set. */
type Amounts = Readonly<Record<string, Decimal>>;

/** `currencyWithoutLimit`: what becomes of a payment in a currency for which one of the three amounts is not set. */
export type Limits = {
  readonly perPayment: Amounts;
  readonly perPortfolioAndDay: Amounts;
  readonly perDay: Amounts;
  /** In any hour that has just gone by. */
  readonly paymentsPerHour: number;
  readonly currencyWithoutLimit: 'ask' | 'pay';
};

export type LimitName = 'perPayment' | 'perPortfolioAndDay' | 'perDay' | 'paymentsPerHour';

/** What one payout asks for. `payoutId` is the id of its journey; `beyond`: people have let it pass, so it counts and is not judged. */
export type LimitRequest = {
  readonly payoutId: string;
  readonly portfolioId: string;
  readonly amount: Decimal;
  readonly currency: string;
  readonly beyond: boolean;
};

/** One limit that a request exceeds. `allowed` is null where the currency has no limit. Amounts, or payments where the limit counts them. */
export type Exceeded = { readonly limit: LimitName; readonly allowed: Decimal | null; readonly used: Decimal };
export type Reserved = { readonly reserved: true } | { readonly reserved: false; readonly over: readonly Exceeded[] };

export type LimitsPort = {
  /** Reserves under this key, or says which limits stand against it. `day`: ISO 8601 date in the tenant's zone. */
  readonly reserve: (key: string, day: string, request: LimitRequest, limits: Limits) => Promise<OwnTablesAnswer<Reserved>>;
  readonly isReserved: (key: string) => Promise<OwnTablesAnswer<boolean>>;
  /** Frees all that this payout has reserved. */
  readonly free: (payoutId: string) => Promise<OwnTablesAnswer<null>>;
};
