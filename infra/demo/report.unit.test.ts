import { describe, expect, it } from '@jest/globals';
import { customer, heldPayout, nobody, paidBooks, plan, refusedBooks } from '../../test/builders/books.js';
import { judge } from '../../test/world/verdict.js';
import { asJson, verdictLines } from './report.js';

describe('the result of the demo', () => {
  it('names who waits for a person, with the reason, in words and as JSON', () => {
    const verdict = judge([{ plan, customer }], refusedBooks(), heldPayout);
    expect(verdictLines(verdict).join('\n')).toContain('#001 waits for an answer to PayCounterAccount: the bank refused: AC04');
    expect(asJson(1, verdict, () => 12)).toMatchObject({
      ok: true,
      customers: [{ number: 1, waitsFor: 'an answer to PayCounterAccount', ms: 12 }],
    });
  });

  it('says why there are more cash-outs than customers', () => {
    const books = paidBooks();
    books.broker.totals.cashOuts = 2;
    expect(verdictLines(judge([{ plan, customer }], books, nobody))).toContain('1 customers, 2 cash-outs: some customers asked twice.');
  });

  it('says that the books agree, or that they do not and why', () => {
    const lines = (books: ReturnType<typeof paidBooks>): string => verdictLines(judge([{ plan, customer }], books, nobody)).join('\n');
    expect(lines(paidBooks())).toMatch(/Nobody waits for a person\.\nThe books agree:/);
    const books = paidBooks();
    books.bank.booksAgree = false;
    expect(lines(paidBooks())).not.toContain('asked twice');
    expect(lines(books)).toMatch(/WRONG: the bank's own books do not agree\nThe books do NOT agree/);
  });
});
