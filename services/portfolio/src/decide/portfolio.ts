/** The nouns of one portfolio object at InvestSuite, of which we are the only writer of holdings. */
import { z } from 'zod';
import type { OwnEvent, PortfolioChangeRequested } from '../../../../contracts/internal/events.js';
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { InstrumentId, PortfolioId } from '../../../../shared/kernel/ids.js';
import type { Currency, DivestAmount } from '../../../../shared/kernel/money.js';
import { storedDecimal, storedText } from './stored.js';

/** One change that somebody asked for, without the portfolio's id. */
export type Change = {
  readonly changeId: string;
  readonly because: PortfolioChangeRequested['because'];
  /** Signed; cash as `$CCY`. */
  readonly deltas: readonly { readonly instrument: InstrumentId; readonly quantity: Decimal }[];
  readonly lowerDivestBy: { readonly kind: 'amount'; readonly amount: Decimal } | { readonly kind: 'everything' } | null;
  readonly cashSettled: boolean;
};

export type ChangeRequested = { readonly type: 'ChangeRequested'; readonly change: Change };
/** InvestSuite says that the divest amount was set. Evidence only: it may be old, repeated, or our own write coming back. */
export type WishSeen = { readonly type: 'WishSeen'; readonly level: DivestAmount };
export type PortfolioInput = ChangeRequested | WishSeen;

export type Holdings = Readonly<Record<InstrumentId, Decimal>>;

/** The portfolio as InvestSuite shows it now. */
export type PortfolioRead = {
  readonly baseCurrency: Currency;
  readonly realMoney: boolean;
  readonly deleted: boolean;
  readonly divestAmount: DivestAmount;
  readonly holdings: Holdings;
  readonly version: number;
  /** The whole `config` as JSON text. */
  readonly configJson: string;
};

/** A whole replacement, computed from one read. */
export type PlannedWrite = {
  readonly baseVersion: number;
  readonly holdingsBefore: Holdings;
  readonly holdings: Holdings;
  readonly configJson: string;
  /** Null: the level is left out of the write, so no wish can be erased by it. */
  readonly divestAmount: DivestAmount | null;
};

/** What is being written, and what it was computed from. */
export type Writing = {
  readonly changeIds: readonly string[];
  readonly levelRead: DivestAmount;
  readonly baseCurrency: Currency;
  readonly write: PlannedWrite;
};

export type PortfolioState = {
  readonly status:
    | 'Idle'
    | 'ReadingPortfolio'
    | 'WritingPortfolio'
    | 'AwaitingWish'
    | 'ReadingLevel'
    | 'RestoringWish'
    | 'AwaitingReview'
    | 'AwaitingCounterpart';
  readonly portfolioId: PortfolioId;
  /** Asked for and not written yet, oldest first. */
  readonly pending: readonly Change[];
  readonly writing: Writing | null;
  /** Changes of the write that may have erased a wish: a restored wish is lowered by them again. */
  readonly written: readonly Change[];
  /** The newest level that was announced while the portfolio was read: it may or may not be in what was read. */
  readonly seenWhileReading: DivestAmount | null;
  /** The newest level that was announced after the read, after a gap was explained, or under review. */
  readonly seenSince: DivestAmount | null;
  /** Another level was announced before that one. */
  readonly seenSeveral: boolean;
  /** The wish that we take for the one our write has overwritten. */
  readonly explainedBy: DivestAmount | null;
  /** The level to write back, and the one it stands in for. */
  readonly restoring: { readonly expected: DivestAmount; readonly level: DivestAmount } | null;
  /** The level of our newest write that held one, or that stood when a review began: its announcement comes back to us. */
  readonly levelWritten: DivestAmount | null;
  /** The version that our newest write has made, or a later one where only a read could tell. */
  readonly versionWritten: number | null;
  /** Why a person should look; kept until a new wish is announced. */
  readonly review: string | null;
  /** Why it waits now, or a note on the last write. */
  readonly reason: string | null;
  /** The newest changes that are done; a repeated request for one of them is passed over. */
  readonly done: readonly string[];
};

type Refusal = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'changed-meanwhile';

export type PortfolioEffects = {
  ReadPortfolio: { readonly kind: 'read'; readonly result: PortfolioRead; readonly reason: 'not-found' | 'forbidden' };
  WritePortfolio: { readonly kind: 'by-key'; readonly result: { readonly versionAfter: number }; readonly reason: Refusal };
  RestoreDivestAmount: { readonly kind: 'by-key'; readonly result: { readonly versionAfter: number }; readonly reason: Refusal };
};

export type PortfolioSaid = Extract<OwnEvent, { event: 'portfolio.changed' | 'portfolio.cash-settled' }>;

const level: z.ZodType<DivestAmount> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nothing') }),
  z.object({ kind: z.literal('amount'), amount: storedDecimal }),
  z.object({ kind: z.literal('everything') }),
]);
const change = z.object({
  changeId: storedText(),
  because: z.enum(['withdrawal-paid', 'order-executed', 'order-settled', 'deposit']),
  deltas: z.array(z.object({ instrument: storedText<InstrumentId>(), quantity: storedDecimal })),
  lowerDivestBy: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('amount'), amount: storedDecimal }),
      z.object({ kind: z.literal('everything') }),
    ])
    .nullable(),
  cashSettled: z.boolean(),
});
const holdings = z.custom<Holdings>((value) => z.record(z.string(), storedDecimal).safeParse(value).success, 'not holdings');

export const portfolioState: z.ZodType<PortfolioState> = z.object({
  status: z.enum([
    'Idle',
    'ReadingPortfolio',
    'WritingPortfolio',
    'AwaitingWish',
    'ReadingLevel',
    'RestoringWish',
    'AwaitingReview',
    'AwaitingCounterpart',
  ]),
  portfolioId: storedText<PortfolioId>(),
  pending: z.array(change),
  writing: z
    .object({
      changeIds: z.array(storedText()),
      levelRead: level,
      baseCurrency: storedText<Currency>(),
      write: z.object({
        baseVersion: z.number().int(),
        holdingsBefore: holdings,
        holdings,
        configJson: z.string(),
        divestAmount: level.nullable(),
      }),
    })
    .nullable(),
  written: z.array(change),
  seenWhileReading: level.nullable(),
  seenSince: level.nullable(),
  seenSeveral: z.boolean(),
  explainedBy: level.nullable(),
  restoring: z.object({ expected: level, level }).nullable(),
  levelWritten: level.nullable(),
  versionWritten: z.number().int().nullable(),
  review: z.string().nullable(),
  reason: z.string().nullable(),
  done: z.array(storedText()),
});
