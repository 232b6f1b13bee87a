import { describe, expect, it } from '@jest/globals';
import { Bug } from '../../../../shared/kernel/bug.js';
import type { PortfolioNow } from '../../../../contracts/internal/standing.js';
import { decimal } from '../../../../shared/kernel/decimal.js';
import { NOT_SENT } from '../../../../shared/kernel/outcome.js';
import { factsUnder, factsWith } from '../../../../test/builders/journey-facts.js';
import { listedCashOut } from '../../../../test/builders/known-cash-outs.js';
import { COUNTER_ACCOUNT, payout, payoutToTransfer } from '../../../../test/builders/payout.js';
import { portfolioNow } from '../../../../test/builders/standing.js';
import { becauseUnknown } from './cash-outs.js';
import { payoutFlow } from './payout.flow.js';
import type { PayoutPolicy } from './payout.policy.js';
import {
  cashOutIdOf,
  checkCounterAccount,
  counterAccountOf,
  enterSuspense,
  enterSuspenseUnseen,
  finishPaid,
  followApproval,
  followCashOut,
  goOnFromOwner,
  holdOrMoveBack,
  holdOrRefuse,
  holdOrEndApproval,
  holdOrSuspendCashOut,
  holdOrSuspend,
  holdOrSuspendRequest,
  open,
  ownerOf,
  readAgainOrHold,
  refuseCashOut,
  rememberReturn,
  seeReturn,
  transferWhatIsAsked,
} from './payout.rules.js';
import {
  payoutState,
  payoutStatuses,
  type CashOutSeen,
  type CounterAccountRead,
  type PaidTransfer,
  type Payout,
  type PayoutInput,
} from './payout.js';

const policy: PayoutPolicy = { coolOffMs: 1000, onMismatch: 'hold' };
const journey = factsWith(policy, { id: 'po1', subject: 'w1' });
const trustsTheBank = factsWith<PayoutPolicy>({ ...policy, onMismatch: 'pay-core-banking' });

const IBAN = COUNTER_ACCOUNT;
const request = {
  type: 'PayoutRequested',
  withdrawalId: 'w1',
  portfolioId: 'P1',
  ownerId: 'U1',
  brokerAccount: 'B1',
  amount: decimal('250'),
  currency: 'EUR',
} as const;
const back = { type: 'TransferReturned', amount: decimal('250'), currency: 'EUR', reason: 'AC04', reference: 'R1' } as const;
const inWords = 'AC04, EUR 250, R1';

const fresh = payout();
const moved = payoutToTransfer();
/** Whoever sees this account at InvestSuite. */
const showing = (shownIban: string | null): Payout => ({ ...fresh, owner: { externalId: 'C1', shownIban } });
const read: Payout = showing(IBAN);
const suspended: Payout = { ...moved, status: 'InSuspense', reason: 'no transfer: AC04' };
const payment = { paymentId: 'PM1', endToEndId: 'WDX', paidAt: '2026-03-04T10:00:00Z' };
const transfer: PaidTransfer = { ...payment, returned: null };
const account: CounterAccountRead = {
  customerActive: true,
  account: { iban: IBAN, ownerName: 'A. Customer' },
  ibanWellFormed: true,
  changedMsAgo: null,
};
const seen = (status: CashOutSeen['status'], more: Partial<CashOutSeen> = {}): CashOutSeen => ({
  cashOutId: 'CO1',
  status,
  amount: decimal('250'),
  currency: 'EUR',
  ...more,
});

const finished = (outcome: string, more: object = {}): object => ({
  event: 'payout.finished',
  data: {
    withdrawalId: 'w1',
    portfolioId: 'P1',
    outcome,
    amount: '250',
    currency: 'EUR',
    endToEndId: null,
    paymentId: null,
    paidAt: null,
    reason: null,
    ...more,
  },
});

/** What a cell does, in one word: a status, `stay`, `hold`, `ignored` or `impossible`. */
const cellOf = (state: Payout, input: PayoutInput): string => {
  const cell = payoutFlow.rows[state.status].on[input.type];
  if ('ignored' in cell) return 'ignored';
  if ('impossible' in cell) return 'impossible';
  const step = (cell as (s: Payout, i: PayoutInput) => object)(state, input);
  return 'to' in step ? String(step.to) : 'stay' in step ? 'stay' : 'hold';
};

const cells: Readonly<Record<Payout['status'], readonly [asked: string, returned: string]>> = {
  ReadingOwner: ['ignored', 'impossible'],
  CheckingCounterAccount: ['ignored', 'impossible'],
  CoolingOff: ['ignored', 'impossible'],
  ReservingLimits: ['ignored', 'impossible'],
  CashingOut: ['ignored', 'impossible'],
  ApprovingCashOut: ['ignored', 'impossible'],
  ConfirmingCashOut: ['ignored', 'impossible'],
  Transferring: ['ignored', 'stay'],
  ReadingRequest: ['ignored', 'impossible'],
  TransferringAnew: ['ignored', 'stay'],
  RestInSuspense: ['ignored', 'stay'],
  EnteringSuspense: ['ignored', 'impossible'],
  InSuspense: ['ignored', 'impossible'],
  FreeingLimits: ['ignored', 'impossible'],
  Paid: ['ignored', 'Returned'],
  Returned: ['ignored', 'ignored'],
  Refused: ['ignored', 'impossible'],
  MovedBack: ['ignored', 'impossible'],
};

describe('every input in every status', () => {
  for (const status of payoutStatuses) {
    it(status, () => {
      expect([cellOf({ ...moved, status }, request), cellOf({ ...moved, status }, back)]).toEqual(cells[status]);
    });
  }
  it('opens for a request and never for a return', () => {
    expect(payoutFlow.opens.PayoutRequested(request, journey)).toEqual({ open: fresh });
    expect(payoutFlow.opens.TransferReturned(back, journey)).toHaveProperty('impossible');
  });
  it('opens for no amount that cannot be paid', () => {
    for (const amount of ['0', '-1', '0.001']) expect(open({ ...request, amount: decimal(amount) })).toHaveProperty('impossible');
    expect(open({ ...request, amount: decimal('250.5'), currency: 'JPY' })).toHaveProperty('impossible');
  });
  it('looks again while an account cools off', () => {
    const row = payoutFlow.rows.CoolingOff;
    expect('looksAgain' in row && row.looksAgain.then(fresh, journey)).toEqual({ to: 'ReadingOwner' });
  });
});

describe('who is paid, and where', () => {
  const now = portfolioNow();
  it('needs a customer of the bank', () => {
    expect(goOnFromOwner(fresh, { externalId: 'C1', shownIban: null, portfolio: now })).toEqual({
      to: 'CheckingCounterAccount',
      set: { owner: { externalId: 'C1', shownIban: null } },
    });
    expect(goOnFromOwner(fresh, { externalId: null, shownIban: IBAN, portfolio: now })).toMatchObject({
      to: 'Refused',
      emits: [{ data: { outcome: 'refused' } }],
    });
  });
  it('is asked for by the portfolio itself, whatever the message says [A1]', () => {
    const after = (more: Partial<PortfolioNow>): object =>
      goOnFromOwner(fresh, { externalId: 'C1', shownIban: null, portfolio: { ...now, ...more } });
    for (const level of [now.level, { kind: 'amount', amount: decimal('250.001') }, { kind: 'everything' }] as const)
      expect(after({ level })).toMatchObject({ to: 'CheckingCounterAccount' });
    for (const other of [
      { level: { kind: 'nothing' } },
      { level: { kind: 'amount', amount: decimal('249.99') } },
      { ownerId: 'U2' },
      { brokerAccount: null },
      { active: false },
      { treatment: { kind: 'theirs', rule: 'x' } },
    ] as const)
      expect(after(other)).toMatchObject({ to: 'Refused', emits: [{ data: { outcome: 'refused' } }] });
  });
  it('keeps the account that was checked', () => {
    const next = { to: 'ReservingLimits', set: { counterAccount: { iban: IBAN, ownerName: 'A. Customer' }, reason: null } };
    expect(checkCounterAccount(read, account, journey)).toEqual(next);
    expect(checkCounterAccount(showing(null), account, journey)).toEqual(next);
    expect(checkCounterAccount(read, { ...account, changedMsAgo: 1000 }, journey)).toEqual(next);
  });
  for (const [fault, why] of [
    [{ customerActive: false }, 'the customer is not active at the bank'],
    [{ account: null }, 'the customer has no counter account'],
    [{ ibanWellFormed: false }, 'the counter account is not an IBAN'],
    [{ notPayable: "not sent: the name of the account's owner is empty" }, "not sent: the name of the account's owner is empty"],
  ] as const) {
    it(`refuses before any money moves: ${why}`, () => {
      expect(checkCounterAccount(read, { ...account, ...fault }, journey)).toEqual({
        to: 'Refused',
        set: { reason: why },
        emits: [finished('refused', { reason: why })],
      });
    });
  }
  it('asks people when the customer sees another account, unless the tenant trusts the bank alone', () => {
    const other = showing('NL91ABNA0417164300');
    expect(checkCounterAccount(other, account, journey)).toMatchObject({ hold: expect.stringMatching(/not the one/) });
    expect(checkCounterAccount(other, account, trustsTheBank)).toMatchObject({ to: 'ReservingLimits' });
    const trusted = factsUnder({ frozen: trustsTheBank.policy.now, now: policy });
    expect(checkCounterAccount(other, account, trusted)).toHaveProperty('hold');
  });
  it('lets a changed account cool off', () => {
    for (const changedMsAgo of [0, 999])
      expect(checkCounterAccount(read, { ...account, changedMsAgo }, journey)).toMatchObject({ to: 'CoolingOff' });
    const shortened = factsUnder({ frozen: policy, now: { ...policy, coolOffMs: 0 } });
    expect(checkCounterAccount(read, { ...account, changedMsAgo: 999 }, shortened)).toMatchObject({ to: 'CoolingOff' });
  });
  it("says why it cools off when the bank's date of the change is no date [C4]", () => {
    for (const changedAtUnclear of ['cannot be read', 'is yet to come'] as const)
      expect(checkCounterAccount(read, { ...account, changedMsAgo: 0, changedAtUnclear }, journey)).toEqual({
        to: 'CoolingOff',
        set: { reason: `the counter account counts as changed now: the bank's date of the last change ${changedAtUnclear}` },
      });
  });
  it('does not check an account without knowing the owner', () => {
    expect(() => checkCounterAccount(fresh, account, journey)).toThrow(Bug);
  });
  it('holds what it could not read, until people end it', () => {
    const rule = holdOrRefuse('why');
    expect(rule(fresh, 'not-found', 'other-side')).toEqual({ hold: 'why: not-found', set: { reason: 'why: not-found' } });
    expect(rule(fresh, 'left', 'person')).toEqual({
      to: 'Refused',
      set: { reason: 'why: left' },
      emits: [finished('refused', { reason: 'why: left' })],
    });
  });
});

describe('the cash-out', () => {
  const set = { cashOutId: 'CO1', reason: null };
  it('lets the transfer begin only when it is done', () => {
    expect(followCashOut(fresh, seen('done'))).toEqual({ to: 'Transferring', set });
    expect(followCashOut(fresh, seen('pending'))).toEqual({ to: 'ConfirmingCashOut', set });
  });
  it('is approved once', () => {
    expect(followCashOut(fresh, seen('needs-approval'))).toEqual({ to: 'ApprovingCashOut', set });
    expect(followCashOut({ ...fresh, approved: true }, seen('needs-approval'))).toEqual({ to: 'ConfirmingCashOut', set });
    expect(followApproval(fresh, seen('needs-approval'))).toEqual({ to: 'ConfirmingCashOut', set: { ...set, approved: true } });
    expect(followApproval(fresh, seen('done'))).toEqual({ to: 'Transferring', set: { ...set, approved: true } });
  });
  it('that failed or came back has moved nothing', () => {
    for (const status of ['failed', 'returned'] as const)
      expect(followCashOut(fresh, seen(status))).toMatchObject({
        to: 'Refused',
        emits: [{ data: { outcome: 'refused', reason: expect.stringContaining(status) } }],
      });
  });
  const asked: Payout = { ...fresh, status: 'ConfirmingCashOut', cashOutId: 'CO1' };
  it('of another amount or currency is looked at by people, who can be asked once it has only been read', () => {
    for (const wrong of [{ amount: decimal('251') }, { currency: 'USD' }] as const) {
      expect(followCashOut(asked, seen('done', wrong))).toHaveProperty('hold');
      expect(followCashOut(fresh, seen('done', wrong))).toEqual({ to: 'ConfirmingCashOut', set });
      expect(followApproval(fresh, seen('done', wrong))).toEqual({ to: 'ConfirmingCashOut', set: { ...set, approved: true } });
    }
  });
  it('of which the broker does not say the amount is the one that was created', () => {
    expect(followCashOut(asked, seen('done', { amount: null, currency: null }))).toEqual({ to: 'Transferring', set });
  });
  it('that is refused ends the payout', () => {
    expect(refuseCashOut(fresh, 'not-enough-cash', 'other-side')).toMatchObject({
      to: 'Refused',
      emits: [{ data: { outcome: 'refused' } }],
    });
  });
  it('says who refused: the broker, or we without asking [C5]', () => {
    expect(refuseCashOut(fresh, 'not-enough-cash', 'other-side')).toMatchObject({
      set: { reason: 'the broker refused the cash-out: not-enough-cash' },
    });
    expect(refuseCashOut(fresh, 'not sent: another currency', 'other-side')).toMatchObject({
      set: { reason: 'not sent: another currency' },
    });
  });
  it('beside one that our books do not know is held with its facts, wherever the payout stands, until people end it [B2]', () => {
    const reason = becauseUnknown([listedCashOut({ cashOutId: 'DW-7' })]);
    const facts = 'the broker shows a cash-out that our books do not know: DW-7 of EUR 250, done, made 2026-03-04T09:00:00Z';
    for (const rule of [refuseCashOut, holdOrEndApproval, readAgainOrHold, holdOrSuspend]) {
      expect(rule(asked, reason, 'other-side')).toMatchObject({ hold: expect.stringContaining(facts) });
      expect(rule(asked, reason, 'other-side')).not.toHaveProperty('to');
      expect(rule(asked, reason, 'person')).toHaveProperty('to');
    }
    expect(refuseCashOut(fresh, 'the transfer of another system', 'person')).toMatchObject({ to: 'Refused' });
  });
  it('that may not be approved is still there: people look, unless it is at its end', () => {
    expect(holdOrEndApproval(asked, 'not-allowed', 'other-side')).toHaveProperty('hold');
    for (const reason of ['failed', 'returned']) expect(holdOrEndApproval(asked, reason, 'other-side')).toMatchObject({ to: 'Refused' });
    expect(holdOrSuspendCashOut(asked, 'not-found', 'other-side')).toMatchObject({ hold: expect.stringContaining('not-found') });
  });
  it('that was created is not called off by people in one word: what became of the cash is asked next', () => {
    for (const rule of [holdOrEndApproval, holdOrSuspendCashOut])
      expect(rule(asked, 'called off at the desk', 'person')).toEqual({
        to: 'EnteringSuspense',
        set: { reason: 'the cash-out CO1 was created: called off at the desk' },
      });
  });
});

describe('the request, read again after the cash-out', () => {
  const now = portfolioNow({ level: { kind: 'everything' } });
  it('is paid as it stands now, and never with more than was cashed out [E2]', () => {
    const paying = (level: PortfolioNow['level']): object => transferWhatIsAsked(moved, { portfolio: { ...now, level }, made: null });
    const all = { to: 'TransferringAnew', set: { paying: moved.amount } };
    expect(paying({ kind: 'everything' })).toEqual(all);
    expect(paying({ kind: 'amount', amount: decimal('99999') })).toEqual(all);
    expect(paying({ kind: 'amount', amount: decimal('0.019') })).toEqual({ to: 'TransferringAnew', set: { paying: decimal('0.01') } });
  });
  it.each<[string, Partial<PortfolioNow>, string]>([
    ['called off', { level: { kind: 'nothing' } }, 'the divest request was called off'],
    ['less than a coin', { level: { kind: 'amount', amount: decimal('0.001') } }, 'less than the smallest coin is asked for'],
    ['of another owner', { ownerId: 'U2' }, 'owner'],
  ])('%s goes into suspense [E2]', (_what, other, why) => {
    expect(transferWhatIsAsked(moved, { portfolio: { ...now, ...other }, made: null })).toEqual({
      to: 'EnteringSuspense',
      set: { reason: expect.stringContaining(why) },
    });
  });
  it('is not paid a second time when the bank shows the transfer: another installation with our books has made it [B2]', () => {
    const made = { ...transfer, amount: moved.amount, currency: moved.currency };
    expect(transferWhatIsAsked(moved, { portfolio: now, made })).toMatchObject({ to: 'Paid', set: { payment } });
    const other = { ...made, amount: decimal('251') };
    expect(transferWhatIsAsked(moved, { portfolio: now, made: other })).toMatchObject({ to: 'EnteringSuspense' });
  });
  it('that cannot be read is held, until people say that nobody will read it', () => {
    expect(holdOrSuspendRequest(moved, 'gone', 'other-side')).toMatchObject({ hold: expect.stringContaining('could not be read: gone') });
    expect(holdOrSuspendRequest(moved, 'give up', 'person')).toMatchObject({ to: 'EnteringSuspense' });
  });
});

describe('a suspense', () => {
  const entering: Payout = { ...moved, status: 'EnteringSuspense' };
  const cash = { withdrawable: decimal('40'), currency: 'EUR', at: '2026-03-04T10:00:00.000Z' };
  it('freezes what was withdrawable when it began, and shows it to people [A8]', () => {
    const suspense = { withdrawable: decimal('40'), at: cash.at };
    expect(enterSuspense(entering, cash)).toEqual({ to: 'InSuspense', set: { suspense } });
    expect(holdOrMoveBack({ ...suspended, suspense }, 'people do this', 'other-side')).toMatchObject({
      hold: expect.stringContaining('Withdrawable at the broker at 2026-03-04T10:00:00.000Z: EUR 40.'),
    });
  });
  it('has no figure where the broker shows another currency, or nothing', () => {
    expect(enterSuspense(entering, { ...cash, currency: 'USD' })).toEqual({ to: 'InSuspense', set: { suspense: null } });
    expect(enterSuspenseUnseen(entering)).toEqual({ to: 'InSuspense', set: { suspense: null } });
  });
});

describe('the transfer', () => {
  const told = { endToEndId: 'WDX', paymentId: 'PM1', paidAt: '2026-03-04T10:00:00Z' };
  it('tells that it is paid, with the references of the bank', () => {
    expect(finishPaid(moved, transfer)).toEqual({ to: 'Paid', set: { payment, reason: null }, emits: [finished('paid', told)] });
  });
  it('refused by the bank after the cash-out is never ended by a machine', () => {
    expect(holdOrSuspend(moved, 'AC04', 'other-side')).toMatchObject({ hold: 'cash-out done but the bank refused: AC04' });
    expect(holdOrSuspend(moved, `${NOT_SENT}another account`, 'other-side')).toMatchObject({
      hold: 'cash-out done but not sent: another account',
    });
  });
  it('that people call never made lets nobody go: the cash is on the house account, and the withdrawal hears nothing', () => {
    expect(holdOrSuspend(moved, 'refused on their screen', 'person')).toEqual({
      to: 'EnteringSuspense',
      set: { paying: '250', returnedBecause: null, reason: 'cash-out done, no transfer: refused on their screen' },
    });
    expect(holdOrSuspend({ ...moved, returnedBecause: inWords }, 'x', 'person')).toMatchObject({
      set: { returnedBecause: null, reason: `cash-out done, no transfer: x; the bank had said that it came back: ${inWords}` },
    });
  });
  it('cuts a long reason to what the event may carry', () => {
    const { emits } = holdOrMoveBack(suspended, 'x'.repeat(900), 'person') as { emits: readonly { data: { reason: string } }[] };
    expect(emits[0]?.data.reason).toHaveLength(500);
  });
  it('that comes back is given to an operator and told', () => {
    expect(seeReturn({ ...moved, status: 'Paid', payment }, back)).toEqual({
      to: 'Returned',
      set: { payment, returnedBecause: inWords, reason: `the bank sent the payment back: ${inWords}` },
      emits: [finished('returned', { ...told, reason: inWords })],
    });
  });
  it('that comes back before we know that it was paid is told in the right order', () => {
    expect(rememberReturn(moved, { ...back, currency: null })).toEqual({ stay: true, set: { returnedBecause: 'AC04, 250, R1' } });
    expect(finishPaid({ ...moved, returnedBecause: inWords }, transfer)).toMatchObject({
      to: 'Returned',
      emits: [finished('paid', told), finished('returned', { ...told, reason: inWords })],
    });
    const { amount, currency, reason, reference } = back;
    expect(finishPaid(moved, { ...transfer, returned: { amount, currency, reason, reference } })).toMatchObject({
      to: 'Returned',
      set: { returnedBecause: inWords },
    });
  });
});

describe('cash in suspense', () => {
  it('waits for people, with both answers in words', () => {
    expect(holdOrMoveBack(suspended, 'people do this', 'other-side')).toEqual({
      hold: 'the cash is on the house account; "applied": paid by hand, "rejected": moved back to the broker account, or never left it. no transfer: AC04',
    });
    expect(holdOrMoveBack({ ...suspended, reason: null }, 'people do this', 'other-side')).toHaveProperty('hold');
  });
  it('that was paid by hand is paid', () => {
    const byHand = { paymentId: 'TELLER 7', endToEndId: null, paidAt: '2026-03-05T10:00:00Z' };
    expect(finishPaid(suspended, { ...byHand, returned: null })).toEqual({
      to: 'Paid',
      set: { payment: byHand, reason: null },
      emits: [finished('paid', byHand)],
    });
  });
  it('that was moved back lets the withdrawal go', () => {
    expect(holdOrMoveBack(suspended, 'back at the broker', 'person')).toEqual({
      to: 'MovedBack',
      set: { reason: 'back at the broker' },
      emits: [finished('refused', { reason: 'back at the broker' })],
    });
  });
});

describe('the stored state', () => {
  it('comes back from JSON as it was', () => {
    for (const state of [fresh, moved, { ...moved, payment }]) expect(payoutState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
  it('refuses an amount that is not exact text', () => {
    for (const bad of [250, '250.00', 'x']) expect(payoutState.safeParse({ ...fresh, amount: bad }).success).toBe(false);
  });
  it('does not go on without what it needs', () => {
    for (const part of [ownerOf, counterAccountOf, cashOutIdOf]) expect(() => part(fresh)).toThrow(Bug);
    expect([ownerOf(moved).externalId, counterAccountOf(moved).iban, cashOutIdOf(moved)]).toEqual(['C1', IBAN, 'CO1']);
  });
});
