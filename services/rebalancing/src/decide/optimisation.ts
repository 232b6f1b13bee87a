/** The nouns of one optimisation: the orders InvestSuite proposes for a portfolio, carried out sells first. */
import { z } from 'zod';
import type { Treatment } from '../../../../contracts/internal/portfolio-rules.js';
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, OptimizationId, PortfolioId } from '../../../../shared/kernel/ids.js';
import type { Currency } from '../../../../shared/kernel/money.js';
import { orderOutcome, orderSide, type OrderDecided, type OrderFinished } from './order.js';
import { storedDecimal, storedText } from './stored.js';

const ownerChoice = z.enum(['accept', 'reject', 'reoptimize', 'ignored']);
export type OwnerChoice = z.output<typeof ownerChoice>;

export type OptimizationReady = {
  readonly type: 'OptimizationReady';
  readonly optimizationId: OptimizationId;
  /** What the event says; null when it does not say. Only a "no" is believed. */
  readonly recommended: boolean | null;
};
export type OwnerChose = { readonly type: 'OwnerChose'; readonly optimizationId: OptimizationId; readonly choice: OwnerChoice };
export type OptimisationInput = OptimizationReady | OwnerChose | OrderFinished;

/** An order as it will be told. Units and amount are positive; `amount` is null for an order by units. */
const plannedOrder = z
  .object({
    instrument: storedText<InstrumentId>(),
    side: orderSide,
    units: storedDecimal,
    amount: storedDecimal.nullable(),
    expectedPrice: storedDecimal.nullable(),
    execute: z.boolean(),
    /** Why it is not executed. */
    reason: z.string().nullable(),
    outcome: orderOutcome.nullable(),
  })
  .readonly();
export type PlannedOrder = z.output<typeof plannedOrder>;

export const optimisationState = z.object({
  status: z.enum([
    'ReadingOptimization',
    'ReadingPortfolio',
    'AwaitingOwnerChoice',
    'CheckingSellPrices',
    'Selling',
    'CheckingBuyPrices',
    'Buying',
    'Refusing',
    'Executed',
    'NotExecuted',
    'NotRecommended',
    'Declined',
    'Superseded',
    'LeftAlone',
  ]),
  portfolioId: storedText<PortfolioId>(),
  optimizationId: storedText<OptimizationId>(),
  ownerChoice: ownerChoice.nullable(),
  orders: z.array(plannedOrder).readonly(),
  /** Holdings the optimisation started from, where InvestSuite says. */
  startedFrom: z.record(z.string(), storedDecimal).readonly().nullable(),
  /** Known once the portfolio has been read. */
  account: storedText<BrokerAccountId>().nullable(),
  currency: storedText<Currency>().nullable(),
  /** Another optimisation that was announced meanwhile; looked at when this one is over. */
  arrivedLater: storedText<OptimizationId>().nullable(),
  reason: z.string().nullable(),
});
export type Optimisation = Readonly<z.output<typeof optimisationState>>;

/** One proposed order: signed, positive buys. */
export type ProposedOrder = {
  readonly instrument: InstrumentId;
  readonly units: Decimal;
  readonly amount: Decimal | null;
  readonly expectedPrice: Decimal | null;
};

export type OptimizationSeen = {
  readonly id: OptimizationId;
  readonly recommended: boolean;
  readonly ownerChoice: OwnerChoice | null;
  readonly orders: readonly ProposedOrder[];
  readonly startedFrom: Readonly<Record<InstrumentId, Decimal>> | null;
};

export type PortfolioSeen = {
  /** Whose portfolio it is, by the tenant's rules. */
  readonly treatment: Treatment;
  readonly baseCurrency: Currency;
  readonly realMoney: boolean;
  readonly manager: 'robo-advisory' | 'robo-discretionary' | 'self' | 'unknown';
  readonly active: boolean;
  readonly archived: boolean;
  readonly deleted: boolean;
  readonly brokerAccount: BrokerAccountId | null;
  readonly holdings: Readonly<Record<InstrumentId, Decimal>>;
};

export type Price = { readonly instrument: InstrumentId; readonly price: Decimal };
/** What the broker says before orders go out: prices of the side that is next, and all units of the account as they are now. */
export type Market = { readonly prices: readonly Price[]; readonly units: Readonly<Record<InstrumentId, Decimal>> };

export type OptimisationEffects = {
  ReadOptimization: { readonly kind: 'read'; readonly result: OptimizationSeen; readonly reason: 'not-found' | 'forbidden' };
  ReadPortfolio: { readonly kind: 'read'; readonly result: PortfolioSeen; readonly reason: 'not-found' | 'forbidden' };
  CheckPrices: { readonly kind: 'read'; readonly result: Market; readonly reason: 'not-found' };
};

export type OptimisationEmits =
  | { readonly sends: 'order'; readonly subject: string; readonly input: OrderDecided }
  | { readonly sends: 'optimisation'; readonly subject: string; readonly input: OptimizationReady };
