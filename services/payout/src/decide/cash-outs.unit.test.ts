import { describe, expect, it } from '@jest/globals';
import { listedCashOut } from '../../../../test/builders/known-cash-outs.js';
import { askAboutUnknown, becauseUnknown, isBecauseUnknown, unknownCashOuts } from './cash-outs.js';

const nothing = { cashOutIds: [], named: [] };
const ids = (listed: ReturnType<typeof unknownCashOuts>): readonly string[] => listed.map(({ cashOutId }) => cashOutId);

describe('a cash-out that the broker lists', () => {
  it.each(['pending', 'unclear', 'needs-approval', 'done', 'returned'] as const)(
    'is unknown while it is %s, and nobody knows it [B2]',
    (status) => {
      expect(ids(unknownCashOuts([listedCashOut({ status })], nothing))).toEqual(['CO1']);
    },
  );
  it('is in nobody’s way once it has failed', () => {
    expect(unknownCashOuts([listedCashOut({ status: 'failed' })], nothing)).toEqual([]);
  });
  it('is ours by our key, or by its id', () => {
    expect(unknownCashOuts([listedCashOut({ key: 'po1:CreateCashOut' })], nothing)).toEqual([]);
    expect(unknownCashOuts([listedCashOut()], { ...nothing, cashOutIds: ['CO1'] })).toEqual([]);
  });
  it('is known once people have named it, whole', () => {
    const named = (text: string): readonly string[] =>
      ids(unknownCashOuts([listedCashOut({ cashOutId: 'DW-17' })], { ...nothing, named: [text] }));
    for (const text of ['DW-17', 'made by the desk on 3 March: DW-17.b, DW-17', 'seen (DW-17), fine']) expect(named(text)).toEqual([]);
    for (const text of ['', 'DW-1', 'DW-171', 'XDW-17', 'known']) expect(named(text)).toEqual(['DW-17']);
  });
});

describe('the words about cash-outs that are not known', () => {
  const many = Array.from({ length: 9 }, (_, n) =>
    listedCashOut({ cashOutId: `DW-${String(n)}`, createdAt: `2026-03-0${String(9 - n)}T09:00:00Z` }),
  );
  it('name the oldest first, and how many there are', () => {
    const words = becauseUnknown(many);
    expect(words).toMatch(/: DW-8 of EUR 250, done, made 2026-03-01T09:00:00Z; DW-7 .*; DW-6 .*; and 6 more$/);
    expect(becauseUnknown([...many].reverse())).toBe(words);
  });
  it('fit into what people read, with what each of their answers does', () => {
    const longest = many.map((one) => ({ ...one, cashOutId: `MWAA000123-1772614800000-${one.cashOutId}` }));
    const words = askAboutUnknown(becauseUnknown(longest), 'the cash-out was called off at the broker');
    expect(words.length).toBeLessThan(470);
    expect(words).toMatch(/^the broker shows .*"send-again".*"rejected": the cash-out was called off/);
  });
  it('say what the broker does not show', () => {
    expect(becauseUnknown([listedCashOut({ amount: null, createdAt: null })])).toMatch(
      /: CO1 of an amount that it does not show, done, made at a time that it does not show$/,
    );
  });
  it('are told from other refusals', () => {
    expect(isBecauseUnknown(becauseUnknown(many))).toBe(true);
    for (const other of ['not sent: the divest request was called off', 'not-enough-cash', '']) expect(isBecauseUnknown(other)).toBe(false);
  });
});
