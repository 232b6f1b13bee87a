import { describe, expect, it } from '@jest/globals';
import { decimal as d, ZERO } from '../../shared/kernel/decimal.js';
import { customer, everything, heldPayout, journey, nobody, paidBooks, plan, refusedBooks, type Mutable } from '../builders/books.js';
import type { Books } from './books.js';
import type { Facts } from './facts.js';
import type { PlannedCustomer } from './mix.js';
import { judge, type Verdict } from './verdict.js';

const judged = (books: Books, facts: Facts = nobody, planned: PlannedCustomer = plan): Verdict =>
  judge([{ plan: planned, customer }], books, facts);
const problemsOf = (verdict: Verdict): string => [...verdict.problems, ...verdict.customers.flatMap(({ problems }) => problems)].join('\n');

describe('a customer who is paid', () => {
  it('is good when all three books say so', () => {
    const verdict = judged(paidBooks());
    expect(problemsOf(verdict)).toBe('');
    expect(verdict).toMatchObject({ ok: true, customers: [{ end: 'paid', asked: '250', paid: '250' }] });
    expect(verdict.books.differences).toMatchObject({ brokerLessBank: '0', bankLessInvestSuite: '0', explained: [] });
  });

  const doctored: readonly (readonly [string, (books: Mutable<Books>) => void, RegExp])[] = [
    [
      'paid twice under two references',
      ({ bank, broker }) => {
        Object.assign(bank.creditors[0]!, { settledCount: 2, settledSum: d('500') });
        bank.totals.settledSum = d('500');
        broker.accounts[0]!.cashOuts = { count: 2, sum: d('500'), returnedCount: 0, returnedSum: ZERO };
        broker.totals.cashOutSum = d('500');
      },
      /paid 500, asked 250/,
    ],
    [
      'paid twice under one reference',
      ({ bank }) => {
        bank.duplicates.references = [{ endToEndId: 'E1' }];
      },
      /reference paid twice/,
    ],
    [
      'paid a cent too much',
      ({ bank }) => {
        bank.creditors[0]!.settledSum = d('250.01');
      },
      /paid 250.01, asked 250/,
    ],
    [
      'paid a cent too little',
      ({ bank }) => {
        bank.creditors[0]!.settledSum = d('249.99');
      },
      /asked 250, paid 249.99/,
    ],
    [
      'not paid at all',
      ({ bank }) => {
        bank.creditors = [];
      },
      /asked 250, paid 0/,
    ],
    [
      'paid without a cash-out',
      ({ broker }) => {
        Object.assign(broker.accounts[0]!.cashOuts, { count: 0, sum: ZERO });
      },
      /only 0 left the broker/,
    ],
    [
      'cashed out twice',
      ({ broker }) => {
        Object.assign(broker.accounts[0]!.cashOuts, { count: 2, sum: d('500') });
      },
      /500 left the broker account and 250 was paid/,
    ],
    [
      'one key for two cash-outs',
      ({ broker }) => {
        broker.duplicates.redemptionKeys = ['K'];
      },
      /cash-out made twice/,
    ],
    [
      'one key for two orders',
      ({ broker }) => {
        broker.duplicates.orderKeys = ['K'];
      },
      /order K placed twice/,
    ],
    [
      'an order still open',
      ({ broker }) => {
        broker.accounts[0]!.orders.open = 1;
      },
      /1 orders are open/,
    ],
    [
      'cash still leaving',
      ({ broker }) => {
        broker.accounts[0]!.cash.pendingOut = d('1');
      },
      /still leaving/,
    ],
    [
      'sold without need',
      ({ broker }) => {
        Object.assign(broker.accounts[0]!.orders, { placed: 1, soldGross: d('2000') });
      },
      /sold shares for 2000 in 1 orders, though only 0 was missing/,
    ],
    [
      'not booked at InvestSuite',
      ({ investSuite }) => {
        Object.assign(investSuite.portfolios[0]!, { withdrawn: ZERO, withdrawals: [] });
      },
      /InvestSuite shows 0 withdrawn/,
    ],
    [
      'booked twice at InvestSuite',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.withdrawn = d('500');
      },
      /shows 500 withdrawn, but 250 was paid/,
    ],
    [
      'booked, not settled',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.withdrawals[0]!.status = 'EXECUTED';
      },
      /not SETTLED/,
    ],
    [
      'nobody told the customer',
      ({ investSuite }) => {
        Object.assign(investSuite.portfolios[0]!.notifications, { count: 0, total: ZERO });
      },
      /0 messages/,
    ],
    [
      'the customer told twice',
      ({ investSuite }) => {
        Object.assign(investSuite.portfolios[0]!.notifications, { count: 2 });
      },
      /2 messages/,
    ],
    [
      'told of another amount',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.notifications.total = d('200');
      },
      /told of 200/,
    ],
    [
      'the level still stands',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.level = '250';
      },
      /level is still 250/,
    ],
    [
      'a newer divest request erased',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.missingRequest = d('50');
      },
      /request for 50 is erased/,
    ],
    [
      'withdrawn though nobody asked',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.beyondRequest = d('1');
      },
      /nobody asked for/,
    ],
    [
      'a divest request that InvestSuite never had',
      ({ investSuite, bank }) => {
        investSuite.portfolios[0]!.asked = d('200');
        bank.creditors[0]!.settledSum = d('200');
      },
      /asked was 250, InvestSuite knows of 200/,
    ],
    [
      'holdings against the movements',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.holdingsDifference = { $USD: d('5') };
      },
      /differ from the movements by 5/,
    ],
    [
      'holdings against the broker',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.holdings = { $USD: d('751') };
      },
      /shows 751 \$USD, the broker has 750/,
    ],
    [
      'a position only the broker has',
      ({ broker }) => {
        broker.accounts[0]!.positions = { X: d('1') };
      },
      /shows 0 X, the broker has 1/,
    ],
    [
      'a violation',
      ({ investSuite }) => {
        investSuite.portfolios[0]!.violations = [
          { portfolioId: 'P1', kind: 'k', severity: 'violation', detail: 'bad', requestId: null, at: '', line: 1 },
        ] as never;
      },
      /bad/,
    ],
    [
      "the broker's own sums",
      ({ broker }) => {
        broker.booksAgree = false;
      },
      /broker's own books/,
    ],
    [
      "the bank's own sums",
      ({ bank }) => {
        bank.booksAgree = false;
      },
      /bank's own books/,
    ],
    [
      'money that reached somebody else',
      ({ bank }) => {
        bank.totals.settledSum = d('260');
      },
      /differ by -10, and nobody explains it/,
    ],
    [
      'a payment still on its way',
      ({ bank }) => {
        bank.totals.onTheWay = 1;
      },
      /still on their way/,
    ],
    [
      'one reference for two payments',
      ({ bank }) => {
        bank.conflicts = ['E1'];
      },
      /used for two payments/,
    ],
    [
      'one key for two requests',
      ({ broker }) => {
        broker.keysWithAnotherBody = ['K'];
      },
      /key K used for two things/,
    ],
  ];
  it.each(doctored)('is wrong when doctored: %s', (_name, doctor, emits) => {
    const books = paidBooks();
    doctor(books);
    const verdict = judged(books);
    expect(problemsOf(verdict)).toMatch(emits);
    expect(verdict.ok).toBe(false);
  });

  it('is not over while a journey is open, and then nothing is good', () => {
    const verdict = judged(paidBooks(), { ...nobody, journeys: [journey({ reason: 'it takes time' })] });
    expect(verdict).toMatchObject({ ok: false, customers: [{ end: 'under way', problems: ['payout is Transferring (it takes time)'] }] });
    expect(judged(paidBooks(), { ...nobody, journeys: [journey({ journey: 'portfolio', status: 'Idle' })] }).ok).toBe(true);
  });

  it('is missed when the books do not know the customer', () => {
    const books = paidBooks();
    books.investSuite.portfolios = [];
    expect(() => judged(books)).toThrow('know nothing of P1');
  });

  it('nobody at all is no success', () => {
    expect(judge([], paidBooks(), nobody).ok).toBe(false);
  });
});

describe('everything', () => {
  const all = (): Mutable<Books> => {
    const books = paidBooks();
    books.broker.accounts[0]!.cash.booked = ZERO;
    books.investSuite.portfolios[0]!.holdings = { $USD: ZERO };
    return books;
  };
  it('is paid when nothing is left', () => {
    expect(judged(all(), nobody, everything)).toMatchObject({ ok: true, customers: [{ asked: 'everything', end: 'paid' }] });
  });
  it('is wrong while cash or a position is left', () => {
    expect(problemsOf(judged(paidBooks(), nobody, everything))).toMatch(/everything was asked for; 750 and 0 positions are left/);
    const books = all();
    books.broker.accounts[0]!.positions = { X: d('0.5') };
    expect(problemsOf(judged(books, nobody, everything))).toMatch(/1 positions are left/);
  });
});

describe('a divest request that was called off', () => {
  it('is good when nothing moved', () => {
    const books = paidBooks();
    books.bank.creditors = [];
    books.bank.totals.settledSum = ZERO;
    books.broker.accounts[0]!.cashOuts = { count: 0, sum: ZERO, returnedCount: 0, returnedSum: ZERO };
    books.broker.totals.cashOutSum = ZERO;
    Object.assign(books.investSuite.portfolios[0]!, {
      asked: ZERO,
      withdrawn: ZERO,
      withdrawals: [],
      notifications: { count: 0, total: ZERO, amounts: [], repeatedCalls: 0 },
    });
    const calledOff: PlannedCustomer = {
      ...plan,
      requests: [...plan.requests, { afterMs: 1, request: { action: 'cancel' } }],
      asked: ZERO,
    };
    expect(problemsOf(judged(books, nobody, calledOff))).toBe('');
    expect(judged(books, nobody, calledOff)).toMatchObject({ ok: true, customers: [{ end: 'called off', paid: '0' }] });
  });
});

describe('a customer who waits for a person', () => {
  it('is good with a reason, and explains the difference of the books', () => {
    const verdict = judged(refusedBooks(), heldPayout);
    expect(verdict).toMatchObject({
      ok: true,
      customers: [{ end: 'waits for a person', waitsFor: 'an answer to PayCounterAccount', reason: 'the bank refused: AC04' }],
    });
    expect(verdict.books.differences).toMatchObject({
      brokerLessBank: '250',
      explained: [{ number: 1, brokerLessBank: '250', why: 'the bank refused: AC04' }],
      unexplained: { brokerLessBank: '0', bankLessInvestSuite: '0' },
    });
  });

  it('must have a reason', () => {
    const silent: Facts = { ...heldPayout, journeys: [journey({})], parked: [{ ...heldPayout.parked[0]!, note: null }] };
    expect(problemsOf(judged(refusedBooks(), silent))).toMatch(/without a reason/);
  });

  it('may wait for a dead letter, or for the end of a review or a return', () => {
    const letter: Facts = {
      ...nobody,
      deadLetters: [{ eventId: 'e', service: 'withdrawal', portfolioId: 'P1', reason: 'unreadable', waiting: '1' }],
    };
    for (const facts of [
      letter,
      { ...nobody, journeys: [journey({ status: 'Returned', reason: 'AC04' })] },
      { ...nobody, journeys: [journey({ journey: 'lost-request', status: 'AwaitingReview', reason: 'r' })] },
    ])
      expect(judged(refusedBooks(), facts)).toMatchObject({ ok: true, customers: [{ end: 'waits for a person' }] });
  });

  it('is forgotten when nobody is told to look: a wait for something else is no wait for a person', () => {
    const verdict = judged(refusedBooks(), {
      ...nobody,
      journeys: [journey({ journey: 'withdrawal', status: 'AwaitingCash', waitsFor: 'sales to settle', reason: 'USD 250 is asked for' })],
    });
    expect(verdict).toMatchObject({ ok: false, customers: [{ end: 'under way' }] });
  });

  it("never excuses another customer's difference, nor too much money", () => {
    const other: Facts = {
      ...heldPayout,
      journeys: heldPayout.journeys.map((one) => ({ ...one, portfolioId: 'P2' })),
      parked: heldPayout.parked.map((one) => ({ ...one, portfolioId: 'P2' })),
    };
    expect(judged(refusedBooks(), other).ok).toBe(false);
    const books = paidBooks();
    books.bank.creditors[0]!.settledSum = d('500');
    expect(judged(books, heldPayout).ok).toBe(false);
  });
});
