/**
 * What the two journeys of one portfolio send each other.
 *
 * `portfolio` sends one message at a time, and waits for its answer before the next one. It counts its messages for ever, and every
 * answer says which message was the newest that `lost-request` had handled. So neither flow relies on the order in which messages
 * are handled: after a broken connection to the database, a message may be handled after a later one.
 */
import { z } from 'zod';
import type { Currency, DivestAmount } from '../../../../shared/kernel/money.js';
import { storedChange } from './change.js';
import { storedLevel, storedText } from './stored.js';

/** Our write found that somebody else had written since our read. It may have overwritten a divest request that we have not seen. */
export const storedGap = z.object({
  levelRead: storedLevel,
  levelWritten: storedLevel,
  baseCurrency: storedText<Currency>(),
  /** The changes of that write. A level that is restored is lowered by them again. */
  written: z.array(storedChange).readonly(),
  /** The version that our write has made, or a later one where only a read could tell; null where nobody knows. */
  versionWritten: z.number().int().nullable(),
});
export type Gap = Readonly<z.infer<typeof storedGap>>;

/** The level to write back, and the one it replaces. */
export const storedRestoration = z.object({ expected: storedLevel, level: storedLevel });
export type Restoration = Readonly<z.infer<typeof storedRestoration>>;

type Numbered = { readonly number: number };

export type GapFound = Numbered & {
  readonly type: 'GapFound';
  readonly gap: Gap;
  /** How many versions of other writers lie between our read and our write. */
  readonly others: number;
  /** Announced after the portfolio was read, oldest first. */
  readonly announced: readonly DivestAmount[];
  /** Announced while the portfolio was read: the level may or may not be in what was read. */
  readonly announcedWhileReading: DivestAmount | null;
  /** A review of the first release that `lost-request` does not know of yet. */
  readonly review: string | null;
};
/** InvestSuite has announced a level while a lost request is open. */
export type LevelForwarded = Numbered & {
  readonly type: 'LevelForwarded';
  readonly level: DivestAmount;
  /** The level of our newest write since the gap; null where none was written. */
  readonly levelWritten: DivestAmount | null;
};
export type LevelRestored = Numbered & { readonly type: 'LevelRestored'; readonly versionAfter: number };
/** Another level was set since, or a person says that the level was not written. */
export type LevelNotRestored = Numbered & { readonly type: 'LevelNotRestored' };

/** A lost request of the first release, which had no flow of its own for it: where that stood, and what was known. */
export const storedHandOver = z.object({
  type: z.literal('HandedOver'),
  number: z.number().int(),
  status: z.enum(['AwaitingAnnouncement', 'ReadingLevel', 'Restoring', 'AwaitingReview']),
  gap: storedGap.nullable(),
  announced: z.array(storedLevel).readonly(),
  explainedBy: storedLevel.nullable(),
  restoring: storedRestoration.nullable(),
  ours: storedLevel,
  review: z.string().nullable(),
  reason: z.string().nullable(),
  /** In `Restoring`: how that ended. */
  outcome: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('LevelRestored'), versionAfter: z.number().int() }),
      z.object({ type: z.literal('LevelNotRestored') }),
    ])
    .nullable(),
});
export type HandedOver = Readonly<z.infer<typeof storedHandOver>>;

export type ToLostRequest = GapFound | LevelForwarded | LevelRestored | LevelNotRestored | HandedOver;

/** `handled`: the newest message of `portfolio` that was known when this was decided. */
type Answering = { readonly handled: number };

/** It is being found out. The portfolio waits, and may send its next message. */
export type BeingFoundOut = Answering & { readonly type: 'BeingFoundOut' };
/** The level is to be written, but only while `expected` stands there. */
export type RestoreRequested = Answering & Restoration & { readonly type: 'RestoreRequested' };
/** People look at it, and the portfolio need not wait for them. */
export type ReviewGoesOn = Answering & { readonly type: 'ReviewGoesOn' };
export type LostRequestEnded = Answering & { readonly type: 'LostRequestEnded'; readonly note: string | null };

export type ToPortfolio = BeingFoundOut | RestoreRequested | ReviewGoesOn | LostRequestEnded;
