import { Bug } from '../../../../shared/kernel/bug.js';
import { portfolioChanged, type PortfolioDecided } from '../../../../contracts/internal/standing.js';
import { compare, cutTo, isPositive, minus } from '../../../../shared/kernel/decimal.js';
import { impossible, type Opening, type RefusedBy, type Step } from '../../../../shared/kernel/flow.js';
import { currency, isPayable, minorDigits } from '../../../../shared/kernel/money.js';
import { askAboutUnknown, isBecauseUnknown } from './cash-outs.js';
import { finished } from './finished.js';
import { endUnpaid } from './limits.rules.js';
import { NOT_SENT, refusedBy } from '../../../../shared/kernel/outcome.js';
import { choices, type PayoutFacts } from './payout.policy.js';
import type {
  CashOutSeen,
  CounterAccountRead,
  OwnerRead,
  PaidTransfer,
  Payout,
  PayoutInput,
  PayoutEmits,
  RequestRead,
  WithdrawableRead,
  TransferReturn,
} from './payout.js';

type Next = Step<Payout, PayoutEmits>;
type Input<T extends PayoutInput['type']> = Extract<PayoutInput, { type: T }>;

const known = <T>(value: T | null, what: string): T => {
  if (value === null) throw new Bug(`a payout without ${what}`);
  return value;
};

/** What later effects need of a payout that has come that far. @throws Bug when it has not. */
export const ownerOf = (p: Payout): NonNullable<Payout['owner']> => known(p.owner, 'an owner who was read');
export const counterAccountOf = (p: Payout): NonNullable<Payout['counterAccount']> => known(p.counterAccount, 'a checked account');
export const cashOutIdOf = (p: Payout): string => known(p.cashOutId, 'a cash-out');

/** An end before any money has moved. */
const refuse = (p: Payout, reason: string): Next => endUnpaid(p, 'Refused', reason);

const holdFor = (reason: string): Next => ({ hold: reason, set: { reason } });

export const open = (input: Input<'PayoutRequested'>): Opening<Payout, PayoutEmits> => {
  const { withdrawalId, portfolioId, ownerId, brokerAccount, amount } = input;
  if (!isPositive(amount)) return impossible('a payout of nothing, or of less');
  if (!isPayable({ amount, currency: currency(input.currency) })) return impossible('finer than the smallest coin');
  return {
    open: {
      status: 'ReadingOwner',
      withdrawalId,
      portfolioId,
      ownerId,
      brokerAccount,
      amount,
      currency: input.currency,
      owner: null,
      counterAccount: null,
      cashOutId: null,
      approved: false,
      payment: null,
      suspense: null,
      returnedBecause: null,
      paying: amount,
      reserved: false,
      limitsPassed: null,
      endsAs: null,
      reason: null,
    },
  };
};

/** Holds while the other side does not answer as it should; people may end it. Only where no money has moved. */
export const holdOrRefuse =
  (why: string) =>
  (p: Payout, reason: string, by: RefusedBy): Next =>
    by === 'person' ? refuse(p, `${why}: ${reason}`) : holdFor(`${why}: ${reason}`);

export const lookAgain = (): Next => ({ to: 'ReadingOwner' });

/** What the payout rests on; what leaves is compared with it again right before. `asked`: the least that must be asked for still. */
export const decidedOf = (p: Payout, asked: PortfolioDecided['asked']): PortfolioDecided => ({
  ownerId: p.ownerId,
  brokerAccount: p.brokerAccount,
  currency: p.currency,
  asked,
});

/** The message only says where to look: whom and what is paid, the portfolio says. */
export const goOnFromOwner = (p: Payout, { externalId, shownIban, portfolio }: OwnerRead): Next => {
  const changed = portfolioChanged(decidedOf(p, p.amount), portfolio);
  if (changed !== null) return refuse(p, changed.reason);
  return externalId === null
    ? refuse(p, 'the owner has no customer number of the bank')
    : { to: 'CheckingCounterAccount', set: { owner: { externalId, shownIban } } };
};

const whyItCoolsOff = ({ changedAtUnclear }: CounterAccountRead): string =>
  changedAtUnclear === undefined
    ? 'the counter account was changed a short time ago'
    : `the counter account counts as changed now: the bank's date of the last change ${changedAtUnclear}`;

/**
 * The bank is master of the counter account. A definite fault refuses. Another account than the customer sees does not, nor
 * one that was changed a moment ago. It may be right, and it may be theft.
 */
export const checkCounterAccount = (p: Payout, read: CounterAccountRead, journey: PayoutFacts): Next => {
  const { account } = read;
  const { shownIban } = ownerOf(p);
  const { onMismatch, coolOffMs } = choices(journey);
  if (!read.customerActive) return refuse(p, 'the customer is not active at the bank');
  if (account === null) return refuse(p, 'the customer has no counter account');
  if (!read.ibanWellFormed) return refuse(p, 'the counter account is not an IBAN');
  // After the cash-out the same refusal would leave the customer's cash on the house account.
  if (read.notPayable !== undefined) return refuse(p, read.notPayable);
  if (shownIban !== null && shownIban !== account.iban && onMismatch === 'hold')
    return holdFor('the counter account at the bank is not the one InvestSuite shows');
  if (read.changedMsAgo !== null && read.changedMsAgo < coolOffMs) return { to: 'CoolingOff', set: { reason: whyItCoolsOff(read) } };
  return { to: 'ReservingLimits', set: { counterAccount: account, reason: null } };
};

/** As it is shown, where that is not what was asked for. What the broker leaves out says nothing: ours was created under our key. */
const otherMoney = (p: Payout, { amount, currency: code }: CashOutSeen): string | null =>
  (amount === null || compare(amount, p.amount) === 0) && (code === null || code === p.currency) ? null : `${code ?? ''} ${amount ?? ''}`;

/**
 * Created is not done: only the broker's own end lets the transfer begin. Another amount is for people; after a request that
 * has happened it is read first, for only a question can be held.
 */
export const followCashOut = (p: Payout, seen: CashOutSeen): Next => {
  const set = { cashOutId: seen.cashOutId, reason: null };
  const other = otherMoney(p, seen);
  if (other !== null && p.status !== 'ConfirmingCashOut') return { to: 'ConfirmingCashOut', set };
  if (other !== null) return holdFor(`the broker shows a cash-out of ${other}, not ${p.currency} ${p.amount}`);
  switch (seen.status) {
    case 'done':
      return { to: 'Transferring', set };
    case 'pending':
      return { to: 'ConfirmingCashOut', set };
    case 'needs-approval':
      return p.approved ? { to: 'ConfirmingCashOut', set } : { to: 'ApprovingCashOut', set };
    case 'failed':
    case 'returned':
      return refuse(p, `the cash-out ${seen.cashOutId} is ${seen.status} at the broker`);
  }
};

/** A refusal of the broker ends it. A cash-out that our books do not know may be this very payment, made by somebody else: people find out. */
export const refuseCashOut = (p: Payout, reason: string, by: RefusedBy): Next =>
  by === 'other-side' && isBecauseUnknown(reason)
    ? holdFor(askAboutUnknown(reason, 'the payout is refused'))
    : refuse(p, refusedBy('the broker refused the cash-out', reason));

export const followApproval = (p: Payout, seen: CashOutSeen): Next => {
  const next = followCashOut({ ...p, approved: true }, seen);
  return { ...next, set: { ...next.set, approved: true } };
};

/**
 * The broker has taken the cash-out in, so its cash may be on the house account, or get there yet. People's word that nothing
 * comes of it does not let the withdrawal go: the next one would take the cash a second time. They are asked what became of it.
 */
const suspendCashOut = (p: Payout, reason: string): Next => ({
  to: 'EnteringSuspense',
  set: { reason: `the cash-out ${cashOutIdOf(p)} was created: ${reason}` },
});

/** A cash-out that we may not approve is still there, and somebody else may approve it: only its end lets go. */
export const holdOrEndApproval = (p: Payout, reason: string, by: RefusedBy): Next => {
  if (by === 'person') return suspendCashOut(p, reason);
  if (isBecauseUnknown(reason))
    return holdFor(`cash-out not approved: ${askAboutUnknown(reason, 'the cash-out was called off at the broker')}`);
  return reason === 'failed' || reason === 'returned'
    ? refuse(p, `the cash-out was not approved: ${reason}`)
    : holdFor(`the cash-out could not be approved: ${reason}`);
};

/** A cash-out that the broker has taken in and does not know any more. */
export const holdOrSuspendCashOut = (p: Payout, reason: string, by: RefusedBy): Next =>
  by === 'person' ? suspendCashOut(p, reason) : holdFor(`the broker does not know its cash-out: ${reason}`);

const inWords = (back: TransferReturn): string =>
  `${back.reason}, ${back.currency ?? ''} ${back.amount}, ${back.reference}`.replace('  ', ' ');

const giveToOperator = (p: Payout, because: string, said: readonly PayoutEmits[]): Next => ({
  to: 'Returned',
  set: { payment: p.payment, returnedBecause: because, reason: `the bank sent the payment back: ${because}` },
  emits: [...said, finished(p, 'returned', because)],
});

/** What of the cash-out is not transferred: the customer has lowered the request meanwhile. */
export const restOf = ({ amount, paying }: Payout): Payout['amount'] => minus(amount, paying);

/** Told at once: whoever books the payment does not wait for the rest. */
export const finishPaid = (p: Payout, paid: PaidTransfer): Next => {
  const done: Payout = { ...p, payment: { paymentId: paid.paymentId, endToEndId: paid.endToEndId, paidAt: paid.paidAt } };
  const because = paid.returned === null ? p.returnedBecause : inWords(paid.returned);
  const said = finished(done, 'paid', null);
  if (isPositive(restOf(p)))
    return {
      to: 'RestInSuspense',
      set: { payment: done.payment, returnedBecause: because, reason: `${p.currency} ${restOf(p)} of the cash-out was not transferred` },
      emits: [said],
    };
  return because === null
    ? { to: 'Paid', set: { payment: done.payment, reason: null }, emits: [said] }
    : giveToOperator(done, because, [said]);
};

/** Only people can move it; they say when they have. */
export const holdRest = (p: Payout): Next => ({
  hold: `${p.currency} ${restOf(p)} is on the house account; "applied": it is on the broker account again`,
});

export const restMovedBack = (p: Payout): Next =>
  p.returnedBecause === null ? { to: 'Paid', set: { reason: null } } : giveToOperator(p, p.returnedBecause, []);

/**
 * The customer's cash is on the house account. A machine does not decide what becomes of it. The payout stays
 * open until people have said two things: this transfer will never be made, and what was done instead.
 */
export const holdOrSuspend = (p: Payout, reason: string, by: RefusedBy): Next => {
  if (by !== 'person' && isBecauseUnknown(reason))
    return holdFor(`cash-out done, no transfer yet: ${askAboutUnknown(reason, 'no transfer will be made')}`);
  if (by !== 'person') return holdFor(`cash-out done but ${refusedBy('the bank refused', reason)}`);
  const cameBack = p.returnedBecause === null ? '' : `; the bank had said that it came back: ${p.returnedBecause}`;
  return {
    to: 'EnteringSuspense',
    set: { paying: p.amount, returnedBecause: null, reason: `cash-out done, no transfer: ${reason}${cameBack}` },
  };
};

/** Not sent, for good: the portfolio is read once more, to see whether a smaller amount is asked for, or nothing. */
export const readAgainOrHold = (p: Payout, reason: string, by: RefusedBy): Next =>
  by === 'other-side' && reason.startsWith(NOT_SENT) && !isBecauseUnknown(reason)
    ? { to: 'ReadingRequest', set: { reason } }
    : holdOrSuspend(p, reason, by);

const suspend = (reason: string): Next => ({ to: 'EnteringSuspense', set: { reason: `cash-out done, no transfer: ${reason}` } });

/** Made all the same: it is paid. Called off: the cash waits for people. Lowered: the new level is paid, and the rest waits for people. */
export const transferWhatIsAsked = (p: Payout, { portfolio: now, made }: RequestRead): Next => {
  if (made !== null) {
    const isOurs = made.currency === p.currency && compare(made.amount, p.paying) === 0;
    return isOurs ? finishPaid(p, made) : suspend(`the bank shows ${made.currency} ${made.amount} under our reference`);
  }
  const changed = portfolioChanged(decidedOf(p, 'something'), now);
  if (changed !== null) return suspend(changed.reason);
  const asked = now.level.kind === 'amount' ? cutTo(now.level.amount, minorDigits(currency(p.currency))) : p.amount;
  if (!isPositive(asked)) return suspend('less than the smallest coin is asked for');
  return { to: 'TransferringAnew', set: { paying: compare(asked, p.amount) < 0 ? asked : p.amount } };
};

export const holdOrSuspendRequest = (_p: Payout, reason: string, by: RefusedBy): Next =>
  by === 'person'
    ? suspend(`the portfolio could not be read: ${reason}`)
    : holdFor(`cash-out done, but the portfolio could not be read: ${reason}`);

/** The figure is frozen here: that the cash was moved back is believed only when it has risen since. Another currency says nothing. */
export const enterSuspense = (p: Payout, { withdrawable, currency: code, at }: WithdrawableRead): Next => ({
  to: 'InSuspense',
  set: { suspense: code === p.currency ? { withdrawable, at } : null },
});

/** The broker does not know the account, or a person says so: then only the end of the cash-out shows that it came back. */
export const enterSuspenseUnseen = (_p: Payout): Next => ({ to: 'InSuspense', set: { suspense: null } });

const figureIn = ({ suspense, currency: code }: Payout): string =>
  suspense === null ? '' : ` Withdrawable at the broker at ${suspense.at}: ${code} ${suspense.withdrawable}.`;

/** The withdrawal is let go only when the cash is where the next one takes it from. */
export const holdOrMoveBack = (p: Payout, reason: string, by: RefusedBy): Next =>
  by === 'person'
    ? endUnpaid(p, 'MovedBack', reason)
    : {
        hold: `the cash is on the house account; "applied": paid by hand, "rejected": moved back to the broker account, or never left it.${figureIn(p)} ${p.reason ?? ''}`,
      };

/** A return may overtake the news that the payment was made. */
export const rememberReturn = (
  _p: Payout,
  back: Input<'TransferReturned'>,
): { readonly stay: true; readonly set: Partial<Omit<Payout, 'status'>> } => ({
  stay: true,
  set: { returnedBecause: inWords(back) },
});

export const seeReturn = (p: Payout, back: Input<'TransferReturned'>): Next => giveToOperator(p, inWords(back), []);
