/** Cash-outs that the broker shows and our books do not know: somebody else moves the customer's cash, or our books have forgotten. */
import { NOT_SENT, type NotSent } from '../../../../shared/kernel/outcome.js';
import type { OwnTablesAnswer } from './own-tables.js';
import type { Money } from '../../../../shared/kernel/money.js';

/** What our own tables know of the cash-outs of one portfolio. */
export type KnownCashOuts = {
  /** That ours were sent under. */
  readonly keys: readonly string[];
  /** The broker's ids of ours. */
  readonly cashOutIds: readonly string[];
  /** What people wrote down whenever they had a request of such a payout sent again. A cash-out that they name there is known to them. */
  readonly named: readonly string[];
};

/** Another payout of the portfolio that was opened earlier, and has not ended unpaid. */
export type EarlierPayout = {
  readonly withdrawalId: string;
  readonly isOver: boolean;
  /** Since when it stands where it stands, in ms since the epoch. */
  readonly sinceMs: number;
};

/** Read each time that it is asked. */
export type KnownCashOutsPort = {
  readonly of: (portfolioId: string) => Promise<OwnTablesAnswer<KnownCashOuts>>;
  /** Of the last months. */
  readonly earlierThan: (portfolioId: string, payoutId: string) => Promise<OwnTablesAnswer<readonly EarlierPayout[]>>;
};

/** A cash-out as the broker lists it, whoever has made it. `key`: which of our keys it carries. */
type Listed = {
  readonly cashOutId: string;
  readonly status: string;
  readonly amount: Money | null;
  readonly createdAt: string | null;
  readonly key: string | null;
};

const UNKNOWN = 'the broker shows a cash-out that our books do not know';
const UNBOOKED = 'an earlier payout of the portfolio is not booked';
/** More than these would not fit into what people read. */
const MOST_IN_WORDS = 3;

/** Ids hold letters, digits, and marks such as `-` and `.`; whatever stands between them in a sentence does not belong to one. */
const isNamedIn = (text: string, cashOutId: string): boolean => text.split(/[\s,;:()"']+/).includes(cashOutId);

/** One that has failed has taken nothing. One that came back may have been paid out before, so it counts. */
export const unknownCashOuts = <L extends Listed>(
  listed: readonly L[],
  { cashOutIds, named }: Pick<KnownCashOuts, 'cashOutIds' | 'named'>,
): readonly L[] =>
  listed.filter(
    ({ cashOutId, key, status }) =>
      key === null && status !== 'failed' && !cashOutIds.includes(cashOutId) && !named.some((text) => isNamedIn(text, cashOutId)),
  );

const inWords = ({ cashOutId, amount, createdAt, status }: Listed): string =>
  `${cashOutId} of ${amount === null ? 'an amount that it does not show' : `${amount.currency} ${amount.amount}`}, ${status}, made ${createdAt ?? 'at a time that it does not show'}`;

/** Why nothing is sent while these are not known. The oldest come first, the same ones at every look. */
export const becauseUnknown = (unknown: readonly Listed[]): NotSent => {
  const inOrder = [...unknown].sort((a, b) => ((a.createdAt ?? '') + a.cashOutId < (b.createdAt ?? '') + b.cashOutId ? -1 : 1));
  const more = unknown.length - MOST_IN_WORDS;
  return `${NOT_SENT}${UNKNOWN}: ${inOrder.slice(0, MOST_IN_WORDS).map(inWords).join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}`;
};

/**
 * The portfolio asks for one amount until its withdrawal is booked. Whoever asks for a second payout meanwhile asks for the same money.
 * `named`: people have said that they know this withdrawal.
 */
export const unbookedPayouts = (
  earlier: readonly EarlierPayout[],
  isBooked: (withdrawalId: string) => boolean,
  named: readonly string[],
): readonly string[] =>
  earlier
    .filter(({ withdrawalId, isOver }) => !isOver || !isBooked(withdrawalId))
    .map(({ withdrawalId }) => withdrawalId)
    .filter((withdrawalId) => !named.some((text) => isNamedIn(text, withdrawalId)))
    .sort();

export const becauseUnbooked = (withdrawalIds: readonly string[]): NotSent =>
  `${NOT_SENT}${UNBOOKED}: withdrawal ${withdrawalIds.slice(0, MOST_IN_WORDS).join(', ')}`;

/** True of a refusal that says one of the two; its facts are in it. */
export const isBecauseUnknown = (reason: string): boolean => [UNKNOWN, UNBOOKED].some((words) => reason.startsWith(`${NOT_SENT}${words}`));

/** For people: the facts, and what each of their words does. `orElse`: what becomes of the payout when they say `rejected`. */
export const askAboutUnknown = (reason: string, orElse: string): string =>
  `${reason.slice(NOT_SENT.length)}. "send-again", with its id in the evidence: it is known, and the payout goes on; "rejected": ${orElse}`;
