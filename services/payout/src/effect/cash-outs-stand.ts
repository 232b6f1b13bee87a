/**
 * Compares the broker's list of an account's cash-outs with our books, right before money moves: before the cash-out, before its approval,
 * and before the transfer. So it is made again after every wait, restart, replay and word of people.
 *
 * Two installations on one broker account cannot both pay. Each one reads the list, makes its cash-out, and reads the list again. Whichever
 * cash-out the broker took in second was there when its own installation read again, beside the other one: see decision 0021.
 */
import { externalIdOf } from '../../../../shared/facts/withdrawal-booking.js';
import { whatStandsAgainst, type NotSent } from '../../../../shared/facts/fresh-facts.js';
import { compare, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId, PortfolioId } from '../../../../shared/kernel/ids.js';
import { NOT_SENT } from '../../../../shared/kernel/outcome.js';
import { Recent } from '../../../../shared/kernel/recent.js';
import type { BrokerPort, ListedCashOut } from '../../../../shared/ports/broker.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectSending } from '../../../../shared/runtime/engine/definition.js';
import { becauseUnbooked, becauseUnknown, unbookedPayouts, unknownCashOuts, type KnownCashOutsPort } from '../decide/cash-outs.js';

/** Frozen with each request that moves money. */
export type CashOutsAsked = {
  readonly payoutId: string;
  readonly account: string;
  /** Ours, once the broker has taken it in. */
  readonly cashOutId: string | null;
  /** When the payout was opened, in ms since the epoch. */
  readonly openedAtMs: number;
};

/** What is to leave the house account: our own cash-out must have brought at least so much, in major units of `currency`. */
export type ToBePaid = { readonly amount: Decimal; readonly currency: string };

/**
 * Of the tenant. `apartMs`: so long after a payout nothing else leaves for its portfolio: the booking is followed by the lower level.
 * `accounts`: those on which others are known to make cash-outs. They are not compared.
 */
export type CashOutChoices = { readonly lookBackMs: number; readonly apartMs: number; readonly accounts: readonly string[] };

/** Null: our books know every cash-out of the account, and none of them is in the way. */
export type CashOutsStand = (
  asked: CashOutsAsked,
  sending: Pick<EffectSending, 'key' | 'firstSentAtMs' | 'portfolioId' | 'signal'>,
  toBePaid?: ToBePaid,
) => Promise<NotSent>;

const unread = (what: string): NotSent => ({ kind: 'retryable', evidence: `${NOT_SENT}${what}` });

const refused = (why: string): NotSent => ({ kind: 'rejected', reason: `${NOT_SENT}${why}` });

type Looked = { readonly listed: readonly ListedCashOut[]; readonly unknown: readonly ListedCashOut[] } | { readonly notSent: NotSent };
type Sources = {
  readonly broker: Pick<BrokerPort, 'readCashOuts'>;
  readonly investSuite: Pick<InvestSuitePort, 'findTransaction'>;
  readonly known: KnownCashOutsPort;
  readonly nowMs: () => number;
};

/** The money on the house account is the customer's only when our own cash-out has brought it there. */
const notBrought = (listed: readonly ListedCashOut[], cashOutId: string | null, { amount, currency }: ToBePaid): NotSent => {
  if (cashOutId === null) return refused('no cash-out stands behind it');
  const ours = listed.find((one) => one.cashOutId === cashOutId);
  if (ours === undefined) return unread('the broker does not list our own cash-out yet');
  if (ours.status !== 'done') return refused(`the cash-out ${cashOutId} is ${ours.status} at the broker`);
  const { amount: brought } = ours;
  // A broker that shows no amount says nothing against ours: it was created under our key.
  if (brought === null || (brought.currency === currency && compare(brought.amount, amount) >= 0)) return null;
  return refused(`the cash-out ${cashOutId} has brought ${brought.currency} ${brought.amount} only`);
};

const comparison =
  ({ broker, known }: Sources, { lookBackMs, accounts }: CashOutChoices): CashOutsStand =>
  async ({ account, cashOutId, openedAtMs }, { portfolioId, signal }, toBePaid) => {
    if (accounts.includes(account) && toBePaid === undefined) return null;
    const look = async (): Promise<Looked> => {
      const books = await known.of(portfolioId);
      if ('away' in books) return { notSent: unread(books.away) };
      const { keys, named } = books.answer;
      const cashOutIds = cashOutId === null ? books.answer.cashOutIds : [...books.answer.cashOutIds, cashOutId];
      const list = await broker.readCashOuts(account as BrokerAccountId, openedAtMs - lookBackMs, { keys, cashOutIds }, signal);
      if (list.kind === 'rejected') return { notSent: unread('the broker does not know the account') };
      if (list.kind !== 'applied') return { notSent: unread(`the cash-outs of the account could not be read (${list.kind})`) };
      return { listed: list.result, unknown: accounts.includes(account) ? [] : unknownCashOuts(list.result, { cashOutIds, named }) };
    };
    const first = await look();
    // Another payout of ours may have begun between the books and the list. Books that are read after the list know it.
    const seen = 'notSent' in first || first.unknown.length === 0 ? first : await look();
    if ('notSent' in seen) return seen.notSent;
    if (seen.unknown.length > 0) return { kind: 'rejected', reason: becauseUnknown(seen.unknown) };
    if (toBePaid !== undefined) return notBrought(seen.listed, cashOutId, toBePaid);
    // A list that does not show ours yet may lack another one that was made before ours.
    const isComplete = cashOutId === null || seen.listed.some((one) => one.cashOutId === cashOutId);
    return isComplete ? null : unread('the broker does not list our own cash-out yet');
  };

/** What is booked stays booked: it is asked for once. */
const MOST_REMEMBERED = 10_000;

/** The portfolio asks for the same money until its withdrawal is booked and its level lowered: until then a second payout is none. */
const onePayoutAtATime = ({ investSuite, known, nowMs }: Sources, { apartMs }: CashOutChoices): CashOutsStand => {
  const booked = new Recent<true>(MOST_REMEMBERED);
  return async ({ payoutId }, { key, firstSentAtMs, portfolioId, signal }) => {
    const earlier = await known.earlierThan(portfolioId, payoutId);
    if ('away' in earlier) return unread(earlier.away);
    const isBooked = (withdrawalId: string): boolean => booked.get(externalIdOf(portfolioId, withdrawalId)) === true;
    for (const { withdrawalId, isOver } of earlier.answer) {
      if (!isOver || isBooked(withdrawalId)) continue;
      const externalId = externalIdOf(portfolioId, withdrawalId);
      const write = { portfolioId: portfolioId as PortfolioId, externalId, optimizationId: null, movements: [] };
      const { found } = await investSuite.findTransaction(write, { key, firstSentAtMs, signal });
      // Ambiguous: it is there twice, or this InvestSuite shows no transactions. Then the time apart is all there is.
      if (found === 'applied' || found === 'ambiguous') booked.set(externalId, true);
      else if (found !== 'absent') return unread(`the booking of withdrawal ${withdrawalId} could not be read`);
    }
    if (unbookedPayouts(earlier.answer, isBooked, []).length > 0) {
      // Rare: only now it matters what people have named.
      const books = await known.of(portfolioId);
      if ('away' in books) return unread(books.away);
      const unbooked = unbookedPayouts(earlier.answer, isBooked, books.answer.named);
      if (unbooked.length > 0) return { kind: 'rejected', reason: becauseUnbooked(unbooked) };
    }
    const isFresh = earlier.answer.some(({ sinceMs }) => nowMs() - sinceMs < apartMs);
    return isFresh ? unread('the portfolio was paid a moment ago') : null;
  };
};

export const cashOutsStand = (sources: Sources, choices: CashOutChoices): CashOutsStand => {
  const compareWithBooks = comparison(sources, choices);
  const oneAtATime = onePayoutAtATime(sources, choices);
  return async (asked, sending, toBePaid) =>
    whatStandsAgainst(await Promise.all([compareWithBooks(asked, sending, toBePaid), oneAtATime(asked, sending)]));
};

/** A request of a release before does not say what the comparison needs. It is asked anew, with the facts of now. */
export const ASKED_BEFORE: NotSent = refused('it was asked by an earlier release, before such facts were frozen');
