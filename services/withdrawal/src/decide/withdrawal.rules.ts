import { Bug } from '../../../../shared/kernel/bug.js';
import { compare, cutTo, isPositive, isZero, minus, negated, parseDecimal, type Decimal } from '../../../../shared/kernel/decimal.js';
import { ignored, type Opening, type RefusedBy, type Step } from '../../../../shared/kernel/flow.js';
import { cashInstrument } from '../../../../shared/kernel/ids.js';
import { currency, minorDigits, type DivestAmount } from '../../../../shared/kernel/money.js';
import { choices, type WithdrawalFacts } from './withdrawal.policy.js';
import type { CashCheck, PortfolioRead, Withdrawal, WithdrawalInput, WithdrawalEmits } from './withdrawal.js';

type Next = Step<Withdrawal, WithdrawalEmits>;
/** Notes something; never leads away. The only thing allowed while a request that changes something is on its way. */
type Noted = { readonly stay: true; readonly set?: Partial<Omit<Withdrawal, 'status'>> };
type Input<T extends WithdrawalInput['type']> = Extract<WithdrawalInput, { type: T }>;

const known = <T>(value: T | null, what: string): T => {
  if (value === null) throw new Bug(`a withdrawal without ${what}`);
  return value;
};

/** What later effects need of a withdrawal that has come that far. @throws Bug when it has not. */
export const portfolioOf = (w: Withdrawal): NonNullable<Withdrawal['portfolio']> => known(w.portfolio, 'a portfolio that was read');
export const payingOf = (w: Withdrawal): Decimal => known(w.paying, 'an amount');
export const paidAtOf = (w: Withdrawal): string => known(w.paidAt, 'a booking time');

export const open = (input: Input<'DivestAmountUpdated'>, { portfolioId }: WithdrawalFacts): Opening<Withdrawal, WithdrawalEmits> =>
  input.level?.kind === 'nothing'
    ? ignored('nothing is being withdrawn: our own lowering coming back, or a divest request taken back before we saw it')
    : {
        open: {
          status: 'ReadingPortfolio',
          portfolioId,
          portfolio: null,
          asked: null,
          waited: false,
          paying: null,
          paidLess: false,
          paidAt: null,
          arrivedLater: false,
          calledOffLate: null,
          returnedBecause: null,
          reason: null,
        },
      };

const whyRefused = ({ realMoney, deleted, archived, brokerAccount, treatment }: PortfolioRead): string | null => {
  if (treatment.kind === 'ours' && treatment.product === 'self') return 'not a robo portfolio (self)';
  if (!realMoney) return 'not a real money portfolio';
  if (deleted) return 'the portfolio is deleted';
  if (archived) return 'the portfolio is archived';
  return brokerAccount === null ? 'the portfolio has no account at the broker' : null;
};

/** The part of a level that can be paid: cut down to the coin, never up. Null for everything. */
const payableLevel = (asked: DivestAmount, code: string): Decimal | null => {
  switch (asked.kind) {
    case 'everything':
      return null;
    case 'nothing':
      return '0' as Decimal;
    case 'amount':
      return cutTo(asked.amount, minorDigits(currency(code)));
  }
};

export const goOnFromPortfolio = (w: Withdrawal, read: PortfolioRead): Next => {
  const { treatment, level } = read;
  if (treatment.kind === 'theirs')
    return { to: 'NotOurs', set: { asked: level, reason: `InvestSuite talks to its broker (${treatment.rule})` } };
  if (treatment.kind === 'unclear')
    return level.kind === 'nothing'
      ? { to: 'NothingAsked', set: { asked: level, reason: 'no divest amount is set' } }
      : { to: 'AwaitingRule', set: { asked: level, reason: treatment.why } };
  const refusal = whyRefused(read);
  if (refusal !== null || read.brokerAccount === null) return { to: 'Refused', set: { asked: level, reason: refusal } };
  const set = {
    asked: level,
    portfolio: { ownerId: read.ownerId, brokerAccount: read.brokerAccount, currency: read.currency },
  };
  const due = payableLevel(level, read.currency);
  if (due !== null && !isPositive(due)) {
    const reason = level.kind === 'nothing' ? 'no divest amount is set' : 'less than the smallest coin is asked for';
    return w.waited ? { to: 'Cancelled', set: { ...set, reason } } : { to: 'NothingAsked', set: { ...set, reason } };
  }
  // A blocked portfolio is neither optimised nor paid from. It waits where it is seen, and is read again.
  if (!read.active) return { to: 'AwaitingCash', set: { ...set, waited: true, reason: 'the portfolio is blocked at InvestSuite' } };
  return { to: 'CheckingCash', set };
};

const wait = (reason: string): Next => ({ to: 'AwaitingCash', set: { waited: true, reason } });

const pay = (w: Withdrawal, paying: Decimal, reason: string | null, { id }: WithdrawalFacts): Next => {
  const { ownerId, brokerAccount, currency: code } = portfolioOf(w);
  return {
    to: 'Paying',
    set: { paying, reason },
    emits: [
      {
        event: 'payout.requested',
        data: { withdrawalId: id, portfolioId: w.portfolioId, ownerId, brokerAccount, amount: paying, currency: code },
      },
    ],
  };
};

const payEverythingOrWait = (w: Withdrawal, cash: CashCheck, code: string, journey: WithdrawalFacts): Next => {
  if (cash.openOrders > 0) return wait(`everything is asked for: ${cash.openOrders} orders are open`);
  if (cash.positions > 0) return wait(`everything is asked for: ${cash.positions} positions are left to sell`);
  if (!isZero(cash.pendingSettlement)) return wait(`everything is asked for: ${code} ${cash.pendingSettlement} has not settled`);
  if (!isZero(cash.pendingOut)) return wait(`everything is asked for: ${code} ${cash.pendingOut} is already on its way out`);
  const all = cutTo(cash.withdrawable, minorDigits(currency(code)));
  return isPositive(all) ? pay(w, all, null, journey) : wait('everything is asked for and there is no cash');
};

/** All or nothing: never part of a number, never a coin more than is settled, withdrawable and not on its way out. */
export const payOrWait = (w: Withdrawal, cash: CashCheck, journey: WithdrawalFacts): Next => {
  const { currency: code } = portfolioOf(w);
  const asked = known<DivestAmount>(w.asked, 'a level');
  const due = payableLevel(asked, code);
  if (due === null) return payEverythingOrWait(w, cash, code, journey);
  if (!isPositive(due)) throw new Bug('cash was checked for a withdrawal of nothing');
  const available = minus(cash.withdrawable, cash.pendingOut);
  if (compare(available, due) < 0) return wait(`${code} ${due} is asked for, ${code} ${available} can be withdrawn`);
  if (cash.openOrders > 0 && !choices(journey).payWhileOrdersAreOpen)
    return wait(`${cash.openOrders} orders are open that may need the cash`);
  const cut = asked.kind === 'amount' && asked.amount !== due;
  return pay(w, due, cut ? `${asked.amount} is asked for: finer than the coin, cut down` : null, journey);
};

/** Holds while the other side refuses; when a person says it will never be, the withdrawal ends before any payment. */
export const holdOrRefuse =
  (why: string) =>
  (_w: Withdrawal, reason: string, by: RefusedBy): Next =>
    by === 'person'
      ? { to: 'Refused', set: { reason: `${why}: ${reason}` } }
      : { hold: `${why}: ${reason}`, set: { reason: `${why}: ${reason}` } };

/** The amount is fixed. A new divest request is remembered; nothing asked is our own lowering, or a change of mind that comes too late. */
export const rememberRequest = (_w: Withdrawal, input: Input<'DivestAmountUpdated'>): Noted =>
  input.level?.kind === 'nothing' ? { stay: true } : { stay: true, set: { arrivedLater: true } };

/** The bank may send money back before we are through with the booking. */
export const rememberReturn = (_w: Withdrawal, input: Input<'PayoutFinished'>, { id }: WithdrawalFacts): Noted =>
  input.withdrawalId === id && input.outcome === 'returned'
    ? { stay: true, set: { returnedBecause: input.reason ?? 'no reason given' } }
    : { stay: true };

const nextWithdrawal = (w: Withdrawal): readonly WithdrawalEmits[] =>
  w.arrivedLater ? [{ sends: 'withdrawal', subject: w.portfolioId, input: { type: 'DivestAmountUpdated', level: null } }] : [];

export const bookOrRefuse = (w: Withdrawal, input: Input<'PayoutFinished'>, journey: WithdrawalFacts): Next => {
  if (input.withdrawalId !== journey.id) return { stay: true };
  switch (input.outcome) {
    case 'returned':
      return rememberReturn(w, input, journey);
    case 'refused':
      return { to: 'Refused', set: { reason: input.reason ?? 'no reason given' }, emits: nextWithdrawal(w) };
    case 'paid':
      break;
  }
  const { currency: code } = portfolioOf(w);
  // Less, where the customer has lowered the request before the transfer.
  if (compare(input.amount, payingOf(w)) > 0 || !isPositive(input.amount) || input.currency !== code)
    throw new Bug('the payout paid something else than was asked for');
  if (input.paidAt === null) throw new Bug('a payment without a booking time');
  return {
    to: 'RecordingTransaction',
    set: { paying: input.amount, paidLess: compare(input.amount, payingOf(w)) < 0, paidAt: input.paidAt },
  };
};

/** One change per withdrawal, for ever. */
const changeIdOf = ({ id }: WithdrawalFacts): string => `${id}.paid`;

/** Cash leaves the holdings and the level is lowered in one write, so that the optimiser never sees one without the other. */
const askForChange = (w: Withdrawal, journey: WithdrawalFacts): Next => {
  const paid = payingOf(w);
  const cash = cashInstrument(portfolioOf(w).currency);
  return {
    to: 'UpdatingPortfolio',
    emits: [
      {
        event: 'portfolio.change-requested',
        data: {
          changeId: changeIdOf(journey),
          portfolioId: w.portfolioId,
          because: 'withdrawal-paid',
          deltas: [{ instrument: cash, quantity: negated(paid) }],
          lowerDivestBy: w.asked?.kind === 'everything' && !w.paidLess ? { kind: 'everything' } : { kind: 'amount', amount: paid },
          cashSettled: false,
        },
      },
    ],
  };
};

export const updatePortfolio = (w: Withdrawal, _booked: unknown, journey: WithdrawalFacts): Next => askForChange(w, journey);

/** The money has left: when people say that the booking is done by hand, the holdings must still follow. */
export const holdOrUpdatePortfolio = (w: Withdrawal, reason: string, by: RefusedBy, journey: WithdrawalFacts): Next =>
  by === 'person'
    ? askForChange(w, journey)
    : { hold: `paid but not recorded: ${reason}`, set: { reason: `paid but not recorded: ${reason}` } };

const somethingLeft = (left: string | null): boolean => {
  if (left === null) return false;
  if (left === 'everything') return true;
  const level = parseDecimal(left);
  if (level === null) throw new Bug('a divest amount that is no number');
  return isPositive(level);
};

/** The level right before our write, where it was less than what we had paid by then. Null otherwise: an earlier release does not say. */
const calledOffLate = (w: Withdrawal, before: string | null): string | null => {
  if (before === null || before === 'everything') return null;
  const level = parseDecimal(before);
  if (level === null) throw new Bug('a divest amount that is no number');
  const isTooLow = w.asked?.kind === 'everything' && !w.paidLess ? isZero(level) : compare(level, payingOf(w)) < 0;
  return isTooLow ? before : null;
};

export const announceWhenOurs = (w: Withdrawal, input: Input<'PortfolioChanged'>, journey: WithdrawalFacts): Next =>
  input.changeId === changeIdOf(journey)
    ? {
        to: 'Announcing',
        set: {
          arrivedLater: w.arrivedLater || somethingLeft(input.divestAmountLeft),
          calledOffLate: calledOffLate(w, input.divestAmountBefore),
          reason: null,
        },
      }
    : { stay: true };

const RETURNED = 'the bank sent the payment back';

/** It is paid and booked. That the customer had called it off by then is for people to see. */
export const finish = (w: Withdrawal): Next =>
  w.calledOffLate === null
    ? end(w)
    : {
        to: 'CalledOffTooLate',
        set: {
          reason: `paid ${portfolioOf(w).currency} ${payingOf(w)}, and only ${w.calledOffLate} was asked for any more when it was booked`,
        },
      };

export const holdCalledOffLate = (w: Withdrawal, _reason: string, by: RefusedBy): Next =>
  by === 'person' ? end(w) : { hold: `${w.reason ?? ''}; "applied": seen, and settled with the customer` };

/** Its last step, once everything about the payment is told. */
export const end = (w: Withdrawal): Next =>
  w.returnedBecause === null
    ? { to: 'Completed', set: { reason: null }, emits: nextWithdrawal(w) }
    : { to: 'Returned', set: { reason: `${RETURNED}: ${w.returnedBecause}` }, emits: nextWithdrawal(w) };

/** Announcing is best effort once all is booked: people may end it. */
export const holdOrFinish = (w: Withdrawal, reason: string, by: RefusedBy): Next =>
  by === 'person' ? finish(w) : { hold: `paid but not announced: ${reason}`, set: { reason: `paid but not announced: ${reason}` } };

export const seeReturn = (_w: Withdrawal, input: Input<'PayoutFinished'>, { id }: WithdrawalFacts): Next =>
  input.withdrawalId === id && input.outcome === 'returned'
    ? { to: 'Returned', set: { returnedBecause: input.reason, reason: `${RETURNED}: ${input.reason ?? 'no reason given'}` } }
    : { stay: true };

/** Money at stake, for people: what is paid, else the number asked for. Null for everything, or before the first read. */
export const shownMoney = (w: Withdrawal): { readonly amount: Decimal; readonly currency: string } | null => {
  const amount = w.paying ?? (w.asked?.kind === 'amount' ? w.asked.amount : null);
  return amount === null || w.portfolio === null ? null : { amount, currency: w.portfolio.currency };
};
