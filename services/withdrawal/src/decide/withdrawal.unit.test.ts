import { describe, expect, it } from '@jest/globals';
import { Bug } from '../../../../shared/kernel/bug.js';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import { factsUnder, factsWith } from '../../../../test/builders/journey-facts.js';
import { withdrawal, withdrawalOf, withdrawalPaying } from '../../../../test/builders/withdrawal.js';
import { withdrawalFlow } from './withdrawal.flow.js';
import type { WithdrawalFacts, WithdrawalPolicy } from './withdrawal.policy.js';
import {
  announceWhenOurs,
  bookOrRefuse,
  end as ended,
  finish,
  goOnFromPortfolio,
  holdCalledOffLate,
  holdOrFinish,
  holdOrRefuse,
  holdOrUpdatePortfolio,
  paidAtOf,
  payOrWait,
  payingOf,
  portfolioOf,
  rememberReturn,
  seeReturn,
  shownMoney,
  updatePortfolio,
} from './withdrawal.rules.js';
import {
  withdrawalState,
  withdrawalStatuses,
  type CashCheck,
  type PortfolioRead,
  type Withdrawal,
  type WithdrawalInput,
} from './withdrawal.js';

const policy: WithdrawalPolicy = { payWhileOrdersAreOpen: false };
const journey = factsWith(policy, { id: 'w1' });
const paysAllTheSame = factsWith<WithdrawalPolicy>({ ...policy, payWhileOrdersAreOpen: true }, { id: 'w1' });

const NOTHING: DivestAmount = { kind: 'nothing' };
const EVERYTHING: DivestAmount = { kind: 'everything' };
const level = (text: string): DivestAmount => ({ kind: 'amount', amount: decimal(text) });

const fresh = withdrawal();
const paying = withdrawalPaying('250');
const booked: Withdrawal = { ...paying, status: 'Announcing', paidAt: '2026-03-04T10:00:00Z' };

const finished = (
  more: Partial<Extract<WithdrawalInput, { type: 'PayoutFinished' }>> = {},
): Extract<WithdrawalInput, { type: 'PayoutFinished' }> => ({
  type: 'PayoutFinished',
  withdrawalId: 'w1',
  outcome: 'paid',
  amount: decimal('250'),
  currency: 'EUR',
  paidAt: '2026-03-04T10:00:00Z',
  reason: null,
  ...more,
});
const changed = (
  divestAmountLeft: string | null,
  changeId = 'w1.paid',
  divestAmountBefore: string | null = '250',
): Extract<WithdrawalInput, { type: 'PortfolioChanged' }> => ({
  type: 'PortfolioChanged',
  changeId,
  divestAmountLeft,
  divestAmountBefore,
});

const portfolio: PortfolioRead = {
  realMoney: true,
  deleted: false,
  archived: false,
  active: true,
  treatment: { kind: 'ours', product: 'robo-discretionary', rule: 'all' },
  ownerId: 'U1',
  brokerAccount: 'B1',
  currency: 'EUR',
  level: level('250'),
};
const cash: CashCheck = {
  withdrawable: decimal('1000'),
  pendingSettlement: decimal('0'),
  pendingOut: decimal('0'),
  openOrders: 0,
  positions: 0,
};

const inputs = {
  request: { type: 'DivestAmountUpdated', level: level('800') },
  zero: { type: 'DivestAmountUpdated', level: NOTHING },
  settled: { type: 'CashSettled' },
  paid: finished(),
  refused: finished({ outcome: 'refused', paidAt: null, reason: 'AC04' }),
  returned: finished({ outcome: 'returned', reason: 'AC01' }),
  ours: changed('0'),
  others: changed('0', 'order-1'),
} as const satisfies Readonly<Record<string, WithdrawalInput>>;
type Name = keyof typeof inputs;
const names: readonly Name[] = ['request', 'zero', 'settled', 'paid', 'refused', 'returned', 'ours', 'others'];

/** What a cell does, in one word: a status, `stay`, `hold`, `ignored` or `impossible`. */
const cellOf = (state: Withdrawal, input: WithdrawalInput): string => {
  const cell = withdrawalFlow.rows[state.status].on[input.type];
  if ('ignored' in cell) return 'ignored';
  if ('impossible' in cell) return 'impossible';
  const step = (cell as (s: Withdrawal, i: WithdrawalInput, journey: WithdrawalFacts) => object)(state, input, journey);
  return 'to' in step ? String(step.to) : 'stay' in step ? 'stay' : 'hold';
};

const over = ['ignored', 'ignored', 'ignored', 'ignored', 'ignored', 'ignored', 'ignored', 'ignored'];
const reading = [
  'ReadingPortfolio',
  'ReadingPortfolio',
  'ReadingPortfolio',
  'impossible',
  'impossible',
  'impossible',
  'ReadingPortfolio',
  'ReadingPortfolio',
];
const cells: Readonly<Record<Withdrawal['status'], readonly string[]>> = {
  //                    divest request, zero, settled, paid, refused, returned, our change, another change
  ReadingPortfolio: reading,
  CheckingCash: [
    'ReadingPortfolio',
    'ReadingPortfolio',
    'CheckingCash',
    'impossible',
    'impossible',
    'impossible',
    'ReadingPortfolio',
    'ReadingPortfolio',
  ],
  AwaitingCash: reading,
  AwaitingRule: ['ignored', 'ignored', 'ignored', 'impossible', 'impossible', 'impossible', 'ignored', 'ignored'],
  Paying: ['stay', 'stay', 'ignored', 'RecordingTransaction', 'Refused', 'stay', 'ignored', 'ignored'],
  RecordingTransaction: ['stay', 'stay', 'ignored', 'stay', 'stay', 'stay', 'ignored', 'ignored'],
  UpdatingPortfolio: ['stay', 'stay', 'ignored', 'stay', 'stay', 'stay', 'Announcing', 'stay'],
  Announcing: ['stay', 'stay', 'ignored', 'stay', 'stay', 'stay', 'ignored', 'ignored'],
  CalledOffTooLate: ['stay', 'stay', 'ignored', 'stay', 'stay', 'stay', 'ignored', 'ignored'],
  Completed: ['ignored', 'ignored', 'ignored', 'stay', 'stay', 'Returned', 'ignored', 'ignored'],
  NothingAsked: over,
  Cancelled: over,
  Refused: over,
  NotOurs: over,
  Returned: over,
};

describe('every input in every status', () => {
  for (const status of withdrawalStatuses) {
    it(status, () => {
      const did = names.map((name) => cellOf({ ...booked, status }, inputs[name]));
      expect(did).toEqual(cells[status]);
    });
  }

  it('opens for a divest request, known or not, and for nothing else', () => {
    const { opens } = withdrawalFlow;
    expect(opens.DivestAmountUpdated(inputs.request, journey)).toEqual({ open: fresh });
    expect(opens.DivestAmountUpdated({ type: 'DivestAmountUpdated', level: null }, journey)).toEqual({ open: fresh });
    for (const opening of [
      opens.DivestAmountUpdated(inputs.zero, journey),
      opens.CashSettled(inputs.settled, journey),
      opens.PayoutFinished(inputs.paid, journey),
      opens.PortfolioChanged(inputs.ours, journey),
    ])
      expect(opening).toHaveProperty('ignored');
  });

  it('looks again while it waits for cash', () => {
    const row = withdrawalFlow.rows.AwaitingCash;
    expect('looksAgain' in row && row.looksAgain.then(fresh, journey)).toEqual({ to: 'ReadingPortfolio' });
  });
});

describe('reading the portfolio', () => {
  it('believes what is read, not what was said', () => {
    expect(goOnFromPortfolio(fresh, portfolio)).toEqual({
      to: 'CheckingCash',
      set: { asked: level('250'), portfolio: { ownerId: 'U1', brokerAccount: 'B1', currency: 'EUR' } },
    });
  });

  const refusals: readonly (readonly [Partial<PortfolioRead>, RegExp])[] = [
    [{ realMoney: false }, /real money/],
    [{ deleted: true }, /deleted/],
    [{ archived: true }, /archived/],
    [{ treatment: { kind: 'ours', product: 'self', rule: 'all' } }, /robo/],
    [{ brokerAccount: null }, /no account/],
  ];
  for (const [fault, why] of refusals) {
    it(`refuses ${JSON.stringify(fault)} and says why`, () => {
      expect(goOnFromPortfolio(fresh, { ...portfolio, ...fault })).toMatchObject({
        to: 'Refused',
        set: { reason: expect.stringMatching(why), asked: level('250') },
      });
    });
  }

  it('leaves a portfolio alone whose broker InvestSuite integrates: that is no fault [E1]', () => {
    const theirs = { ...portfolio, treatment: { kind: 'theirs', rule: 'robo-theirs' } } as const;
    expect(goOnFromPortfolio(fresh, theirs)).toEqual({
      to: 'NotOurs',
      set: { asked: level('250'), reason: 'InvestSuite talks to its broker (robo-theirs)' },
    });
  });
  it('waits, and is shown once, where no rule or two rules match, until the request is called off [E1]', () => {
    const unclear = { ...portfolio, treatment: { kind: 'unclear', why: 'no rule of the tenant matches the portfolio' } } as const;
    expect(goOnFromPortfolio(fresh, unclear)).toMatchObject({ to: 'AwaitingRule', set: { reason: unclear.treatment.why } });
    expect(goOnFromPortfolio(fresh, { ...unclear, level: NOTHING })).toMatchObject({ to: 'NothingAsked' });
    const row = withdrawalFlow.rows.AwaitingRule;
    expect('looksAgain' in row && row.looksAgain.then(fresh, journey)).toEqual({ to: 'ReadingPortfolio' });
  });

  it('takes advisory portfolios too', () => {
    expect(goOnFromPortfolio(fresh, { ...portfolio, treatment: { kind: 'ours', product: 'robo-advisory', rule: 'all' } })).toMatchObject({
      to: 'CheckingCash',
    });
  });
  it('ends when nothing is asked, and calls it a cancellation when it had waited', () => {
    expect(goOnFromPortfolio(fresh, { ...portfolio, level: NOTHING })).toMatchObject({ to: 'NothingAsked' });
    expect(goOnFromPortfolio({ ...fresh, waited: true }, { ...portfolio, level: NOTHING })).toMatchObject({ to: 'Cancelled' });
  });
  it('pays no fraction of a coin: a level below the coin is nothing', () => {
    expect(goOnFromPortfolio(fresh, { ...portfolio, level: level('0.004') })).toMatchObject({
      to: 'NothingAsked',
      set: { reason: expect.stringMatching(/coin/) },
    });
    expect(goOnFromPortfolio(fresh, { ...portfolio, level: level('0.9'), currency: 'JPY' })).toMatchObject({ to: 'NothingAsked' });
  });
  it('waits where the portfolio is blocked', () => {
    expect(goOnFromPortfolio(fresh, { ...portfolio, active: false })).toMatchObject({
      to: 'AwaitingCash',
      set: { waited: true, reason: expect.stringMatching(/blocked/) },
    });
  });
  it('asks people when it may not read, and ends when they say so', () => {
    const rule = holdOrRefuse('why');
    expect(rule(fresh, 'forbidden', 'other-side')).toEqual({ hold: 'why: forbidden', set: { reason: 'why: forbidden' } });
    expect(rule(fresh, 'gone', 'person')).toEqual({ to: 'Refused', set: { reason: 'why: gone' } });
  });
});

const amountOf = (w: Withdrawal, check: Partial<CashCheck>, facts = journey): string => {
  const step = payOrWait(w, { ...cash, ...check }, facts);
  if (!('to' in step)) throw new Error('neither paid nor waits');
  return step.to === 'Paying' ? String(step.set?.paying) : `${step.to}: ${String(step.set?.reason)}`;
};

describe('paying a number', () => {
  it('asks for the payout once, with everything in it', () => {
    expect(payOrWait(withdrawalOf(level('250')), cash, journey)).toEqual({
      to: 'Paying',
      set: { paying: '250', reason: null },
      emits: [
        {
          event: 'payout.requested',
          data: { withdrawalId: 'w1', portfolioId: 'P1', ownerId: 'U1', brokerAccount: 'B1', amount: '250', currency: 'EUR' },
        },
      ],
    });
  });
  it('pays the last cent and never one more', () => {
    expect(amountOf(withdrawalOf(level('250')), { withdrawable: decimal('250') })).toBe('250');
    expect(amountOf(withdrawalOf(level('250')), { withdrawable: decimal('249.99') })).toMatch(
      /^AwaitingCash: EUR 250 is asked for, EUR 249.99/,
    );
  });
  it('counts cash on its way out as gone', () => {
    expect(amountOf(withdrawalOf(level('250')), { withdrawable: decimal('400'), pendingOut: decimal('150') })).toBe('250');
    expect(amountOf(withdrawalOf(level('250')), { withdrawable: decimal('400'), pendingOut: decimal('150.01') })).toMatch(/^AwaitingCash/);
  });
  it('waits for open orders unless the tenant says otherwise', () => {
    expect(amountOf(withdrawalOf(level('250')), { openOrders: 1 })).toMatch(/^AwaitingCash: 1 orders are open/);
    expect(amountOf(withdrawalOf(level('250')), { openOrders: 1 }, paysAllTheSame)).toBe('250');
    const loosened = factsUnder({ frozen: policy, now: paysAllTheSame.policy.now });
    expect(amountOf(withdrawalOf(level('250')), { openOrders: 1 }, loosened)).toMatch(/^AwaitingCash: 1 orders are open/);
  });
  it('does not mind positions and unsettled sales when cash is enough', () => {
    expect(amountOf(withdrawalOf(level('250')), { positions: 7, pendingSettlement: decimal('10') })).toBe('250');
  });
  it('cuts down to the coin and says so', () => {
    expect(payOrWait(withdrawalOf(level('250.009')), cash, journey)).toMatchObject({
      to: 'Paying',
      set: { paying: '250', reason: expect.stringMatching(/250\.009.*coin/) },
    });
    expect(amountOf(withdrawalOf(level('250.9'), { portfolio: { ownerId: 'U1', brokerAccount: 'B1', currency: 'JPY' } }), {})).toBe('250');
  });
  it('stops at what cannot be', () => {
    expect(() => payOrWait(withdrawalOf(NOTHING), cash, journey)).toThrow(Bug);
    expect(() => payOrWait({ ...withdrawalOf(level('1')), asked: null }, cash, journey)).toThrow(Bug);
    expect(() => payOrWait(fresh, cash, journey)).toThrow(Bug);
  });
});

describe('paying everything', () => {
  const all = withdrawalOf(EVERYTHING);
  it('pays all that is withdrawable, cut down to the coin', () => {
    expect(amountOf(all, { withdrawable: decimal('1234.567') })).toBe('1234.56');
  });
  for (const [what, check] of [
    ['open orders', { openOrders: 1 }],
    ['positions', { positions: 1 }],
    ['unsettled sales', { pendingSettlement: decimal('0.01') }],
    ['cash on its way out', { pendingOut: decimal('5') }],
    ['no cash', { withdrawable: decimal('0') }],
    ['less than a coin', { withdrawable: decimal('0.009') }],
    ['an overdraft', { withdrawable: decimal('-5') }],
  ] as const) {
    it(`waits for ${what}`, () => {
      expect(amountOf(all, check, paysAllTheSame)).toMatch(/^AwaitingCash: everything is asked for/);
    });
  }
});

describe('after the payout', () => {
  it('books what was paid', () => {
    const set = { paying: '250', paidLess: false, paidAt: '2026-03-04T10:00:00Z' };
    expect(bookOrRefuse(paying, finished(), journey)).toEqual({ to: 'RecordingTransaction', set });
  });
  it('stops when something else was paid than asked', () => {
    for (const wrong of [{ amount: decimal('251') }, { currency: 'USD' }, { paidAt: null }])
      expect(() => bookOrRefuse(paying, finished(wrong), journey)).toThrow(Bug);
  });
  it('books what was paid where the request was lowered before the transfer [E2]', () => {
    const less = bookOrRefuse(paying, finished({ amount: decimal('100') }), journey);
    expect(less).toMatchObject({ to: 'RecordingTransaction', set: { paying: '100', paidLess: true } });
    expect(() => bookOrRefuse(paying, finished({ amount: decimal('0') }), journey)).toThrow(Bug);
    const lowered = { ...booked, asked: EVERYTHING, paying: decimal('100'), paidLess: true };
    expect(updatePortfolio(lowered, { transactionId: 'T1' }, journey)).toMatchObject({
      emits: [{ data: { lowerDivestBy: { kind: 'amount', amount: '100' } } }],
    });
  });
  it('shows people what was called off when it could not be stopped any more [E2]', () => {
    const end = (w: Withdrawal, before: string | null): unknown => {
      const step = announceWhenOurs(w, changed('0', 'w1.paid', before), journey);
      if (!('to' in step)) throw new Error('stays');
      return finish({ ...w, ...step.set });
    };
    expect(end(booked, '0')).toMatchObject({ to: 'CalledOffTooLate', set: { reason: expect.stringMatching(/paid EUR 250, and only 0/) } });
    expect(end(booked, '249.99')).toMatchObject({ to: 'CalledOffTooLate' });
    for (const before of ['250', '800', 'everything', null]) expect(end(booked, before)).toMatchObject({ to: 'Completed' });
    expect(end({ ...booked, asked: EVERYTHING }, '0')).toMatchObject({ to: 'CalledOffTooLate' });
    expect(end({ ...booked, asked: EVERYTHING }, 'everything')).toMatchObject({ to: 'Completed' });
    const late: Withdrawal = { ...booked, status: 'CalledOffTooLate', calledOffLate: '0', reason: 'why' };
    expect(holdCalledOffLate(late, 'people do this', 'other-side')).toHaveProperty('hold');
    expect(holdCalledOffLate(late, 'seen', 'person')).toMatchObject({ to: 'Completed' });
    expect(ended({ ...late, returnedBecause: 'AC01' })).toMatchObject({ to: 'Returned' });
  });
  it('leaves the end of another payout alone', () => {
    expect(bookOrRefuse(paying, finished({ withdrawalId: 'w0' }), journey)).toEqual({ stay: true });
    expect(rememberReturn(paying, finished({ withdrawalId: 'w0', outcome: 'returned' }), journey)).toEqual({ stay: true });
    expect(seeReturn(paying, finished({ withdrawalId: 'w0', outcome: 'returned' }), journey)).toEqual({ stay: true });
  });
  it('keeps the divest request alive after a refusal, and follows a newer one', () => {
    expect(bookOrRefuse(paying, inputs.refused, journey)).toEqual({ to: 'Refused', set: { reason: 'AC04' }, emits: [] });
    expect(bookOrRefuse({ ...paying, arrivedLater: true }, finished({ outcome: 'refused' }), journey)).toEqual({
      to: 'Refused',
      set: { reason: 'no reason given' },
      emits: [{ sends: 'withdrawal', subject: 'P1', input: { type: 'DivestAmountUpdated', level: null } }],
    });
  });
  it('writes cash and level in one change', () => {
    const change = {
      changeId: 'w1.paid',
      portfolioId: 'P1',
      because: 'withdrawal-paid',
      deltas: [{ instrument: '$EUR', quantity: '-250' }],
      cashSettled: false,
    };
    expect(updatePortfolio(booked, { transactionId: 'T1' }, journey)).toEqual({
      to: 'UpdatingPortfolio',
      emits: [{ event: 'portfolio.change-requested', data: { ...change, lowerDivestBy: { kind: 'amount', amount: '250' } } }],
    });
    expect(updatePortfolio({ ...booked, asked: EVERYTHING }, { transactionId: 'T1' }, journey)).toMatchObject({
      emits: [{ data: { lowerDivestBy: { kind: 'everything' } } }],
    });
  });
  it('still lowers the holdings when people book by hand', () => {
    expect(holdOrUpdatePortfolio(booked, 'invalid', 'other-side', journey)).toMatchObject({ hold: 'paid but not recorded: invalid' });
    expect(holdOrUpdatePortfolio(booked, 'booked by hand', 'person', journey)).toMatchObject({ to: 'UpdatingPortfolio' });
  });
  it('sees in the written level whether something is left', () => {
    const later = (left: string | null, w: Withdrawal = booked): unknown => announceWhenOurs(w, changed(left), journey);
    expect(later('0')).toMatchObject({ to: 'Announcing', set: { arrivedLater: false } });
    expect(later(null)).toMatchObject({ set: { arrivedLater: false } });
    expect(later('300')).toMatchObject({ set: { arrivedLater: true } });
    expect(later('everything')).toMatchObject({ set: { arrivedLater: true } });
    expect(later('0', { ...booked, arrivedLater: true })).toMatchObject({ set: { arrivedLater: true } });
    expect(() => later('lots')).toThrow(Bug);
  });
  it('tells itself about a divest request that came later', () => {
    expect(finish(booked)).toEqual({ to: 'Completed', set: { reason: null }, emits: [] });
    expect(finish({ ...booked, arrivedLater: true })).toMatchObject({
      to: 'Completed',
      emits: [{ sends: 'withdrawal', subject: 'P1', input: { level: null } }],
    });
  });
  it('lets people end what cannot be announced', () => {
    expect(holdOrFinish(booked, 'invalid', 'other-side')).toMatchObject({ hold: 'paid but not announced: invalid' });
    expect(holdOrFinish(booked, 'told by phone', 'person')).toMatchObject({ to: 'Completed' });
  });
  it('does not lose a divest request to a zero, nor to our own lowering', () => {
    const cell = withdrawalFlow.rows.Paying.on.DivestAmountUpdated as (w: Withdrawal, i: WithdrawalInput) => unknown;
    expect(cell(paying, inputs.zero)).toEqual({ stay: true });
    expect(cell(paying, inputs.request)).toEqual({ stay: true, set: { arrivedLater: true } });
    expect(cell(paying, { type: 'DivestAmountUpdated', level: null })).toEqual({ stay: true, set: { arrivedLater: true } });
  });
  it('remembers a return that comes early and shows it at the end', () => {
    expect(rememberReturn(paying, inputs.returned, journey)).toEqual({ stay: true, set: { returnedBecause: 'AC01' } });
    expect(bookOrRefuse(paying, finished({ outcome: 'returned' }), journey)).toEqual({
      stay: true,
      set: { returnedBecause: 'no reason given' },
    });
    expect(finish({ ...booked, returnedBecause: 'AC01' })).toMatchObject({
      to: 'Returned',
      set: { reason: 'the bank sent the payment back: AC01' },
    });
    expect(seeReturn(booked, inputs.returned, journey)).toMatchObject({
      to: 'Returned',
      set: { reason: 'the bank sent the payment back: AC01' },
    });
    expect(seeReturn(booked, finished({ outcome: 'returned' }), journey)).toMatchObject({
      set: { reason: 'the bank sent the payment back: no reason given' },
    });
  });
  it('does not go on without what it needs', () => {
    for (const part of [portfolioOf, payingOf, paidAtOf]) expect(() => part(fresh)).toThrow(Bug);
    expect(paidAtOf(booked)).toBe('2026-03-04T10:00:00Z');
  });
});

describe('what people see', () => {
  it('is the money at stake, once it is known', () => {
    expect(shownMoney(paying)).toEqual({ amount: '250', currency: 'EUR' });
    expect(shownMoney(withdrawalOf(level('300')))).toEqual({ amount: '300', currency: 'EUR' });
    expect([shownMoney(withdrawalOf(EVERYTHING)), shownMoney(fresh), shownMoney({ ...paying, portfolio: null })]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe('the stored state', () => {
  it('comes back from JSON as it was', () => {
    for (const state of [fresh, booked, withdrawalOf(EVERYTHING), withdrawalOf(NOTHING)])
      expect(withdrawalState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
  it('refuses an amount that is not exact text', () => {
    for (const bad of [250, '250.00', 'x']) expect(withdrawalState.safeParse({ ...booked, paying: bad }).success).toBe(false);
  });
});
