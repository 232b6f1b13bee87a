import { compare, isNegative, negated, sum, type Decimal } from '../../../shared/kernel/decimal.js';
import type { Printable } from '../../../shared/kernel/json.js';
import type { Bank } from './bank.js';
import { creditorSums, type PaymentEntry } from './books.js';

const moreThanOnce = <Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly (readonly Item[])[] => {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()].filter((list) => list.length > 1);
};

const sumOf = (lines: readonly PaymentEntry[]): Decimal => sum(lines.map((line) => line.amount));

/** What the bank's own books say. Nothing of what the product believes is asked. */
export const verdictOf = (bank: Bank): Printable => {
  const lines = bank.books.payments.all();
  const created = lines.filter((line) => line.what === 'created');
  const settled = lines.filter((line) => line.what === 'status' && line.status === 'ACSC');
  const returned = lines.filter((line) => line.what === 'returned');
  const refused = lines.filter((line) => line.status === 'RJCT');
  const alive = created.filter((line) => !refused.some((other) => other.paymentId === line.paymentId));
  const debited = sum(bank.books.postings.where((line) => line.what === 'payment' && isNegative(line.amount)).map((line) => line.amount));
  const strikes = new Map<string, number>();
  for (const strike of bank.books.strikes.all()) strikes.set(strike.fault, (strikes.get(strike.fault) ?? 0) + 1);
  return {
    creditors: creditorSums(lines),
    accounts: [...bank.accounts.values()].map((account) => ({
      iban: account.iban,
      currency: account.currency,
      booked: bank.booked(account.iban),
      available: bank.available(account.iban),
    })),
    totals: {
      payments: created.length,
      settled: settled.length,
      settledSum: sumOf(settled),
      returned: returned.length,
      returnedSum: sumOf(returned),
      refused: refused.length,
      onTheWay: alive.length - settled.length,
    },
    duplicates: {
      /** Two payments alive under one reference: somebody was, or will be, paid twice. */
      references: moreThanOnce(alive, (line) => line.endToEndId).map((list) => ({
        endToEndId: list[0]?.endToEndId ?? '',
        creditorIban: list[0]?.creditorIban ?? '',
        count: list.length,
        sum: sumOf(list),
      })),
    },
    /** Not wrong by themselves: two equal payments may both be meant. */
    lookAlikes: moreThanOnce(alive, (line) => `${line.debtorIban} ${line.creditorIban} ${line.amount} ${line.currency}`).map((list) => ({
      creditorIban: list[0]?.creditorIban ?? '',
      endToEndIds: list.map((line) => line.endToEndId),
    })),
    conflicts: bank.books.requests.where((line) => line.what === 'conflict').map((line) => line.endToEndId),
    requests: bank.arrivals.counts(),
    strikes: Object.fromEntries(strikes),
    booksAgree: compare(sumOf(settled), negated(debited)) === 0,
  };
};
