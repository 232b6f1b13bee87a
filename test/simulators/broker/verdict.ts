import { absolute, isNegative, plus, sum, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import type { Printable } from '../../../shared/kernel/json.js';
import type { World } from './model.js';

const groups = <Item>(items: readonly Item[], keyOf: (item: Item) => string | null): ReadonlyMap<string, readonly Item[]> => {
  const result = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== null) result.set(key, [...(result.get(key) ?? []), item]);
  }
  return result;
};

const accountVerdict = (world: World, accountNo: string): Printable => {
  const account = world.accounts.get(accountNo);
  if (account === undefined) return null;
  const cash = world.cash(account);
  const rows = world.ledgerOf(account);
  const out = rows.filter((row) => row.type === 'CSD');
  const back = rows.filter((row) => row.type === 'CADJ');
  const placed = world.books.orders.where((line) => line.accountNo === accountNo && line.what === 'placed');
  const fills = world.books.orders.where((line) => line.accountNo === accountNo && line.what === 'filled');
  return {
    accountNo,
    accountID: account.accountId,
    currency: account.currency,
    cash: {
      booked: cash.booked,
      withdrawable: cash.withdrawable,
      pendingSettlement: sum(cash.pendingSettlement.map((row) => row.amount)),
      pendingOut: cash.pendingOut,
    },
    positions: Object.fromEntries(world.units(account)),
    cashOuts: {
      count: out.length,
      sum: absolute(sum(out.map((row) => row.amount))),
      returnedCount: back.length,
      returnedSum: sum(back.map((row) => row.amount)),
    },
    orders: {
      placed: placed.length,
      fills: fills.length,
      open: [...world.orders.values()].filter(
        (order) => order.account.accountNo === accountNo && !['FILLED', 'CANCELED', 'REJECTED', 'EXPIRED'].includes(order.status),
      ).length,
      soldGross: sum(fills.filter((line) => line.side === 'SELL').map((line) => line.gross ?? ZERO)),
      boughtGross: sum(fills.filter((line) => line.side === 'BUY').map((line) => line.gross ?? ZERO)),
    },
  };
};

/** What the broker's own books say. Nothing of what the product believes is asked. */
export const verdictOf = (world: World): Printable => {
  const created = world.books.redemptions.where((line) => line.what === 'created');
  const placed = world.books.orders.where((line) => line.what === 'placed');
  const success = new Set(world.books.redemptions.where((line) => line.status === 'SUCCESSFUL').map((line) => line.redemptionId));
  const failed = new Set(
    world.books.redemptions.where((line) => line.status === 'FAILED' || line.status === 'RIA_REJECTED').map((line) => line.redemptionId),
  );
  const repeated = <Item extends { readonly key: string | null }>(items: readonly Item[]): readonly string[] =>
    [...groups(items, (item) => item.key)].filter(([, list]) => list.length > 1).map(([key]) => key);
  const sameNote = [
    ...groups(
      created.filter((line) => !failed.has(line.redemptionId)),
      (line) => line.note,
    ),
  ].filter(([, list]) => list.length > 1);
  const alike = [
    ...groups(placed, (line) => [line.accountNo, line.isin, line.side, line.units ?? '', line.amountCash ?? ''].join(' ')),
  ].filter(([, list]) => list.length > 1);
  const out: Decimal = sum(created.filter((line) => success.has(line.redemptionId)).map((line) => line.amount));
  const accounts = [...world.accounts.keys()].map((accountNo) => accountVerdict(world, accountNo));
  return {
    accounts,
    totals: {
      orders: placed.length,
      redemptions: created.length,
      cashOuts: success.size,
      cashOutSum: out,
      tokens: world.books.tokens.all().length,
    },
    duplicates: {
      orderKeys: repeated(placed),
      redemptionKeys: repeated(created),
      redemptionNotes: sameNote.map(([note, list]) => ({
        note,
        redemptionIDs: list.map((line) => line.redemptionId),
        accountNo: list[0]?.accountNo ?? null,
      })),
    },
    /** Not wrong by themselves: two equal orders may both be meant. */
    lookAlikes: alike.map(([, list]) => ({ accountNo: list[0]?.accountNo ?? null, orderIDs: list.map((line) => line.orderId) })),
    keysWithAnotherBody: world.books.keys.where((line) => !line.sameBody).map((line) => line.key),
    requests: world.arrivals.counts(),
    strikes: Object.fromEntries([...groups(world.books.strikes.all(), (line) => line.fault)].map(([fault, list]) => [fault, list.length])),
    booksAgree: booksAgree(world),
  };
};

/** The broker's own sums hold: no negative cash, and every cash-out has its ledger row. */
const booksAgree = (world: World): boolean => {
  const rows = world.books.ledger.all();
  const out = new Set(rows.filter((row) => row.type === 'CSD').map((row) => row.redemptionId));
  const success = world.books.redemptions.where((line) => line.what === 'status' && line.status === 'SUCCESSFUL');
  const balance = new Map<string, Decimal>();
  for (const row of rows) balance.set(row.accountNo, plus(balance.get(row.accountNo) ?? ZERO, row.amount));
  return (
    success.every((line) => out.has(line.redemptionId)) &&
    success.length === out.size &&
    [...balance.values()].every((value) => !isNegative(value))
  );
};
