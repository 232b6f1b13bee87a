import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { readEvent, type BrokerEvent } from '../../../contracts/broker/drivewealth/events.js';
import {
  accountMoney,
  accountPositions,
  createOrderResponse,
  orderAudit,
  orderDetail,
  orderHistory,
  pendingOrders,
  quotes,
  redemption,
  redemptionList,
  transactions,
} from '../../../contracts/broker/drivewealth/http.js';
import { redemptionStatusOf } from '../../../contracts/broker/drivewealth/statuses.js';
import { compare, decimal, plus, sum, type Decimal } from '../../../shared/kernel/decimal.js';
import { JsonNumber, parseJson, type Json } from '../../../shared/kernel/json.js';
import { callerOf, startEar, until, type Caller, type Ear, type Got } from '../shared/client-for-tests.js';
import { readBrokerConfig, TEST_WEBHOOK_SECRET } from './config.js';
import { startBroker, type RunningBroker } from './server.js';

const ISIN = 'US8552441094';
const NO = 'DWMW000001';
const ID = 'user-1.1602000000000';
const WINDOW = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date(Date.now() + 3_600_000).toISOString()}`;
const SETTLEMENT_MS = 250;

let ear: Ear;
let broker: RunningBroker;
let admin: Caller;
let api: Caller;

const at = (body: Json, ...path: readonly string[]): Json =>
  path.reduce<Json>((value, name) => (value as Record<string, Json>)[name] ?? null, body);

const textAt = (body: Json, name: string): string => {
  const value = at(body, name);
  if (typeof value !== 'string') throw new Error(`${name} is not text`);
  return value;
};

beforeEach(async () => {
  ear = await startEar();
  broker = await startBroker(
    readBrokerConfig({
      FILL_MS: '10',
      SETTLEMENT_MS: String(SETTLEMENT_MS),
      REDEMPTION_MS: '10',
      // Long enough for a busy machine to ask for a fill in between.
      CANCEL_MS: '600',
      WEBHOOK_URL: `${ear.url}/webhooks/broker/drivewealth`,
    }),
  );
  admin = callerOf(broker.url);
  await admin('POST', '/simulator/instruments', [{ isin: ISIN, symbol: 'SBUX', price: '95.60' }]);
  await admin('POST', '/simulator/accounts', { accountNo: NO, accountID: ID, cash: '100.10', positions: [{ isin: ISIN, units: '12.5' }] });
  const token = await callerOf(`${broker.url}/back-office`, { 'dw-client-app-key': 'simulator-app-key' })('POST', '/auth/tokens', {
    clientID: 'simulator-client',
    clientSecret: 'simulator-client-secret',
  });
  api = callerOf(`${broker.url}/back-office`, {
    'dw-client-app-key': 'simulator-app-key',
    authorization: `Bearer ${textAt(token.body, 'access_token')}`,
  });
});
afterEach(async () => {
  await broker.close();
  await ear.close();
});

const sell = (units: string, key: string = randomUUID()): Promise<Got> =>
  api(
    'POST',
    '/orders',
    { accountNo: NO, orderType: 'MARKET', symbol: 'SBUX', side: 'SELL', quantity: new JsonNumber(units) },
    { 'idempotency-key': key },
  );
const cashOut = (amount: string, key: string = randomUUID(), note = 'WD1'): Promise<Got> =>
  api(
    'POST',
    '/funding/redemptions',
    { accountNo: NO, amount: new JsonNumber(amount), currency: 'USD', type: 'BULK_FUNDING', note },
    { 'idempotency-key': key },
  );
const idOf = (got: Got): string => createOrderResponse.parse(got.body).orderId;
const fault = async (rule: Record<string, string | number>): Promise<void> => {
  const got = await admin('POST', '/simulator/faults', rule);
  expect(got).toMatchObject({ status: 201 });
};
const withdrawable = async (): Promise<Decimal> =>
  accountMoney.parse((await api('GET', `/accounts/${ID}/summary/money`)).body).cash.cashAvailableForWithdrawal;
const ended = (orderId: string): Promise<ReturnType<typeof orderDetail.parse>> =>
  until(`order ${orderId} at its end`, async () => {
    const order = orderDetail.parse((await api('GET', `/orders/${orderId}`)).body);
    return ['FILLED', 'CANCELED', 'REJECTED'].includes(order.status) ? order : null;
  });
const verdict = async (): Promise<Json> => (await admin('GET', '/simulator/verdict')).body;
const events = (): readonly BrokerEvent[] => ear.heard.map((one) => readEvent(parseJson(one.text)));
const redemptionIs = (id: string, status: string): Promise<ReturnType<typeof redemption.parse>> =>
  until(`redemption ${status}`, async () => {
    const one = redemption.parse((await api('GET', `/funding/redemptions/${id}`)).body);
    return redemptionStatusOf(one.status.id, one.status.message) === status ? one : null;
  });

describe('an order', () => {
  it('sells, settles after its delay, and only then frees the cash', async () => {
    const orderId = idOf(await sell('12.5'));
    const order = await ended(orderId);
    expect(order).toMatchObject({ status: 'FILLED', cumulativeQuantity: '12.5', totalOrderAmount: '1195', averagePrice: '95.6' });
    const money = accountMoney.parse((await api('GET', `/accounts/${ID}/summary/money`)).body).cash;
    const expected = money.cashBalance;
    expect(plus(money.cashAvailableForWithdrawal, sum(money.cashSettlement.map((row) => row.cash)))).toBe(expected);
    await until('the cash to settle', async () => (compare(await withdrawable(), expected) === 0 ? true : null));
    const rows = transactions.parse((await api('GET', `/accounts/${ID}/transactions?${WINDOW}`)).body);
    expect(rows.map((row) => row.finTranTypeID)).toEqual(['CSR', 'SSAL', 'FEE', 'FEE']);
    expect(sum(rows.map((row) => row.accountAmount))).toBe(expected);
    expect(accountPositions.parse((await api('GET', `/accounts/${ID}/summary/positions`)).body).equityPositions).toEqual([]);
    expect(orderHistory.parse((await api('GET', `/accounts/${ID}/reports/order-history?${WINDOW}`)).body).orders).toMatchObject([
      { orderID: orderId, orderStatus: '2', side: 'S' },
    ]);
    expect(quotes.parse((await api('GET', `/quotes?isins=${ISIN}`)).body)).toMatchObject([{ symbol: 'SBUX', lastTrade: '95.6' }]);
  });

  it('fills in parts, each with an id of its own that an event carried', async () => {
    await fault({ fault: 'partial-fill', detail: '3', times: 1 });
    const orderId = idOf(await sell('10'));
    await ended(orderId);
    const fills = orderAudit
      .parse((await api('GET', `/orders/${orderId}/audit`)).body)
      .steps.filter((step) => step.quantities.filledQuantity !== '0');
    expect(fills.map((step) => step.status)).toEqual(['PARTIAL_FILL', 'PARTIAL_FILL', 'FILLED']);
    expect(sum(fills.map((step) => step.quantities.filledQuantity ?? decimal('0')))).toBe('10');
    expect(new Set(fills.map((step) => step.eventID)).size).toBe(3);
    await until('the events of the fills', () =>
      fills.every((step) => events().some((event) => event.id === step.eventID)) ? true : null,
    );
  });

  it.each([
    ['partial-then-cancel', undefined, 'CANCELED', true],
    ['expire-order', undefined, 'CANCELED', false],
    ['reject-order', 'O125', 'REJECTED', false],
  ])('ends as told by %s', async (name, detail, status, someFilled) => {
    await fault({ fault: name, times: 1, ...(detail === undefined ? {} : { detail }) });
    const order = await ended(idOf(await sell('9')));
    expect([order.status, order.cumulativeQuantity !== '0']).toEqual([status, someFilled]);
    if (detail !== undefined) expect(order.statusMessage?.errorCode).toBe(detail);
    if (name === 'expire-order') expect(order.statusMessage?.errorCode).toBe('O123');
  });

  it('is cancelled when asked, unless it was filled before', async () => {
    await fault({ fault: 'order-stays-open', times: 1 });
    const orderId = idOf(await sell('2'));
    expect(pendingOrders.parse((await api('GET', `/accounts/${ID}/summary/orders`)).body).orders).toMatchObject([
      { orderID: orderId, orderStatus: '0' },
    ]);
    expect(await api('PATCH', `/orders/${orderId}`, { method: 'CANCEL' })).toMatchObject({ status: 200 });
    expect(await ended(orderId)).toMatchObject({ status: 'CANCELED', cumulativeQuantity: '0' });
  });

  it('refuses what is not there: units, size, key, token', async () => {
    expect(await ended(idOf(await sell('12.6')))).toMatchObject({ status: 'REJECTED', statusMessage: { errorCode: 'O105' } });
    const both = await api('POST', '/orders', {
      accountNo: NO,
      orderType: 'MARKET',
      symbol: 'SBUX',
      side: 'SELL',
      quantity: new JsonNumber('1'),
      amountCash: new JsonNumber('1'),
    });
    expect([both.status, at(both.body, 'errorCode')]).toEqual([400, 'O015']);
    expect(at((await sell('1', 'too-short')).body, 'errorCode')).toBe('IK010');
    expect((await callerOf(broker.url)('GET', `/accounts/${ID}/summary/money`)).status).toBe(401);
    await admin('POST', '/simulator/tokens/end');
    expect((await api('GET', `/accounts/${ID}/summary/money`)).status).toBe(401);
  });

  it('moves the price and takes a fee nobody announced', async () => {
    await fault({ fault: 'price-drift', detail: '0.9', times: 1 });
    await fault({ fault: 'unexpected-fee', detail: '1.23', times: 1 });
    const order = await ended(idOf(await sell('10')));
    expect(order.averagePrice).toBe('86.04');
    const money = accountMoney.parse((await api('GET', `/accounts/${ID}/summary/money`)).body).cash;
    expect(money.cashBalance).toBe(
      plus(plus(decimal('100.1'), decimal('860.4')), decimal(`-${plus(order.fees ?? decimal('0'), decimal('1.23'))}`)),
    );
  });
});

describe('the idempotency key', () => {
  it('gives the first answer again, a refusal too, and gives up after five repeats', async () => {
    const key = randomUUID();
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(idOf(await sell('1', key)));
    expect(new Set(answers).size).toBe(1);
    expect(at((await sell('1', key)).body, 'errorCode')).toBe('E101');
    const refusedKey = randomUUID();
    expect(at((await cashOut('5000', refusedKey)).body, 'errorCode')).toBe('Y075');
    await admin('POST', `/simulator/accounts/${NO}/deposits`, { amount: '6000' });
    expect(at((await cashOut('5000', refusedKey)).body, 'errorCode')).toBe('Y075');
    expect(at(await verdict(), 'totals')).toMatchObject({ orders: { raw: '1' }, redemptions: { raw: '0' } });
  });

  it('shows in the verdict when it was forgotten and the order placed twice', async () => {
    await fault({ fault: 'forget-the-key', operation: 'create-order', times: 1 });
    const key = randomUUID();
    const ids = [idOf(await sell('1', key)), idOf(await sell('1', key)), idOf(await sell('1', key))];
    expect(new Set(ids).size).toBe(2);
    expect(ids[1]).toBe(ids[2]);
    expect(at(await verdict(), 'duplicates', 'orderKeys')).toEqual([key]);
  });

  it.each([
    ['apply-and-cut', 0, 1],
    ['cut-before-apply', 0, 0],
    ['server-error-after-applying', 500, 1],
    ['server-error-before-applying', 500, 0],
    ['too-many-requests', 429, 0],
    ['unauthorised', 401, 0],
  ])('after %s the books say what really happened', async (name, status, placed) => {
    await fault({ fault: name, operation: 'create-order', times: 1 });
    const key = randomUUID();
    expect((await sell('1', key)).status).toBe(status);
    expect(broker.world().books.orders.where((line) => line.what === 'placed')).toHaveLength(placed);
    expect((await sell('1', key)).status).toBe(200);
    expect(broker.world().books.orders.where((line) => line.what === 'placed')).toHaveLength(1);
    expect(at(await verdict(), 'duplicates', 'orderKeys')).toEqual([]);
  });

  it('remembers a refusal that a fault gave', async () => {
    await fault({ fault: 'refuse', operation: 'create-order', times: 1, detail: 'O099' });
    const key = randomUUID();
    const answers = [await sell('1', key), await sell('1', key)];
    expect(answers.map((got) => [got.status, at(got.body, 'errorCode')])).toEqual([
      [400, 'O099'],
      [400, 'O099'],
    ]);
    expect((await sell('1')).status).toBe(200);
  });
});

describe('a redemption', () => {
  it('waits for the adviser, pays, and lowers the cash', async () => {
    const created = redemption.parse((await cashOut('60.05')).body);
    expect([created.amount, redemptionStatusOf(created.status.id, created.status.message)]).toEqual(['-60.05', 'RIA_PENDING']);
    expect(await withdrawable()).toBe('40.05');
    expect(at((await cashOut('40.06')).body, 'errorCode')).toBe('Y075');
    expect((await api('PATCH', `/funding/redemptions/${created.redemptionId}`, { status: 'RIA_APPROVED' })).status).toBe(200);
    expect((await api('PATCH', `/funding/redemptions/${created.redemptionId}`, { status: 'RIA_APPROVED' })).status).toBe(400);
    const done = await redemptionIs(created.redemptionId, 'SUCCESSFUL');
    const rows = transactions.parse((await api('GET', `/accounts/${ID}/transactions?${WINDOW}`)).body);
    expect(rows.find((row) => row.finTranTypeID === 'CSD')).toMatchObject({ accountAmount: '-60.05', finTranID: done.finTranRef });
    expect(redemptionList.parse((await api('GET', `/accounts/${ID}/funding/redemptions`)).body)).toMatchObject([
      // As published: the list shows no note, the read by id does.
      { redemptionId: created.redemptionId, note: undefined, amount: '60.05' },
    ]);
    expect(done.note).toBe('WD1');
    expect(at(await verdict(), 'totals')).toMatchObject({ cashOutSum: '60.05', cashOuts: { raw: '1' } });
    expect(at(await verdict(), 'booksAgree')).toBe(true);
  });

  it('fails, is held, comes back, when told to', async () => {
    const path = async (name: string | null, amount: string, note: string): Promise<string> => {
      if (name !== null) await fault({ fault: name, subject: note, times: 1 });
      const { redemptionId } = redemption.parse((await cashOut(amount, randomUUID(), note)).body);
      await api('PATCH', `/funding/redemptions/${redemptionId}`, { status: 'RIA_APPROVED' });
      return redemptionId;
    };
    await redemptionIs(await path('redemption-fail', '10', 'WD-FAIL'), 'FAILED');
    expect(await withdrawable()).toBe('100.1');
    const held = await path('redemption-on-hold', '20', 'WD-HOLD');
    await redemptionIs(held, 'ON_HOLD');
    expect(await withdrawable()).toBe('80.1');
    await redemptionIs(await path('redemption-return', '30', 'WD-BACK'), 'RETURNED');
    expect(await withdrawable()).toBe('80.1');
    await fault({ fault: 'unknown-status', times: 1 });
    const strange = redemption.parse((await api('GET', `/funding/redemptions/${held}`)).body);
    expect(redemptionStatusOf(strange.status.id, strange.status.message)).toBeNull();
  });

  it('shows in the verdict when one reference was paid twice', async () => {
    await fault({ fault: 'forget-the-key', operation: 'create-redemption', times: 1 });
    const key = randomUUID();
    await cashOut('10', key);
    await cashOut('10', key);
    expect(at(await verdict(), 'duplicates')).toMatchObject({ redemptionKeys: [key], redemptionNotes: [{ note: 'WD1', accountNo: NO }] });
  });
});

describe('a list', () => {
  const historyOf = async (more: string): Promise<Got> => api('GET', `/accounts/${ID}/reports/order-history?${WINDOW}${more}`);
  const idsOf = (got: Got): readonly string[] => orderHistory.parse(got.body).orders.map(({ orderID }) => orderID);

  it('is paged by time, and refuses a count of rows as its offset [9a.1] [E10]', async () => {
    const ids: string[] = [];
    for (const units of ['1', '2', '3']) {
      ids.push(idOf(await sell(units)));
      await ended(ids.at(-1) ?? '');
    }
    const all = await historyOf('');
    expect(idsOf(all)).toEqual(ids);
    expect(idsOf(await historyOf('&limit=2'))).toEqual(ids.slice(0, 2));
    const [, second] = orderHistory.parse(all.body).orders;
    const offset = `&offset=${second?.createdWhen ?? ''}`;
    expect(idsOf(await historyOf(offset))).toEqual(ids.slice(1));
    for (const direction of ['next', 'Prev', 'sideways'])
      expect(idsOf(await historyOf(`${offset}&direction=${direction}`))).toEqual(ids.slice(1));
    for (const direction of ['prev', 'previous'])
      expect(idsOf(await historyOf(`${offset}&direction=${direction}`))).toEqual([ids[1], ids[0]]);
    for (const count of ['0', '2', '100']) expect((await historyOf(`&offset=${count}`)).status).toBe(400);
    expect((await api('GET', `/accounts/${ID}/transactions`)).status).toBe(400);
  });

  it('knows an account by its id; only the account itself is found by its number too [E4]', async () => {
    expect((await api('GET', `/accounts/${NO}`)).status).toBe(200);
    for (const path of ['summary/money', 'summary/positions', 'summary/orders', 'funding/redemptions'])
      expect((await api('GET', `/accounts/${NO}/${path}`)).status).toBe(404);
  });
});

describe('the feed', () => {
  it.each(['accountID', 'accountNo', 'account.id', 'userID', 'nothing'])(
    'tells of a cancel and rebill, naming %s [9a.3] [11.3]',
    async (names) => {
      const orderId = idOf(await sell('1'));
      await ended(orderId);
      expect(await admin('POST', `/simulator/orders/${orderId}`, { action: 'cancel-rebill', names })).toMatchObject({ status: 200 });
      await until('all three are told', () => (events().filter(({ kind }) => kind === 'correction').length === 3 ? true : null));
      const told = ear.heard.map(({ text }) => text).filter((text) => text.includes('CANCEL_REBILL'));
      expect(told.map((text) => text.includes(orderId))).toEqual([false, false, false]);
      const rows = transactions.parse((await api('GET', `/accounts/${ID}/transactions?${WINDOW}`)).body);
      expect(rows.filter((row) => row.orderID === orderId && row.finTranTypeID === 'SSAL').map(({ fillQty }) => fillQty)).toEqual([
        '1',
        '-1',
      ]);
    },
  );

  it('signs what it sends, in the order it happened', async () => {
    await sell('1');
    await until('a completed order', () => (events().some((event) => event.type === 'orders.completed') ? true : null));
    for (const one of ear.heard) new Webhook(TEST_WEBHOOK_SECRET).verify(one.text, one.headers as Record<string, string>);
    expect(ear.heard.every((one) => one.path === '/webhooks/broker/drivewealth')).toBe(true);
  });

  it('sends twice, out of order, or never, when told to', async () => {
    await fault({ fault: 'event-twice', operation: 'orders.completed', times: 1 });
    await fault({ fault: 'event-lost', operation: 'transactions.created' });
    await fault({ fault: 'events-reordered', operation: 'orders.created', times: 1 });
    await sell('1');
    const orderEvents = (): readonly BrokerEvent[] => events().filter((event) => event.kind === 'order');
    await until('three order events', () => (orderEvents().length === 3 ? true : null));
    expect(orderEvents().at(-1)?.type).toBeDefined();
    const completed = ear.heard.filter((one) => one.text.includes('orders.completed'));
    expect(new Set(completed.map((one) => readEvent(parseJson(one.text)).id)).size).toBe(1);
    expect(new Set(completed.map((one) => one.headers['webhook-id'])).size).toBe(2);
    expect(events().filter((event) => event.kind === 'transaction')).toEqual([]);
  });

  it('keeps what it could not send until it is told where to', async () => {
    await admin('POST', '/simulator/webhook', { url: null });
    await sell('1');
    const before = ear.heard.length;
    await admin('POST', '/simulator/webhook', { url: `${ear.url}/later` });
    await until('the kept events', () =>
      ear.heard.slice(before).some((one) => one.path === '/later' && one.text.includes('orders.created')) ? true : null,
    );
  });
});

describe('the desk', () => {
  it('takes back a fill of an order at its end, and lets one fill after its cancel was asked for', async () => {
    const orderId = idOf(await sell('1'));
    await until('filled', () => (broker.world().orders.get(orderId)?.status === 'FILLED' ? true : null));
    const held = async (): Promise<unknown> =>
      accountPositions.parse((await api('GET', `/accounts/${ID}/summary/positions`)).body).equityPositions.map((row) => row.openQty);
    expect(await held()).toEqual(['11.5']);
    expect((await admin('POST', `/simulator/orders/${orderId}`, { action: 'bust' })).status).toBe(200);
    expect((await admin('POST', `/simulator/orders/${orderId}`, { action: 'bust' })).status).toBe(400);
    expect(await held()).toEqual(['12.5']);
    await fault({ fault: 'order-stays-open', times: 1 });
    const open = idOf(await sell('1'));
    expect(at((await admin('POST', `/simulator/orders/${open}`, { action: 'ask-cancel' })).body, 'status')).toBe('PENDING_CANCEL');
    expect(at((await admin('POST', `/simulator/orders/${open}`, { action: 'fill' })).body, 'status')).toBe('FILLED');
  });

  it('counts a request that is lost, and nothing happens', async () => {
    await fault({ fault: 'never-answer', operation: 'create-order', times: 1 });
    const lost = fetch(`${broker.url}/orders`, { method: 'POST', body: '{}', signal: AbortSignal.timeout(100) });
    await expect(lost).rejects.toThrow();
    expect(at(await verdict(), 'requests', 'create-order')).toMatchObject({ raw: '1' });
    expect(broker.world().books.orders.all()).toEqual([]);
  });

  it('refuses a misspelt fault, and forgets everything on reset', async () => {
    expect((await admin('POST', '/simulator/faults', { fault: 'no-such-fault' })).status).toBe(400);
    await sell('1');
    await admin('POST', '/simulator/reset');
    expect(at(await verdict(), 'totals')).toMatchObject({ orders: { raw: '0' } });
    expect(at((await admin('GET', '/simulator/books')).body, 'orders')).toEqual([]);
  });
});
