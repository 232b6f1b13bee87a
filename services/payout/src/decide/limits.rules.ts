/** What stands against a payment, and how a payout reserves and frees what it may use of the tenant's limits. */
import { Bug } from '../../../../shared/kernel/bug.js';
import { compare, plus, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { RefusedBy, Step } from '../../../../shared/kernel/flow.js';
import { finished } from './finished.js';
import type { Exceeded, LimitName, LimitRequest, Limits } from './limits.js';
import type { LimitsPassed, Payout, PayoutEmits, UnpaidEnd } from './payout.js';

type Next = Step<Payout, PayoutEmits>;

/** What the limits have let pass already. `payments`: of the hour that has just gone by. */
export type Used = { readonly ofPortfolioAndDay: Decimal; readonly ofDay: Decimal; readonly payments: number };

const NOTHING = '0' as Decimal;
const ONE = '1' as Decimal;
const count = (payments: number): Decimal => String(payments) as Decimal;

/** Which limits a request would exceed; the same as the function `limits.reserve` of the database says. */
export const exceeded = (
  { amount, currency }: Pick<LimitRequest, 'amount' | 'currency'>,
  { ofPortfolioAndDay, ofDay, payments }: Used,
  { perPayment, perPortfolioAndDay, perDay, paymentsPerHour, currencyWithoutLimit }: Limits,
): readonly Exceeded[] => {
  const judged: readonly (readonly [LimitName, Decimal | undefined, Decimal, Decimal])[] = [
    ['perPayment', perPayment[currency], NOTHING, amount],
    ['perPortfolioAndDay', perPortfolioAndDay[currency], ofPortfolioAndDay, amount],
    ['perDay', perDay[currency], ofDay, amount],
    ['paymentsPerHour', count(paymentsPerHour), count(payments), ONE],
  ];
  return judged.flatMap(([limit, allowed, used, asked]): readonly Exceeded[] => {
    if (allowed === undefined) return currencyWithoutLimit === 'ask' ? [{ limit, allowed: null, used }] : [];
    return compare(plus(used, asked), allowed) > 0 ? [{ limit, allowed, used }] : [];
  });
};

/** For people: each limit with its figure, what is used of it, and what is asked for. */
export const exceededInWords = ({ amount, currency }: Pick<LimitRequest, 'amount' | 'currency'>, over: readonly Exceeded[]): string =>
  over
    .map(({ limit, allowed, used }) => {
      if (allowed === null) return `${limit} has no figure for ${currency}, ${used} used, ${amount} asked`;
      return limit === 'paymentsPerHour'
        ? `${limit} is ${allowed}, ${used} used, 1 asked`
        : `${limit} is ${currency} ${allowed}, ${used} used, ${amount} asked`;
    })
    .join('; ');

/** Reserved: the cash-out is next. Let pass by people: it is reserved once more, this time without being judged, so that it counts. */
export const goOnWithinLimits = (_p: Payout, { passed }: LimitsPassed): Next =>
  passed === null
    ? { to: 'CashingOut', set: { reserved: true, reason: null } }
    : { to: 'ReservingLimits', set: { limitsPassed: passed, reason: null } };

/** Over a limit is an answer: two people let it pass, or refuse the payout. No money has moved, and nothing is reserved. */
export const holdOverLimits = (p: Payout, reason: string, by: RefusedBy): Next =>
  by === 'person'
    ? endUnpaid(p, 'Refused', `over a limit: ${reason}`)
    : {
        hold: `over a limit: ${reason}. "applied": it may be paid, "rejected": the payout is refused`,
        set: { reason: `over a limit: ${reason}` },
      };

/** An end of which it is known that nothing was paid: what was reserved of the limits is free again before anybody hears of it. */
export const endUnpaid = (p: Payout, to: UnpaidEnd, reason: string): Next =>
  p.reserved ? { to: 'FreeingLimits', set: { reason, endsAs: to } } : { to, set: { reason }, emits: [finished(p, 'refused', reason)] };

export const endFreed = (p: Payout): Next => {
  if (p.endsAs === null) throw new Bug('limits of a payout are freed that has no end');
  return { to: p.endsAs, set: { reserved: false, endsAs: null }, emits: [finished(p, 'refused', p.reason)] };
};

/** Nobody refuses this; people who say that it was not done have it done again. */
export const holdFreeing = (_p: Payout, reason: string): Next => ({ hold: `the limits were not freed: ${reason}` });
