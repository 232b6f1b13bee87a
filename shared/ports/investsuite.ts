/** What we ask of InvestSuite, in our words. */
import type { Decimal } from '../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, OptimizationId, PortfolioId, UserId } from '../kernel/ids.js';
import type { Currency, DivestAmount, Money } from '../kernel/money.js';
import type { Inquiry, OperationAbility, Outcome, Sending } from '../kernel/outcome.js';

export type ManagedBy = 'robo-advisory' | 'robo-discretionary' | 'self' | 'unknown';

export type Portfolio = {
  readonly id: PortfolioId;
  readonly externalId: string | null;
  readonly ownerId: UserId;
  readonly baseCurrency: Currency;
  readonly realMoney: boolean;
  readonly manager: ManagedBy;
  /** Which broker InvestSuite integrates for it; null where it shows none. */
  readonly brokerProvider: string | null;
  /** False: blocked; a robo portfolio is not optimised then. */
  readonly active: boolean;
  readonly archived: boolean;
  readonly deleted: boolean;
  readonly status: string;
  readonly brokerAccount: BrokerAccountId | null;
  readonly divestAmount: DivestAmount;
  /** Whole map, cash as `$CCY`. */
  readonly holdings: Readonly<Record<InstrumentId, Decimal>>;
  readonly version: number;
  /** The `config` object as JSON text, numbers as they were written, to be sent back whole. */
  readonly configJson: string;
};

export type User = {
  readonly id: UserId;
  readonly externalId: string | null;
  readonly counterAccount: { readonly iban: string; readonly bic: string | null } | null;
};

export type OptimizationOrder = {
  readonly instrument: InstrumentId;
  /** Positive buys, negative sells. */
  readonly units: Decimal;
  /** Money instead of units, with sign, where the order says so (decide per order, never per tenant). */
  readonly amount: Decimal | null;
  readonly expectedPrice: Decimal | null;
};

export type Optimization = {
  readonly id: OptimizationId;
  readonly createdAt: string;
  readonly recommended: boolean;
  readonly ownerChoice: 'accept' | 'reject' | 'reoptimize' | 'ignored' | null;
  readonly orders: readonly OptimizationOrder[];
  /** Holdings the optimisation started from, where given. */
  readonly startedFrom: Readonly<Record<InstrumentId, Decimal>> | null;
};

/** A whole replacement of the two parts of a portfolio that are ours to write. */
export type PortfolioWrite = {
  readonly portfolioId: PortfolioId;
  /** The version the write was computed from. */
  readonly baseVersion: number;
  /** Holdings before and after, whole maps. */
  readonly holdingsBefore: Readonly<Record<InstrumentId, Decimal>>;
  readonly holdings: Readonly<Record<InstrumentId, Decimal>>;
  /** The whole config of the base version. */
  readonly configJson: string;
  /** The level to write into it, or null to leave the level out of the write (holdings only). */
  readonly divestAmount: DivestAmount | null;
};

/** `versionAfter` is more than one above the base when somebody else wrote in between, or may have, where only a later read can tell. */
export type PortfolioWritten = { readonly versionAfter: number };

export type MovementType = 'CASH_DEPOSIT' | 'CASH_WITHDRAWAL' | 'BUY' | 'SELL' | 'TRANSACTION_FEE' | 'OTHER_TAX';
export type MovementStatus = 'PLACED' | 'EXECUTED' | 'SETTLED' | 'CANCELLED' | 'EXPIRED' | 'NOT_EXECUTED';

export type Movement = {
  readonly type: MovementType;
  readonly status: MovementStatus;
  /** ISO 8601 UTC; identical in all movements of one fill. */
  readonly datetime: string;
  readonly instrument: InstrumentId;
  /** Signed: positive adds to the portfolio. */
  readonly quantity: Decimal;
  readonly unitPrice: Decimal | null;
  readonly unitPriceCurrency: Currency | null;
  readonly externalId: string | null;
  readonly referenceExternalId: string | null;
  readonly description: string | null;
};

export type TransactionWrite = {
  readonly portfolioId: PortfolioId;
  /** At most 64 characters; ours, derived. */
  readonly externalId: string;
  readonly optimizationId: OptimizationId | null;
  /** Always the complete list: an update replaces it. */
  readonly movements: readonly Movement[];
};

export type InvestSuiteRefusal = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'changed-meanwhile';

export type InvestSuitePort = {
  readonly abilities: {
    readonly createTransaction: OperationAbility;
    readonly replaceTransaction: OperationAbility;
    readonly writePortfolio: OperationAbility;
    readonly announceWithdrawal: OperationAbility;
  };
  readPortfolio(id: PortfolioId, signal: AbortSignal): Promise<Outcome<Portfolio, 'not-found' | 'forbidden'>>;
  readUser(id: UserId, signal: AbortSignal): Promise<Outcome<User, 'not-found' | 'forbidden'>>;
  /** `accepted` while the optimiser still computes (202). */
  readOptimization(portfolioId: PortfolioId, signal: AbortSignal): Promise<Outcome<Optimization, 'not-found' | 'forbidden'>>;
  /** Ids of every portfolio with an open divest amount, all pages. */
  readPendingWithdrawals(signal: AbortSignal): Promise<Outcome<readonly PortfolioId[], 'forbidden'>>;

  createTransaction(write: TransactionWrite, sending: Sending): Promise<Outcome<{ readonly transactionId: string }, InvestSuiteRefusal>>;
  /** Looks for a transaction of the portfolio by our external id. */
  findTransaction(write: TransactionWrite, sending: Sending): Promise<Inquiry<{ readonly transactionId: string }, InvestSuiteRefusal>>;
  /** Replaces all movements; repeating it changes nothing. */
  replaceTransaction(transactionId: string, write: TransactionWrite, sending: Sending): Promise<Outcome<null, InvestSuiteRefusal>>;

  /**
   * Reads the version and, when it is still the base, sends one PATCH with the whole holdings and the whole config.
   * `rejected('changed-meanwhile')` when the version moved on before anything was sent.
   */
  writePortfolio(write: PortfolioWrite, sending: Sending): Promise<Outcome<PortfolioWritten, InvestSuiteRefusal>>;
  /** Says from a fresh read whether an earlier writePortfolio took effect: we are the only writer of holdings. */
  findPortfolioWrite(write: PortfolioWrite, sending: Sending): Promise<Inquiry<PortfolioWritten, InvestSuiteRefusal>>;
  /** Writes only a divest amount into the whole, freshly read config: to restore a divest request, or to ask for a customer. */
  writeDivestAmount(
    portfolioId: PortfolioId,
    expected: DivestAmount,
    level: DivestAmount,
    sending: Sending,
  ): Promise<Outcome<PortfolioWritten, InvestSuiteRefusal>>;

  /** `POST /events/withdraw/`: says that the payment has been made. By key. */
  announceWithdrawal(portfolioId: PortfolioId, amount: Money, sending: Sending): Promise<Outcome<null, InvestSuiteRefusal>>;
};
