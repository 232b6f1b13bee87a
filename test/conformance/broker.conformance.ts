/** What every broker adapter has to keep, written once against `BrokerPort` and what a kit can make happen. */
import { setTimeout as pause } from 'node:timers/promises';
import { looked } from '../../services/rebalancing/src/decide/correction.rules.js';
import { compare, decimal, minus, plus, sum, type Decimal } from '../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../shared/kernel/ids.js';
import { instantMs } from '../../shared/kernel/instant.js';
import type { Currency } from '../../shared/kernel/money.js';
import type { Outcome } from '../../shared/kernel/outcome.js';
import type { BrokerPort, CashOutRequest, CorrectedParty, ListedCashOut, OrderRequest, OwnCashOuts } from '../../shared/ports/broker.js';
import { PATIENT_MS, sendingOf } from './carry.js';
import { correctionOf, watchOrder } from './order-watch.js';
import { demand, NotApplicable, until, type AnyKit, type Scenario } from './suite.js';
import { writeScenarios, type Bench, type LeverOf } from './write-scenarios.js';

export const BROKER_WRITES = ['placeOrder', 'createCashOut', 'approveCashOut'] as const;
export type BrokerWrite = (typeof BROKER_WRITES)[number];

/** What can be made to happen at the broker besides what can be done to one write. */
export type BrokerLever =
  | LeverOf<BrokerWrite>
  | 'fill'
  | 'ask to cancel'
  | 'cancel'
  | 'bust'
  | 'cancel and rebill'
  | 'orders stay open'
  | 'a fee that nobody told'
  | 'cash later than the settle date'
  | 'unlisted order status'
  | 'unlisted cash-out status'
  | 'cash-out comes back'
  | 'note lost'
  | 'events'
  | 'events twice'
  | 'events out of order'
  | 'events lost'
  | 'replay events from a cursor'
  | 'many orders';

export type BrokerBooks = {
  readonly orders: () => readonly { readonly orderId: string; readonly units: Decimal | null }[];
  readonly fills: (orderId: string) => readonly { readonly units: Decimal; readonly gross: Decimal }[];
  readonly cashOuts: () => readonly { readonly cashOutId: string; readonly amount: Decimal }[];
  readonly approvals: () => number;
  readonly logins: () => number;
  readonly cash: () => { readonly booked: Decimal; readonly withdrawable: Decimal };
  /** Units of the instrument that the account holds. */
  readonly units: () => Decimal;
};

export type BrokerKit = AnyKit<BrokerLever> & {
  readonly broker: BrokerPort;
  /** Holds 100 units of the instrument and 500.10 in cash; nothing else has happened in it. */
  readonly account: BrokerAccountId;
  readonly instrument: InstrumentId;
  readonly currency: Currency;
  readonly books: BrokerBooks;
  readonly bench: (operation: string) => Promise<Bench>;
  readonly make: (
    lever: BrokerLever,
    details?: {
      readonly times?: number;
      readonly delayMs?: number;
      readonly orderId?: string;
      readonly units?: Decimal;
      readonly cashOutId?: string;
    },
  ) => Promise<void>;
  /** What the product makes of the events heard so far, in the order they came: the references to look at. Waits for no more. */
  readonly notifications: () => readonly string[];
  /** Whose trades were corrected, as the product understands the events heard so far. */
  readonly corrections: () => readonly CorrectedParty[];
};

type BrokerScenario = Scenario<BrokerKit, BrokerLever>;

const soon = (): AbortSignal => AbortSignal.timeout(PATIENT_MS);
const resultOf = <Result>(outcome: Outcome<Result>, what: string): Result => {
  demand(outcome.kind === 'applied', `${what} has to be answered`, outcome);
  return (outcome as Extract<Outcome<Result>, { kind: 'applied' }>).result;
};

const sale = (kit: BrokerKit, units = '4'): OrderRequest => ({
  account: kit.account,
  instrument: kit.instrument,
  side: 'sell',
  size: { by: 'units', units: decimal(units) },
});
const cashOut = (kit: BrokerKit, amount = '100'): CashOutRequest => ({
  account: kit.account,
  amount: { amount: decimal(amount), currency: kit.currency },
});
const placed = async (kit: BrokerKit, key: string, request = sale(kit)): Promise<string> =>
  resultOf(await kit.broker.placeOrder(request, sendingOf(key)), 'an order').orderId;
const created = async (kit: BrokerKit, key: string, request = cashOut(kit)): Promise<string> =>
  resultOf(await kit.broker.createCashOut(request, sendingOf(key)), 'a cash-out').cashOutId;
const approved = async (kit: BrokerKit, cashOutId: string): Promise<void> => {
  resultOf(await kit.broker.approveCashOut(cashOutId, sendingOf('approve')), 'an approval');
};
const listedBy = async (kit: BrokerKit, sinceMs: number, ours: OwnCashOuts): Promise<readonly ListedCashOut[]> =>
  resultOf(await kit.broker.readCashOuts(kit.account, sinceMs, ours, soon()), 'the cash-outs');
const grossOf = (fills: readonly { readonly gross: Decimal }[]): Decimal => sum(fills.map(({ gross }) => gross));

/** The order's story as the product knows it is the one in the broker's books. */
const knownAsBooked = (kit: BrokerKit, orderId: string, watch: ReturnType<typeof watchOrder>): void => {
  const booked = kit.books.fills(orderId);
  const { fills } = watch.state();
  demand(watch.held() === null, 'nobody has to be asked', watch.held() ?? '');
  demand(fills.length === booked.length, 'every fill is known, once', `${String(fills.length)} of ${String(booked.length)}`);
  demand(compare(grossOf(fills), grossOf(booked)) === 0, 'the fills are worth what was booked', `${grossOf(fills)} for ${grossOf(booked)}`);
};

const untilEnd = (watch: ReturnType<typeof watchOrder>): Promise<true> =>
  until('the order at its end', async () => {
    await watch.look();
    return watch.state().status === 'FollowingOrder' && watch.held() === null ? null : true;
  });

/** An order of four units that fills only when it is told to. */
const openOrder = async (kit: BrokerKit): Promise<{ readonly orderId: string; readonly watch: ReturnType<typeof watchOrder> }> => {
  await kit.make('orders stay open', { times: 1 });
  const orderId = await placed(kit, 'order-1');
  return { orderId, watch: watchOrder(kit.broker, sale(kit), orderId) };
};
const aboutOf = (kit: BrokerKit, orderId: string, from: number): readonly string[] =>
  kit
    .notifications()
    .slice(from)
    .filter((notification) => notification === orderId);

const EVENTS: readonly BrokerScenario[] = [
  {
    name: 'duplicate event',
    needs: ['events', 'events twice', 'orders stay open', 'fill'],
    run: async (kit) => {
      await kit.make('events twice');
      const { orderId, watch } = await openOrder(kit);
      for (const units of ['1', '1', '2']) {
        const before = kit.notifications().length;
        await kit.make('fill', { orderId, units: decimal(units) });
        await until('the fill was told twice', () => (aboutOf(kit, orderId, before).length >= 2 ? true : null));
        for (const _hint of aboutOf(kit, orderId, before)) await watch.look();
      }
      await untilEnd(watch);
      knownAsBooked(kit, orderId, watch);
    },
  },
  {
    name: 'FILLED before PARTIAL',
    needs: ['events', 'events out of order', 'orders stay open', 'fill'],
    run: async (kit) => {
      const { orderId, watch } = await openOrder(kit);
      await kit.make('fill', { orderId, units: decimal('1') });
      await watch.look();
      await kit.make('events out of order', { times: 1 });
      const before = kit.notifications().length;
      for (const units of ['1', '2']) await kit.make('fill', { orderId, units: decimal(units) });
      await until('both fills were told', () => (aboutOf(kit, orderId, before).length >= 2 ? true : null));
      for (const _hint of aboutOf(kit, orderId, before)) await watch.look();
      await untilEnd(watch);
      knownAsBooked(kit, orderId, watch);
    },
  },
  {
    name: 'event gap: every event is lost',
    needs: ['events', 'events lost', 'orders stay open', 'fill'],
    run: async (kit) => {
      await kit.make('events lost');
      const { orderId, watch } = await openOrder(kit);
      // Seen once before its end: whoever keeps the first look never learns of the rest.
      await kit.make('fill', { orderId, units: decimal('1') });
      await watch.look();
      await kit.make('fill', { orderId });
      await untilEnd(watch);
      demand(!kit.notifications().includes(orderId), 'nothing was told, or this tests nothing', kit.notifications());
      knownAsBooked(kit, orderId, watch);
    },
  },
  {
    name: 'event gap: replay from a cursor',
    needs: ['replay events from a cursor'],
    run: async (kit) => {
      await kit.make('replay events from a cursor');
      throw new NotApplicable('no adapter has such a feed yet: write this with the first that has');
    },
  },
];

const ORDERS: readonly BrokerScenario[] = [
  {
    name: 'cancel/fill race: a part fills while the cancel is on its way',
    needs: ['orders stay open', 'fill', 'ask to cancel', 'cancel'],
    run: async (kit) => {
      const { orderId, watch } = await openOrder(kit);
      await kit.make('ask to cancel', { orderId });
      const asked = resultOf(await kit.broker.readOrder(kit.account, orderId, soon()), 'the order');
      demand(asked.status === 'open', 'a cancel that was asked for is no end', asked.brokerStatus);
      await kit.make('fill', { orderId, units: decimal('1.5') });
      await watch.look();
      await kit.make('cancel', { orderId });
      await untilEnd(watch);
      demand(watch.state().brokerStatus === 'cancelled', 'it ends as the broker says', watch.state().brokerStatus);
      knownAsBooked(kit, orderId, watch);
    },
  },
  {
    name: 'cancel/fill race: all of it fills first',
    needs: ['orders stay open', 'fill', 'ask to cancel'],
    run: async (kit) => {
      const { orderId, watch } = await openOrder(kit);
      await kit.make('ask to cancel', { orderId });
      await watch.look();
      await kit.make('fill', { orderId });
      await untilEnd(watch);
      demand(watch.state().brokerStatus === 'filled', 'it ends as the broker says', watch.state().brokerStatus);
      knownAsBooked(kit, orderId, watch);
    },
  },
  {
    name: 'partial then cancel',
    needs: ['orders stay open', 'fill', 'cancel'],
    run: async (kit) => {
      const { orderId, watch } = await openOrder(kit);
      await kit.make('fill', { orderId, units: decimal('1') });
      await watch.look();
      demand(watch.state().fills.length === 1, 'a fill is known while the order is open', watch.state());
      await kit.make('cancel', { orderId });
      await untilEnd(watch);
      demand(watch.state().brokerStatus === 'cancelled', 'it ends as the broker says', watch.state().brokerStatus);
      knownAsBooked(kit, orderId, watch);
    },
  },
  {
    name: 'bust after settle',
    needs: ['bust'],
    run: async (kit) => {
      const orderId = await placed(kit, 'order-1');
      await until('settled', async () => {
        const settlement = await kit.broker.readSettlement(kit.account, orderId, soon());
        return settlement.kind === 'applied' && settlement.result.settled ? true : null;
      });
      const unitsBefore = kit.books.units();
      await kit.make('bust', { orderId });
      demand(compare(kit.books.units(), unitsBefore) > 0, 'the units are back, or this tests nothing', kit.books.units());
      await showsCashAsBooked(kit);
      const positions = resultOf(await kit.broker.readPositions(kit.account, soon()), 'positions');
      const units = positions.find(({ instrument }) => instrument === kit.instrument)?.units ?? '0';
      demand(compare(units as Decimal, kit.books.units()) === 0, 'positions are those in the books', positions);
      const more = plus(kit.books.cash().withdrawable, decimal('0.01'));
      const refused = await kit.broker.createCashOut(cashOut(kit, more), sendingOf('out-1'));
      demand(refused.kind === 'rejected' && kit.books.cashOuts().length === 0, 'cash that was taken back cannot leave', refused);
    },
  },
  {
    name: 'a trade is taken back before it is settled: it is never called so',
    needs: ['bust'],
    run: async (kit) => {
      const orderId = await placed(kit, 'order-1');
      const watch = watchOrder(kit.broker, sale(kit), orderId);
      await until('it is filled', () => (kit.books.fills(orderId).length > 0 ? true : null));
      await kit.make('bust', { orderId });
      await until('people are asked', async () => {
        await watch.look();
        demand(watch.state().status !== 'Settled', 'it does not go on', watch.state().status);
        return watch.held() === null ? null : true;
      });
      const settlement = resultOf(await kit.broker.readSettlement(kit.account, orderId, soon()), 'the settlement');
      demand(settlement.takenBack !== null, 'who asks for settlement is told', settlement);
    },
  },
  {
    name: 'a trade that was called settled is corrected: the event leads to it',
    needs: ['events', 'cancel and rebill'],
    run: async (kit) => {
      const sinceMs = Date.now() - 60_000;
      const [first] = [await placed(kit, 'order-1'), await placed(kit, 'order-2', sale(kit, '3'))];
      await until('settled', async () => {
        const settlement = await kit.broker.readSettlement(kit.account, first, soon());
        return settlement.kind === 'applied' && settlement.result.settled ? true : null;
      });
      await kit.make('cancel and rebill', { orderId: first });
      const party = await until('the correction was told', () => kit.corrections().at(-1) ?? null);
      const seen = resultOf(await kit.broker.readCorrections(party, sinceMs, soon()), 'the corrections');
      demand(seen.looked === 2, 'every recent order is looked at', seen);
      demand(seen.orders.length === 1 && seen.orders[0]?.orderId === first, 'the corrected one is found, and no other', seen);
      const next = looked(correctionOf(party), seen);
      demand('to' in next && next.to === 'WithPeople', 'people see it', next);
    },
  },
  {
    name: 'unknown status value of an order',
    needs: ['unlisted order status'],
    run: async (kit) => {
      const orderId = await placed(kit, 'order-1');
      await until('it is filled', () => (kit.books.fills(orderId).length > 0 ? true : null));
      await kit.make('unlisted order status', { times: 1 });
      const read = await kit.broker.readOrder(kit.account, orderId, soon());
      demand(read.kind === 'retryable' || (read.kind === 'applied' && read.result.status === 'open'), 'unlisted is no end', read);
      await kit.make('unlisted order status', { times: 1 });
      const settlement = await kit.broker.readSettlement(kit.account, orderId, soon());
      demand(settlement.kind !== 'applied' || !settlement.result.settled, 'unlisted is not settled', settlement);
    },
  },
  {
    name: 'holiday between market and bank calendars',
    needs: ['cash later than the settle date'],
    run: async (kit) => {
      await kit.make('cash later than the settle date', { times: 1, delayMs: 1_500 });
      const before = kit.books.cash().withdrawable;
      const orderId = await placed(kit, 'order-1');
      await until('the cash can leave', async () => {
        const settlement = await kit.broker.readSettlement(kit.account, orderId, soon());
        const isThere = compare(kit.books.cash().withdrawable, before) > 0;
        const settled = settlement.kind === 'applied' && settlement.result.settled;
        // Read after the settlement was: cash that came in between is no excuse.
        demand(!settled || isThere, 'a sale is not settled while its cash cannot leave', settlement);
        return settled ? true : null;
      });
    },
  },
  {
    name: 'holiday: a sale of another day does not hold up one that has settled',
    needs: ['cash later than the settle date'],
    run: async (kit) => {
      const first = await placed(kit, 'order-1');
      await until('the first is filled', () => (kit.books.fills(first).length > 0 ? true : null));
      await pause(100);
      // Far beyond the patience below: on a busy machine one look may take seconds.
      await kit.make('cash later than the settle date', { times: 1, delayMs: 60_000 });
      const second = await placed(kit, 'order-2', sale(kit, '3'));
      await until('the second is filled', () => (kit.books.fills(second).length > 0 ? true : null));
      await until(
        'the first is settled',
        async () => {
          const settlement = await kit.broker.readSettlement(kit.account, first, soon());
          return settlement.kind === 'applied' && settlement.result.settled ? true : null;
        },
        6_000,
      );
    },
  },
  {
    name: 'pagination: one of many orders is found, and read with its own fills',
    needs: ['many orders', 'placeOrder: done, and the line is cut'],
    run: async (kit) => {
      const startedMs = Date.now();
      const first = await placed(kit, 'order-1', sale(kit, '2'));
      await kit.make('many orders', { times: MANY });
      const bench = await kit.bench('placeOrder');
      await bench.make('done, and the line is cut', { times: 1 });
      const last = sale(kit, '3');
      const outcome = await kit.broker.placeOrder(last, sendingOf('order-3'));
      demand(outcome.kind === 'unknown', 'a lost answer is unknown', outcome);
      await until('all are filled', () => (kit.books.orders().every(({ orderId }) => kit.books.fills(orderId).length > 0) ? true : null));
      const found = await kit.broker.findOrder(last, sendingOf('order-3', startedMs));
      const id = kit.books.orders().at(-1)?.orderId;
      demand(found.found === 'applied' && found.result.orderId === id, 'it is on the last page', found);
      const report = resultOf(await kit.broker.readOrder(kit.account, first, soon()), 'the first order');
      demand(compare(grossOf(report.fills), grossOf(kit.books.fills(first))) === 0, 'its ledger rows are its own', report.fills);
      const again = await kit.broker.findOrder(sale(kit, '2'), sendingOf('order-1', startedMs));
      demand(again.found === 'applied' && again.result.orderId === first, 'it is on the first page', again);
    },
  },
];

const MANY = 230;

const showsCashAsBooked = async (kit: BrokerKit): Promise<void> => {
  const cash = resultOf(await kit.broker.readCash(kit.account, soon()), 'cash');
  const booked = kit.books.cash();
  demand(compare(cash.withdrawable, booked.withdrawable) === 0, 'withdrawable is what the broker lets go', { cash, booked });
};

const CASH: readonly BrokerScenario[] = [
  {
    name: 'withdrawable < expected (fees)',
    needs: ['a fee that nobody told'],
    run: async (kit) => {
      await kit.make('a fee that nobody told', { times: 1 });
      const before = kit.books.cash().withdrawable;
      const orderId = await placed(kit, 'order-1');
      await until('the cash is there', () => (compare(kit.books.cash().withdrawable, before) > 0 ? true : null));
      const report = resultOf(await kit.broker.readOrder(kit.account, orderId, soon()), 'the order');
      const fees = sum(report.fills.flatMap((fill) => fill.fees.map(({ amount }) => amount)));
      const expected = plus(before, minus(grossOf(report.fills), fees));
      demand(compare(expected, kit.books.cash().withdrawable) > 0, 'less is there than the fills say, or this tests nothing', expected);
      await showsCashAsBooked(kit);
      const tooMuch = await kit.broker.createCashOut(cashOut(kit, expected), sendingOf('out-1'));
      demand(tooMuch.kind === 'rejected' && kit.books.cashOuts().length === 0, 'more than is there is refused', tooMuch);
      await created(kit, 'out-2', cashOut(kit, kit.books.cash().withdrawable));
    },
  },
  {
    name: 'unknown status value of a cash-out',
    needs: ['unlisted cash-out status'],
    run: async (kit) => {
      const cashOutId = await created(kit, 'out-1');
      await kit.make('unlisted cash-out status');
      const read = resultOf(await kit.broker.readCashOut(cashOutId, soon()), 'the cash-out');
      demand(read.status === 'unclear' || read.status === 'pending', 'unlisted is no end, and no approval', read);
      const answer = await kit.broker.approveCashOut(cashOutId, sendingOf('approve-1'));
      const believed = answer.kind === 'applied' && answer.result.status !== 'unclear';
      demand(!believed || kit.books.approvals() === 1, 'what is not known is not approved', answer);
      demand(answer.kind !== 'rejected', 'what is not known is not refused', answer);
    },
  },
  {
    name: 'returned after confirmed',
    needs: ['cash-out comes back'],
    run: async (kit) => {
      const cashOutId = await created(kit, 'out-1');
      await approved(kit, cashOutId);
      const seen = new Set<string>();
      const untilSeen = (status: string): Promise<true> =>
        until(status, async () => {
          const read = await kit.broker.readCashOut(cashOutId, soon());
          if (read.kind === 'applied') seen.add(read.result.status);
          return seen.has(status) ? true : null;
        });
      await untilSeen('done');
      await kit.make('cash-out comes back', { cashOutId });
      await untilSeen('returned');
      demand(!seen.has('failed'), 'it was done, and then it came back', [...seen]);
      const found = await kit.broker.findCashOut(cashOut(kit), sendingOf('out-1'));
      demand(found.found === 'rejected', 'money that came back has not left', found);
      await showsCashAsBooked(kit);
    },
  },
  {
    name: 'two equal orders in the same minute: none is taken for the other',
    needs: ['placeOrder: done, and the line is cut'],
    run: async (kit) => {
      const first = await placed(kit, 'order-1');
      const bench = await kit.bench('placeOrder');
      await bench.make('done, and the line is cut', { times: 1 });
      await kit.broker.placeOrder(sale(kit), sendingOf('order-2'));
      const found = await kit.broker.findOrder(sale(kit), sendingOf('order-2', Date.now() - 1_000));
      demand(kit.books.orders().length === 2, 'both were placed, or this tests nothing', kit.books.orders());
      const second = kit.books.orders().at(-1)?.orderId ?? '';
      demand(isOwnOrAmbiguous(found, second), 'it is certain, or people are asked', { found, first, second });
    },
  },
  {
    name: 'two equal orders in the same minute: the other one was never ours to take',
    needs: ['placeOrder: nothing done, and the line is cut'],
    run: async (kit) => {
      const first = await placed(kit, 'order-1');
      const bench = await kit.bench('placeOrder');
      await bench.make('nothing done, and the line is cut', { times: 1 });
      await kit.broker.placeOrder(sale(kit), sendingOf('order-2'));
      const found = await kit.broker.findOrder(sale(kit), sendingOf('order-2', Date.now() - 1_000));
      const isTaken = found.found === 'applied' && found.result.orderId === first;
      demand(!isTaken, 'an order that another journey knows as its own is not ours', found);
    },
  },
  {
    name: 'two equal cash-outs in the same minute: none is taken for the other',
    needs: ['createCashOut: done, and the line is cut'],
    run: async (kit) => {
      await created(kit, 'out-1');
      const bench = await kit.bench('createCashOut');
      const before = kit.books.cashOuts().length;
      await bench.make('done, and the line is cut', { times: 1 });
      await kit.broker.createCashOut(cashOut(kit), sendingOf('out-2'));
      const found = await kit.broker.findCashOut(cashOut(kit), sendingOf('out-2', Date.now() - 1_000));
      demand(kit.books.cashOuts().length === before + 1, 'both were made, or this tests nothing', kit.books.cashOuts());
      const second = kit.books.cashOuts().at(-1)?.cashOutId ?? '';
      demand(
        found.found === 'ambiguous' || (found.found === 'applied' && found.result.cashOutId === second),
        'it is certain, or people are asked',
        { found, second },
      );
    },
  },
  {
    name: 'two equal cash-outs in the same minute, one without its note',
    needs: ['note lost', 'createCashOut: nothing done, and the line is cut'],
    run: async (kit) => {
      await kit.make('note lost', { times: 1 });
      await created(kit, 'out-1');
      const bench = await kit.bench('createCashOut');
      await bench.make('nothing done, and the line is cut', { times: 1 });
      await kit.broker.createCashOut(cashOut(kit), sendingOf('out-2'));
      const found = await kit.broker.findCashOut(cashOut(kit), sendingOf('out-2', Date.now() - 1_000));
      demand(found.found === 'ambiguous', 'one that could be ours is for people', found);
    },
  },
  {
    name: 'recent cash-outs: every one is listed, and our key is read where it stands',
    needs: [],
    run: async (kit) => {
      const sinceMs = Date.now() - 60_000;
      const own = await created(kit, 'out-1', cashOut(kit, '100'));
      const other = await created(kit, 'of somebody else', cashOut(kit, '100'));
      const listed = await listedBy(kit, sinceMs, { keys: ['out-0', 'out-1'], cashOutIds: [] });
      demand(listed.length === kit.books.cashOuts().length, 'none is left out, and none is made up', listed);
      demand(listed.find(({ cashOutId }) => cashOutId === own)?.key === 'out-1', 'ours carries our key', listed);
      demand(listed.find(({ cashOutId }) => cashOutId === other)?.key === null, 'an equal one of somebody else carries none', listed);
      const booked = kit.books.cashOuts().every(({ cashOutId, amount }) => {
        const shown = listed.find((one) => one.cashOutId === cashOutId)?.amount;
        return shown === null || (shown?.currency === kit.currency && compare(shown.amount, amount) === 0);
      });
      demand(booked, 'amounts are those of the books, or not said', listed);
      const isRecent = ({ createdAt }: ListedCashOut): boolean =>
        createdAt === null || Math.abs((instantMs(createdAt) ?? 0) - Date.now()) < 60_000;
      demand(listed.every(isRecent), 'each says when it was made, or does not say it', listed);
      const byId = await listedBy(kit, sinceMs, { keys: [], cashOutIds: [own] });
      demand(byId.length === listed.length, 'one that is known by its id is listed too', byId);
    },
  },
  {
    name: 'recent cash-outs: one whose note is lost carries no key',
    needs: ['note lost'],
    run: async (kit) => {
      await kit.make('note lost', { times: 1 });
      const bare = await created(kit, 'out-1');
      const listed = await listedBy(kit, Date.now() - 60_000, { keys: ['out-1'], cashOutIds: [] });
      demand(listed.length === 1 && listed[0]?.cashOutId === bare, 'it is listed', listed);
      demand(listed[0]?.key === null, 'our key is not guessed', listed);
    },
  },
  {
    name: 'recent cash-outs: one that came back is listed, and older ones are only those that we ask for',
    needs: ['cash-out comes back'],
    run: async (kit) => {
      const cashOutId = await created(kit, 'out-1');
      await approved(kit, cashOutId);
      await until('done', async () => {
        const read = await kit.broker.readCashOut(cashOutId, soon());
        return read.kind === 'applied' && read.result.status === 'done' ? true : null;
      });
      await kit.make('cash-out comes back', { cashOutId });
      const listed = await until('it came back', async () => {
        const rows = await listedBy(kit, Date.now() - 60_000, { keys: [], cashOutIds: [] });
        return rows.length === 1 && rows[0]?.status !== 'done' ? rows : null;
      });
      demand(listed[0]?.status === 'returned', 'it says what has become of it', listed);
      const hourAhead = Date.now() + 3_600_000;
      const older = await listedBy(kit, hourAhead, { keys: [], cashOutIds: [] });
      demand(
        older.every(({ createdAt }) => createdAt === null),
        'what is known to be older is left out',
        older,
      );
      const wanted = await listedBy(kit, hourAhead, { keys: [], cashOutIds: [cashOutId] });
      demand(wanted.length === 1, 'ours is there, however old', wanted);
    },
  },
  {
    name: 'many at once cause one login',
    needs: [],
    run: async (kit) => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, i) => kit.broker.placeOrder(sale(kit, '1'), sendingOf(`order-${String(i)}`))),
      );
      demand(
        outcomes.every(({ kind }) => kind === 'applied') && kit.books.orders().length === outcomes.length,
        'each happens once',
        outcomes,
      );
      demand(kit.books.logins() === 1, 'one login is enough for all', kit.books.logins());
    },
  },
];

const isOwnOrAmbiguous = (found: Awaited<ReturnType<BrokerPort['findOrder']>>, own: string): boolean =>
  found.found === 'ambiguous' || (found.found === 'applied' && found.result.orderId === own);

export const brokerConformance: readonly BrokerScenario[] = [
  ...BROKER_WRITES.flatMap((operation) => writeScenarios<BrokerKit, BrokerWrite>(operation)),
  ...EVENTS,
  ...ORDERS,
  ...CASH,
];
