import { describe, expect, it } from '@jest/globals';
import { decimal, ZERO } from '../../shared/kernel/decimal.js';
import { customer, paidBooks, type Mutable } from '../builders/books.js';
import type { Books } from './books.js';
import { differencesAtLast, differencesOf, type CustomerEnd } from './customer-end.js';
import type { JourneyRow, Snapshot } from './snapshot.js';

const withdrawal = (changed: Partial<JourneyRow> = {}): JourneyRow => ({
  service: 'withdrawal',
  id: 'wd-1',
  flow: 'withdrawal',
  subject: 'P1',
  portfolioId: 'P1',
  status: 'Completed',
  ended: true,
  held: null,
  waitsFor: null,
  reason: null,
  ...changed,
});
const snapshotOf = (books: Books, changed: Partial<Snapshot> = {}): Snapshot => ({
  books,
  journeys: [withdrawal()],
  effects: [],
  underWay: [],
  ...changed,
});
const paid: CustomerEnd = { customer, paid: ['250'] };
const differences = (books: Books, end: CustomerEnd = paid, changed: Partial<Snapshot> = {}): string =>
  differencesOf(snapshotOf(books, changed), end).join('\n');

describe('what a test expects of one customer', () => {
  it('is met by books that agree', () => {
    expect(differences(paidBooks())).toBe('');
    expect(differencesAtLast(snapshotOf(paidBooks()))).toEqual([]);
  });

  it.each<readonly [string, CustomerEnd, RegExp]>([
    ['another amount', { ...paid, paid: ['249.99'] }, /paid 250, expected 249.99/],
    ['two payments of the same sum', { ...paid, paid: ['150', '100'], withdrawals: ['Completed'] }, /payments at the bank: 1, not 2/],
    ['nothing', { ...paid, paid: [] }, /paid 250, expected 0/],
    ['everything', { ...paid, paid: 'everything' }, /everything was asked for; 750 and 0 positions are left/],
    ['a level that is left', { ...paid, level: '50' }, /level is still 0, not 50\n.*asked 250, paid 250, left 50/],
    ['a payment that came back', { ...paid, returned: 1 }, /payments that came back: 0, not 1/],
    ['a cash-out that was undone', { ...paid, movedBack: 1 }, /cash-outs that were undone: 0, not 1/],
    ['a withdrawal that waits', { ...paid, withdrawals: ['Paying'] }, /withdrawals are \[Completed\], not \[Paying\]/],
  ])('is missed when it is %s', (_what, end, emits) => {
    expect(differences(paidBooks(), end)).toMatch(emits);
  });

  it('is missed by books that hold more than was expected', () => {
    const books = paidBooks();
    Object.assign(books.bank.creditors[0]!, { returnedCount: 1, returnedSum: decimal('250') });
    Object.assign(books.broker.accounts[0]!.cashOuts, { count: 2, returnedCount: 1, sum: decimal('500'), returnedSum: decimal('250') });
    expect(differences(books)).toMatch(/payments that came back: 1, not 0\n.*cash-outs that were undone: 1, not 0/);
  });

  it('is missed by everything in two payments', () => {
    const books = paidBooks();
    Object.assign(books.bank.creditors[0]!, { settledCount: 2 });
    expect(differences(books, { ...paid, paid: 'everything' })).toMatch(/payments at the bank: 2, not 1/);
  });

  it('is missed by more cash-outs than payments', () => {
    const books = paidBooks();
    books.broker.accounts[0]!.cashOuts.count = 2;
    expect(differences(books)).toMatch(/2 cash-outs, 1 payments/);
  });

  it('is missed as long as the customer is not entered', () => {
    const books = paidBooks();
    books.broker.accounts = [];
    expect(differences(books)).toMatch(/customer 1: not entered yet/);
  });

  it('is missed as long as a journey, a request or a message is under way', () => {
    const open = withdrawal({ id: 'po-1', flow: 'payout', status: 'Transferring', ended: false, reason: 'it takes time' });
    const journeys = [withdrawal(), open];
    const effect = {
      service: 'payout',
      id: 'po-1:Pay',
      journeyId: 'po-1',
      portfolioId: 'P1',
      name: 'Pay',
      status: 'unknown',
      generation: 1,
      note: null,
    };
    expect(differences(paidBooks(), paid, { journeys, effects: [effect] })).toMatch(
      /unfinished: payout po-1 is Transferring \(it takes time\)\n.*unfinished: po-1:Pay is unknown/,
    );
    const underWay = [{ service: 'payout', what: 'inbox', portfolioId: 'P1', note: 'e1' }];
    expect(differences(paidBooks(), paid, { underWay })).toMatch(/unfinished: payout inbox: e1/);
    expect(
      differences(paidBooks(), paid, { journeys: [withdrawal(), withdrawal({ flow: 'portfolio', status: 'Idle', ended: false })] }),
    ).toBe('');
  });
});

describe('the books at last', () => {
  it.each<readonly [string, (books: Mutable<Books>) => void, RegExp]>([
    ['one reference paid twice', ({ bank }) => (bank.duplicates.references = ['E1']), /reference paid twice/],
    ['a payment on its way', ({ bank }) => (bank.totals.onTheWay = 1), /still on their way/],
    ["the bank's own sums", ({ bank }) => (bank.booksAgree = false), /bank's own books/],
    ["the broker's own sums", ({ broker }) => (broker.booksAgree = false), /broker's own books/],
    ['an order placed twice', ({ broker }) => (broker.duplicates.orderKeys = ['K']), /order K placed twice/],
    ['a cash-out made twice', ({ broker }) => (broker.duplicates.redemptionNotes = ['N']), /cash-out made twice/],
    ['a difference that nobody explains', ({ bank }) => (bank.totals.settledSum = ZERO), /differ by 250, and nobody explains it/],
    [
      'a rule of InvestSuite that was broken',
      ({ investSuite }) => (investSuite.violations = [{ kind: 'k' }] as never),
      /violation at InvestSuite/,
    ],
    ['an event that InvestSuite still holds', ({ investSuite }) => (investSuite.pending.heldEvents = 1), /1 heldEvents still to come/],
  ])('are wrong with %s', (_what, doctor, emits) => {
    const books = paidBooks();
    doctor(books);
    expect(differencesAtLast(snapshotOf(books)).join('\n')).toMatch(emits);
  });
});
