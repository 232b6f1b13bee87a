/** The nouns of one optimisation: the orders InvestSuite proposes for a portfolio, carried out sells first. */
import { z } from 'zod';
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, OptimizationId, PortfolioId } from '../../../../shared/kernel/ids.js';
import type { Currency } from '../../../../shared/kernel/money.js';
import type { HoldingsMoveAt, OrderDecided, OrderFinished, OrderOutcome, OrderSide } from './order.js';
import { storedDecimal, storedText } from './stored.js';

/** What the tenant has chosen. It arrives with the portfolio and stays with the journey. */
export type RebalancingPolicy = {
  /** Who integrates with the broker. We act only where it is the client. */
  readonly brokerMode: 'client' | 'investsuite';
  /** How far a price may have moved from the expected one, as a fraction: 0.05 is five per cent. Beyond it the order is not executed. */
  readonly priceDriftLimit: Decimal;
  readonly holdingsMoveAt: HoldingsMoveAt;
  /** Buys whose sales were not wholly executed: left out (the next optimisation makes up for them), or placed all the same. */
  readonly buysWhenSalesFellShort: 'skip' | 'place';
};

export type OwnerChoice = 'accept' | 'reject' | 'reoptimize' | 'ignored';

export type OptimizationReady = {
  readonly type: 'OptimizationReady';
  readonly optimizationId: OptimizationId;
  /** What the event says; null when it does not say. Only a "no" is believed. */
  readonly recommended: boolean | null;
};
export type OwnerChose = { readonly type: 'OwnerChose'; readonly optimizationId: OptimizationId; readonly choice: OwnerChoice };
export type OptimisationInput = OptimizationReady | OwnerChose | OrderFinished;

/** An order as it will be told. Units and amount are positive; `amount` is null for an order by units. */
export type PlannedOrder = {
  readonly instrument: InstrumentId;
  readonly side: OrderSide;
  readonly units: Decimal;
  readonly amount: Decimal | null;
  readonly expectedPrice: Decimal | null;
  readonly execute: boolean;
  /** Why it is not executed. */
  readonly reason: string | null;
  readonly outcome: OrderOutcome | null;
};

export type Optimisation = {
  readonly status:
    | 'ReadingOptimization'
    | 'ReadingPortfolio'
    | 'AwaitingOwnerChoice'
    | 'CheckingSellPrices'
    | 'Selling'
    | 'CheckingBuyPrices'
    | 'Buying'
    | 'Refusing'
    | 'Executed'
    | 'NotExecuted'
    | 'NotRecommended'
    | 'Declined'
    | 'Superseded'
    | 'LeftAlone';
  readonly portfolioId: PortfolioId;
  readonly optimizationId: OptimizationId;
  readonly ownerChoice: OwnerChoice | null;
  readonly orders: readonly PlannedOrder[];
  /** Holdings the optimisation started from, where InvestSuite says. */
  readonly startedFrom: Readonly<Record<string, Decimal>> | null;
  /** Known once the portfolio has been read. */
  readonly account: BrokerAccountId | null;
  readonly currency: Currency | null;
  readonly policy: RebalancingPolicy | null;
  /** Another optimisation that was announced meanwhile; looked at when this one is over. */
  readonly arrivedLater: OptimizationId | null;
  readonly reason: string | null;
};

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
  readonly baseCurrency: Currency;
  readonly realMoney: boolean;
  readonly manager: 'robo-advisory' | 'robo-discretionary' | 'self' | 'unknown';
  readonly active: boolean;
  readonly archived: boolean;
  readonly deleted: boolean;
  readonly brokerAccount: BrokerAccountId | null;
  readonly holdings: Readonly<Record<InstrumentId, Decimal>>;
  readonly policy: RebalancingPolicy;
};

export type Price = { readonly instrument: InstrumentId; readonly price: Decimal };
/** What the broker says before orders go out: prices of the side that is next, and all units of the account as they are now. */
export type Market = { readonly prices: readonly Price[]; readonly units: Readonly<Record<InstrumentId, Decimal>> };

export type OptimisationEffects = {
  ReadOptimization: { readonly kind: 'read'; readonly result: OptimizationSeen; readonly reason: 'not-found' | 'forbidden' };
  ReadPortfolio: { readonly kind: 'read'; readonly result: PortfolioSeen; readonly reason: 'not-found' | 'forbidden' };
  CheckPrices: { readonly kind: 'read'; readonly result: Market; readonly reason: 'not-found' };
};

export type OptimisationSaid =
  | { readonly tells: 'order'; readonly subject: string; readonly input: OrderDecided }
  | { readonly tells: 'optimisation'; readonly subject: string; readonly input: OptimizationReady };

const plannedOrder = z.object({
  instrument: storedText<InstrumentId>(),
  side: z.enum(['buy', 'sell']),
  units: storedDecimal,
  amount: storedDecimal.nullable(),
  expectedPrice: storedDecimal.nullable(),
  execute: z.boolean(),
  reason: z.string().nullable(),
  outcome: z.enum(['executed', 'partly-executed', 'not-executed']).nullable(),
});

export const optimisationState: z.ZodType<Optimisation> = z.object({
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
  ownerChoice: z.enum(['accept', 'reject', 'reoptimize', 'ignored']).nullable(),
  orders: z.array(plannedOrder),
  startedFrom: z.record(z.string(), storedDecimal).nullable(),
  account: storedText<BrokerAccountId>().nullable(),
  currency: storedText<Currency>().nullable(),
  policy: z
    .object({
      brokerMode: z.enum(['client', 'investsuite']),
      priceDriftLimit: storedDecimal,
      holdingsMoveAt: z.enum(['executed', 'settled']),
      buysWhenSalesFellShort: z.enum(['skip', 'place']),
    })
    .nullable(),
  arrivedLater: storedText<OptimizationId>().nullable(),
  reason: z.string().nullable(),
});
