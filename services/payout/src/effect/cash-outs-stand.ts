/**
 * Compares the broker's list of an account's cash-outs with our books, right before money moves: before the cash-out, before its approval,
 * and before the transfer. So it is made again after every wait, restart, replay and word of people.
 *
 * Two installations on one broker account cannot both pay. Each one reads the list, makes its cash-out, and reads the list again. Whichever
 * cash-out the broker took in second was there when its own installation read again, beside the other one: see decision 0021.
 */
import type { NotSent } from '../../../../shared/facts/fresh-facts.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import { NOT_SENT } from '../../../../shared/kernel/outcome.js';
import type { BrokerPort, ListedCashOut } from '../../../../shared/ports/broker.js';
import type { EffectSending } from '../../../../shared/runtime/engine/definition.js';
import { becauseUnknown, unknownCashOuts, type KnownCashOutsPort } from '../decide/cash-outs.js';

/** Frozen with each request that moves money. */
export type CashOutsAsked = {
  readonly account: string;
  /** Ours, once the broker has taken it in. */
  readonly cashOutId: string | null;
  /** When the payout was opened, in ms since the epoch. */
  readonly openedAtMs: number;
};

/** Of the tenant. `accounts`: those on which others are known to make cash-outs. They are not compared. */
export type CashOutChoices = { readonly lookBackMs: number; readonly accounts: readonly string[] };

/** Null: our books know every cash-out of the account, and none of them is in the way. */
export type CashOutsStand = (asked: CashOutsAsked, sending: Pick<EffectSending, 'portfolioId' | 'signal'>) => Promise<NotSent>;

const unread = (what: string): NotSent => ({ kind: 'retryable', evidence: `${NOT_SENT}${what}` });

type Looked = { readonly listed: readonly ListedCashOut[]; readonly unknown: readonly ListedCashOut[] } | { readonly notSent: NotSent };

export const cashOutsStand =
  (broker: Pick<BrokerPort, 'readCashOuts'>, known: KnownCashOutsPort, { lookBackMs, accounts }: CashOutChoices): CashOutsStand =>
  async ({ account, cashOutId, openedAtMs }, { portfolioId, signal }) => {
    if (accounts.includes(account)) return null;
    const look = async (): Promise<Looked> => {
      const books = await known.of(portfolioId);
      if ('away' in books) return { notSent: unread(books.away) };
      const { keys, named } = books.answer;
      const cashOutIds = cashOutId === null ? books.answer.cashOutIds : [...books.answer.cashOutIds, cashOutId];
      const list = await broker.readCashOuts(account as BrokerAccountId, openedAtMs - lookBackMs, { keys, cashOutIds }, signal);
      if (list.kind === 'rejected') return { notSent: unread('the broker does not know the account') };
      if (list.kind !== 'applied') return { notSent: unread(`the cash-outs of the account could not be read (${list.kind})`) };
      return { listed: list.result, unknown: unknownCashOuts(list.result, { cashOutIds, named }) };
    };
    const first = await look();
    // Another payout of ours may have begun between the books and the list. Books that are read after the list know it.
    const seen = 'notSent' in first || first.unknown.length === 0 ? first : await look();
    if ('notSent' in seen) return seen.notSent;
    if (seen.unknown.length > 0) return { kind: 'rejected', reason: becauseUnknown(seen.unknown) };
    // A list that does not show ours yet may lack another one that was made before ours.
    const isComplete = cashOutId === null || seen.listed.some((one) => one.cashOutId === cashOutId);
    return isComplete ? null : unread('the broker does not list our own cash-out yet');
  };
