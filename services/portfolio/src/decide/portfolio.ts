/** The nouns of one portfolio object at InvestSuite, of which we are the only writer of holdings. */
import { z } from 'zod';
import type { Treatment } from '../../../../contracts/internal/portfolio-rules.js';
import type { OwnEvent } from '../../../../contracts/internal/events.js';
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { InstrumentId, PortfolioId } from '../../../../shared/kernel/ids.js';
import type { Currency, DivestAmount } from '../../../../shared/kernel/money.js';
import { storedChange, type Change } from './change.js';
import { storedExchange } from './exchange.js';
import { storedRestoration, type ToLostRequest, type ToPortfolio } from './messages.js';
import { storedDecimal, storedLevel, storedText } from './stored.js';

export type ChangeRequested = { readonly type: 'ChangeRequested'; readonly change: Change };
/** InvestSuite says that the divest amount was set. Evidence only: it may be old, repeated, or our own write coming back. */
export type LevelAnnounced = { readonly type: 'LevelAnnounced'; readonly level: DivestAmount };
export type PortfolioInput = ChangeRequested | LevelAnnounced | ToPortfolio;

export type Holdings = Readonly<Record<InstrumentId, Decimal>>;
const storedHoldings = z.custom<Holdings>((value) => z.record(z.string(), storedDecimal).safeParse(value).success, 'not holdings');

export type PortfolioRead = {
  readonly baseCurrency: Currency;
  /** Whose portfolio it is, by the tenant's rules. */
  readonly treatment: Treatment;
  readonly realMoney: boolean;
  readonly deleted: boolean;
  readonly divestAmount: DivestAmount;
  readonly holdings: Holdings;
  readonly version: number;
  /** The whole `config` as JSON text. */
  readonly configJson: string;
};

/** What is being written, and what it was computed from. */
const storedWriting = z.object({
  changeIds: z.array(storedText()).readonly(),
  levelRead: storedLevel,
  baseCurrency: storedText<Currency>(),
  /** A whole replacement, computed from one read. */
  write: z.object({
    baseVersion: z.number().int(),
    holdingsBefore: storedHoldings,
    holdings: storedHoldings,
    configJson: z.string(),
    /** Null: the level is left out of the write, so no divest request can be erased by it. */
    divestAmount: storedLevel.nullable(),
  }),
});
export type Writing = Readonly<z.infer<typeof storedWriting>>;

export const portfolioState = z.object({
  status: z.enum(['Idle', 'ReadingPortfolio', 'WritingPortfolio', 'AwaitingCounterpart', 'AwaitingLostRequest', 'RestoringLevel']),
  portfolioId: storedText<PortfolioId>(),
  /** Asked for and not written yet, oldest first. */
  pending: z.array(storedChange).readonly(),
  writing: storedWriting.nullable(),
  /** The newest level that was announced while the portfolio was read: it may or may not be in what was read. */
  announcedWhileReading: storedLevel.nullable(),
  /** What was announced since that read, oldest first. */
  announced: z.array(storedLevel).readonly(),
  restoring: storedRestoration.nullable(),
  /** Our messages to `lost-request`. */
  exchange: storedExchange,
  /** Why it waits now, or a note on the last write. */
  reason: z.string().nullable(),
  /** The newest changes that are done; a repeated request for one of them is passed over. */
  done: z.array(storedText()).readonly(),
});
export type PortfolioState = Readonly<z.infer<typeof portfolioState>>;

type Refusal = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'changed-meanwhile';

export type PortfolioEffects = {
  ReadPortfolio: { readonly kind: 'read'; readonly result: PortfolioRead; readonly reason: 'not-found' | 'forbidden' };
  WritePortfolio: { readonly kind: 'by-key'; readonly result: { readonly versionAfter: number }; readonly reason: Refusal };
  RestoreDivestAmount: { readonly kind: 'by-key'; readonly result: { readonly versionAfter: number }; readonly reason: Refusal };
};

export type PortfolioEmits =
  | Extract<OwnEvent, { event: 'portfolio.changed' | 'portfolio.cash-settled' }>
  | { readonly sends: 'lost-request'; readonly subject: string; readonly input: ToLostRequest };
