/** How things are made to happen at the simulated DriveWealth, for any adapter that speaks with it. */
import { parseJson, type Printable } from '../../shared/kernel/json.js';
import { decimal, sum } from '../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../shared/kernel/ids.js';
import { currency } from '../../shared/kernel/money.js';
import type { BrokerPort, CashOutRequest, CorrectedParty, OrderRequest } from '../../shared/ports/broker.js';
import { parseEnvelope } from '../../contracts/internal/envelope.js';
import { cashStatusEvents } from '../../services/payout/src/consume/cash-status.js';
import { brokerOrderStatus } from '../../services/rebalancing/src/consume/broker-order-status.js';
import type { CorrectionInput } from '../../services/rebalancing/src/decide/correction.js';
import { driveWealthEvents } from '../../shared/adapters/broker/drivewealth/events.js';
import type { Arrival } from '../../shared/runtime/engine/definition.js';
import { readBrokerConfig } from '../simulators/broker/config.js';
import type { World } from '../simulators/broker/model.js';
import { startBroker } from '../simulators/broker/server.js';
import { callerOf, startEar } from '../simulators/shared/client-for-tests.js';
import { forwarded } from '../support/forwarded.js';
import type { BrokerBooks, BrokerKit, BrokerLever } from './broker.conformance.js';
import { LONGEST_LIFE_MS, sendingOf, TIMEOUT_MS, type Write } from './carry.js';
import type { Bench, LeverDetails, WriteLever } from './write-scenarios.js';

/** What an adapter is told about the simulator. */
export type DriveWealthAddress = {
  readonly baseUrl: string;
  readonly appKey: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly longestLifeMs: number;
  readonly nowMs: () => number;
};
export type MakeBroker = (address: DriveWealthAddress) => BrokerPort & { readonly close: () => void };

const ISIN = 'US8552441094' as InstrumentId;
const ACCOUNT = 'user-1.1602000000000' as BrokerAccountId;
const NO = 'DWMW000001';

const OPERATIONS = { placeOrder: 'create-order', createCashOut: 'create-redemption', approveCashOut: 'approve-redemption' } as const;
type Operation = keyof typeof OPERATIONS;

type FaultRule = { readonly [name: string]: string | number };

const faultOf = (operation: Operation, lever: WriteLever, { times, delayMs }: LeverDetails): FaultRule | null => {
  const common = { operation: OPERATIONS[operation], ...(times === undefined ? {} : { times }) };
  switch (lever) {
    case 'done, and silence':
      return { ...common, fault: 'answer-late', delayMs: 2 * TIMEOUT_MS };
    case 'nothing done, and silence':
      return { ...common, fault: 'never-answer' };
    case 'done, and the line is cut':
      return { ...common, fault: 'apply-and-cut' };
    case 'nothing done, and the line is cut':
      return { ...common, fault: 'cut-before-apply' };
    case 'done, and a server error':
      return { ...common, fault: 'server-error-after-applying' };
    case 'nothing done, and a server error':
      return { ...common, fault: 'server-error-before-applying' };
    case 'done, and half an answer':
      return { ...common, fault: 'garbled-answer' };
    case 'arrives late':
      return { ...common, fault: 'apply-late', delayMs: delayMs ?? LONGEST_LIFE_MS };
    case 'key forgotten':
      return { ...common, fault: 'forget-the-key' };
    case 'too many requests':
      return { ...common, fault: 'too-many-requests', detail: String((delayMs ?? 0) / 1_000) };
    case 'login ends':
      return null;
  }
};

const booksOf = (world: () => World): BrokerBooks => {
  const account = (): Parameters<World['cash']>[0] => {
    const found = world().accountBy(ACCOUNT);
    if (found === null) throw new Error('the account of the kit is gone');
    return found;
  };
  return {
    orders: () =>
      world()
        .books.orders.where((line) => line.what === 'placed')
        .map(({ orderId, units }) => ({ orderId, units })),
    fills: (orderId) =>
      world()
        .books.orders.where((line) => line.orderId === orderId && line.what === 'filled')
        .map(({ units, gross }) => ({ units: units ?? decimal('0'), gross: gross ?? decimal('0') })),
    cashOuts: () =>
      world()
        .books.redemptions.where((line) => line.what === 'created')
        .map(({ redemptionId, amount }) => ({ cashOutId: redemptionId, amount })),
    approvals: () => world().books.redemptions.where((line) => line.status === 'RIA_APPROVED').length,
    logins: () => world().books.tokens.all().length,
    cash: () => world().cash(account()),
    units: () =>
      sum(
        world()
          .books.units.where((line) => line.isin === ISIN)
          .map((line) => line.units),
      ),
  };
};

/** What the product makes of a delivery: gateway, topic, consumer. */
const arrivalsOf = (text: string): readonly Arrival[] =>
  driveWealthEvents.flatMap((reader) => {
    const message = forwarded(reader, parseJson(text));
    if (message === null) return [];
    return [brokerOrderStatus, cashStatusEvents]
      .filter((consume) => consume.topic === message.topic)
      .map((consume) => consume.read(parseEnvelope(message.value)));
  });
const hintsOf = (text: string): readonly string[] =>
  arrivalsOf(text).flatMap((arrival) => ('notification' in arrival ? [arrival.notification] : []));
const correctionsOf = (text: string): readonly CorrectedParty[] =>
  arrivalsOf(text).flatMap((arrival): readonly CorrectedParty[] => {
    if (!('deliver' in arrival) || arrival.deliver.flow !== 'correction') return [];
    const { account, customer } = arrival.deliver.input as CorrectionInput;
    if (account !== null) return [{ by: 'account', name: account }];
    return customer === null ? [] : [{ by: 'customer', name: customer }];
  });

const BENCH_UNITS = '5';

type Under = {
  readonly port: (aheadMs: number) => BrokerPort;
  readonly another: () => BrokerPort;
  readonly books: BrokerBooks;
  readonly make: MakeOf;
};
type MakeOf = (operation: Operation, lever: WriteLever, details: LeverDetails) => Promise<void>;

const orderWrite = (broker: BrokerPort, units: string): Write => {
  const request: OrderRequest = { account: ACCOUNT, instrument: ISIN, side: 'sell', size: { by: 'units', units: decimal(units) } };
  return {
    ability: broker.abilities.placeOrder,
    send: (sending) => broker.placeOrder(request, sending),
    inquire: (sending) => broker.findOrder(request, sending),
  };
};
const cashOutWrite = (broker: BrokerPort, amount: string): Write => {
  const request: CashOutRequest = { account: ACCOUNT, amount: { amount: decimal(amount), currency: currency('USD') } };
  return {
    ability: broker.abilities.createCashOut,
    send: (sending) => broker.createCashOut(request, sending),
    inquire: (sending) => broker.findCashOut(request, sending),
  };
};
/** Inquired as the payout service does it: by what the cash-out shows. */
const approvalWrite = (broker: BrokerPort, cashOutId: string): Write => ({
  ability: broker.abilities.approveCashOut,
  send: (sending) => broker.approveCashOut(cashOutId, sending),
  inquire: async (sending) => {
    const read = await broker.readCashOut(cashOutId, sending.signal);
    if (read.kind !== 'applied') return { found: 'no-answer', evidence: read.kind };
    return read.result.status === 'needs-approval' ? { found: 'absent' } : { found: 'applied', result: read.result };
  },
});

const benchOf = async ({ port, another, books, make }: Under, operation: Operation, arrived: () => number): Promise<Bench> => {
  // Login and account are known before anything is judged: a refused request has no effect, and needs both.
  await cashOutWrite(port(0), '1000000').send(sendingOf('refused'));
  const common = { operation, make: (lever: WriteLever, details: LeverDetails = {}) => make(operation, lever, details) };
  const benched = (write: (broker: BrokerPort) => Write, altered: Write | null, equal: Write | null, count: () => number): Bench => {
    const before = { bookings: count(), arrived: arrived() };
    return {
      ...common,
      write: write(port(0)),
      altered,
      equal,
      withClock: (aheadMs) => write(port(aheadMs)),
      bookings: () => count() - before.bookings,
      arrived: () => arrived() - before.arrived,
    };
  };
  switch (operation) {
    case 'placeOrder':
      return benched(
        (broker) => orderWrite(broker, BENCH_UNITS),
        orderWrite(port(0), '6'),
        orderWrite(another(), BENCH_UNITS),
        () => books.orders().length,
      );
    case 'createCashOut':
      return benched(
        (broker) => cashOutWrite(broker, '100'),
        cashOutWrite(port(0), '99'),
        cashOutWrite(another(), '100'),
        () => books.cashOuts().length,
      );
    case 'approveCashOut': {
      const made = await cashOutWrite(port(0), '50').send(sendingOf('to be approved'));
      const [only] = books.cashOuts();
      if (made.kind !== 'applied' || only === undefined) throw new Error(`no cash-out to approve: ${JSON.stringify(made)}`);
      return benched((broker) => approvalWrite(broker, only.cashOutId), null, null, books.approvals);
    }
  }
};

const CANNOT: BrokerKit['cannot'] = {
  'approveCashOut: key forgotten': 'no key is sent with an approval: only a cash-out that waits can be approved',
  'replay events from a cursor': 'its events come from a queue, which has no cursor; what is lost there is found by looking',
};

export type DriveWealthKitOptions = {
  /** Keys that the simulator is to honour. False: every repeat is carried out again. Default true. */
  readonly honoursKeys?: boolean;
};

/** The adapter over a simulator of its own, with one account. */
export const driveWealthKit = async (makeBroker: MakeBroker, { honoursKeys = true }: DriveWealthKitOptions = {}): Promise<BrokerKit> => {
  const ear = await startEar();
  const simulator = await startBroker(
    readBrokerConfig({
      ...{ FILL_MS: '10', SETTLEMENT_MS: '250', REDEMPTION_MS: '10', CANCEL_MS: '600000', COMMISSION: '0.99' },
      WEBHOOK_URL: ear.url,
    }),
  );
  const caller = callerOf(simulator.url);
  const admin = async (path: string, body: Printable): Promise<void> => {
    const answer = await caller('POST', `/simulator/${path}`, body);
    if (answer.status >= 300 || answer.status === 0) throw new Error(`/simulator/${path} answered ${JSON.stringify(answer)}`);
  };
  await admin('instruments', [{ isin: ISIN, symbol: 'SBUX', price: '95.637' }]);
  await admin('accounts', { accountNo: NO, accountID: ACCOUNT, cash: '500.10', positions: [{ isin: ISIN, units: '1000' }] });
  if (!honoursKeys) await admin('faults', { fault: 'forget-the-key' });
  const open: { close: () => void }[] = [];
  const port = (aheadMs: number): BrokerPort => {
    const made = makeBroker({
      baseUrl: `${simulator.url}/back-office`,
      ...{ appKey: 'simulator-app-key', clientId: 'simulator-client', clientSecret: 'simulator-client-secret' },
      longestLifeMs: LONGEST_LIFE_MS,
      nowMs: () => Date.now() + aheadMs,
    });
    open.push(made);
    return made;
  };
  const broker = port(0);
  const books = booksOf(simulator.world);
  const under: Under = {
    port: (aheadMs) => (aheadMs === 0 ? broker : port(aheadMs)),
    another: () => port(0),
    books,
    make: async (operation, lever, details) => {
      const rule = faultOf(operation, lever, details);
      await (rule === null ? admin('tokens/end', {}) : admin('faults', rule));
    },
  };
  return {
    broker,
    account: ACCOUNT,
    instrument: ISIN,
    currency: currency('USD'),
    cannot: CANNOT,
    books,
    bench: (operation) => {
      const known = operation as Operation;
      return benchOf(under, known, () => simulator.world().arrivals.counts()[OPERATIONS[known]] ?? 0);
    },
    make: (lever, details = {}) => pull(lever, details, admin, broker),
    notifications: () => ear.heard.flatMap(({ text }) => hintsOf(text)),
    corrections: () => ear.heard.flatMap(({ text }) => correctionsOf(text)),
    close: async () => {
      for (const one of open) one.close();
      await simulator.close();
      await ear.close();
    },
  };
};

type Details = Parameters<BrokerKit['make']>[1] & object;
type Admin = (path: string, body: Printable) => Promise<void>;

const FAULTS: Readonly<Partial<Record<BrokerLever, FaultRule>>> = {
  'orders stay open': { fault: 'order-stays-open' },
  'a fee that nobody told': { fault: 'unexpected-fee', detail: '1.23' },
  'cash later than the settle date': { fault: 'bank-holiday' },
  'unlisted order status': { fault: 'unknown-status', operation: 'get-order' },
  'unlisted cash-out status': { fault: 'unknown-status', operation: 'get-redemption' },
  'note lost': { fault: 'forget-the-note' },
  'events twice': { fault: 'event-twice' },
  'events out of order': { fault: 'events-reordered', delayMs: 20 },
  'events lost': { fault: 'event-lost' },
};
const ACTIONS: Readonly<Partial<Record<BrokerLever, string>>> = {
  fill: 'fill',
  'ask to cancel': 'ask-cancel',
  cancel: 'cancel',
  bust: 'bust',
  'cancel and rebill': 'cancel-rebill',
};

const AT_ONCE = 20;

const pull = async (lever: BrokerLever, details: Details, admin: Admin, broker: BrokerPort): Promise<void> => {
  const { times, delayMs, orderId, units, cashOutId } = details;
  const fault = FAULTS[lever];
  const action = ACTIONS[lever];
  if (fault !== undefined)
    await admin('faults', { ...fault, ...(times === undefined ? {} : { times }), ...(delayMs === undefined ? {} : { delayMs }) });
  else if (action !== undefined) await admin(`orders/${orderId ?? ''}`, { action, ...(units === undefined ? {} : { units }) });
  else if (lever === 'cash-out comes back') await admin(`redemptions/${cashOutId ?? ''}`, { status: 'RETURNED' });
  else if (lever === 'many orders') await manyOrders(broker, times ?? 1);
  else throw new Error(`this kit has no lever ${lever}`);
};

/** Sales of one unit, a few at a time. */
const manyOrders = async (broker: BrokerPort, count: number): Promise<void> => {
  for (let made = 0; made < count; made += AT_ONCE) {
    const keys = Array.from({ length: Math.min(AT_ONCE, count - made) }, (_, i) => `one of many ${String(made + i)}`);
    const outcomes = await Promise.all(keys.map((key) => orderWrite(broker, '1').send(sendingOf(key))));
    const failed = outcomes.find(({ kind }) => kind !== 'applied');
    if (failed !== undefined) throw new Error(`an order of many was not placed: ${JSON.stringify(failed)}`);
  }
};
