import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { readEvent, type InvestSuiteEvent } from '../../../contracts/investsuite/events.js';
import {
  collectionOf,
  errorBody,
  loginAnswer,
  optimization,
  PENDING_WITHDRAWALS_QUERY,
  portfolio,
  transaction,
  user,
} from '../../../contracts/investsuite/http.js';
import { parseJson, printJson, type Json, type Printable } from '../../../shared/kernel/json.js';
import { eventually } from '../../support/eventually.js';
import { createInvestSuiteAdmin, type InvestSuiteAdmin, type NewPortfolio } from './admin-client.js';
import { startInvestSuite, type InvestSuiteSimulator } from './server.js';
import type { PortfolioVerdict } from './verdict.js';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const ISIN = 'IE00B44Z5B48';

type Reply = { readonly status: number; readonly body: Json; readonly headers: Headers };
type Received = { readonly deliveryId: string; readonly event: InvestSuiteEvent };

/** A gateway of the test: verifies signatures with the reference library and keeps what it understood. */
class Gateway {
  readonly received: Received[] = [];
  /** Statuses to answer first. */
  readonly refusals: number[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        response.statusCode =
          this.refusals.shift() ?? this.#take(Buffer.concat(chunks).toString('utf8'), incoming.headers as Record<string, string>);
        response.end();
      });
    });
  }

  #take(text: string, headers: Record<string, string>): number {
    new Webhook(SECRET).verify(text, headers);
    const read = readEvent(parseJson(text));
    if (read.kind !== 'event') return 400;
    this.received.push({ deliveryId: headers['webhook-id'] ?? '', event: read.event });
    return 202;
  }

  listen(): Promise<string> {
    return new Promise((resolve) =>
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/webhooks/investsuite`);
      }),
    );
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}

type Absent = null | undefined | false;

/** Waits until there is something to look at. */
const appears = async <Value>(what: string, look: () => Value | Absent | Promise<Value | Absent>): Promise<Value> => {
  const seen: unknown = await eventually<Value | Absent>(what, look, (one) => one !== null && one !== undefined && one !== false);
  return seen as Value;
};

let gateway: Gateway;
let simulator: InvestSuiteSimulator;
let admin: InvestSuiteAdmin;
let token = '';

const send = async (method: string, path: string, body?: Printable, headers: Record<string, string> = {}): Promise<Reply> => {
  const answer = await fetch(`${simulator.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: printJson(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? null : parseJson(text) };
};

const login = async (): Promise<void> => {
  const reply = await send('POST', '/auth/login/', { access_key_id: 'id', secret_access_key: 'secret' });
  token = loginAnswer.parse(reply.body).accessToken;
};

const customer = async (more: Partial<NewPortfolio> = {}): Promise<string> => {
  const userId = await admin.createUser({ externalId: '4711', counterAccount: { iban: 'BE68539007547034', bic: 'GKCCBEBB' } });
  return admin.createPortfolio({
    userId,
    holdings: { $EUR: '100', [ISIN]: '12' },
    brokerage: { portfolioId: 'acc-1', userId: 'usr-1', iban: 'BE71096123456769' },
    ...more,
  });
};

const verdictOf = async (portfolioId: string): Promise<PortfolioVerdict> => {
  const found = (await admin.verdict()).portfolios.find((one) => one.portfolioId === portfolioId);
  if (found === undefined) throw new Error('no verdict');
  return found;
};

const readPortfolio = async (id: string) => portfolio.parse((await send('GET', `/portfolios/${id}/`)).body);
const settle = (id: string, amount: string) =>
  send('POST', `/portfolios/${id}/transactions/`, {
    external_id: `${id}/pay-1`,
    movements: [
      { type: 'CASH_WITHDRAWAL', status: 'SETTLED', datetime: '2024-03-04T09:00:00.000Z', instrument_id: '$EUR', quantity: `-${amount}` },
    ],
  });

/** PATCH as a good middleware does it: whole config, whole map. */
const writeBack = async (id: string, level: string, cash: string): Promise<Reply> => {
  const read = await readPortfolio(id);
  const settings = read.config.raw['manager_settings'] as { readonly [key: string]: Printable };
  const config = { ...(read.config.raw as { readonly [key: string]: Printable }), manager_settings: { ...settings, divest_amount: level } };
  return send('PATCH', `/portfolios/${id}/`, { config, portfolio: { ...read.portfolio, $EUR: cash } });
};

beforeEach(async () => {
  gateway = new Gateway();
  const url = await gateway.listen();
  simulator = await startInvestSuite({
    host: '127.0.0.1',
    port: 0,
    seed: 1,
    optimiserDelayMs: 5,
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    webhook: { url, secret: SECRET },
    onError: (error) => {
      throw error;
    },
  });
  admin = createInvestSuiteAdmin(simulator.url);
  await admin.setPrices({ [ISIN]: '88.10' });
  await login();
});

afterEach(async () => {
  await simulator.close();
  await gateway.close();
});

const named = (name: string): readonly Received[] => gateway.received.filter((one) => one.event.name === name);

describe('authentication', () => {
  it('gives tokens whose life is text, and refreshes once per refresh token', async () => {
    const reply = await send('POST', '/auth/login/', { access_key_id: 'id', secret_access_key: 'secret' });
    expect(reply.body).toMatchObject({ token_type: 'Bearer', expires_in: '300' });
    const refresh = { refresh_token: loginAnswer.parse(reply.body).refreshToken };
    expect((await send('POST', '/auth/refresh-token/', refresh)).status).toBe(200);
    expect((await send('POST', '/auth/refresh-token/', refresh)).status).toBe(401);
  });

  it('refuses wrong keys, wrong tokens and short-lived ones', async () => {
    expect((await send('POST', '/auth/login/', { access_key_id: 'id', secret_access_key: 'no' })).status).toBe(401);
    token = 'made-up';
    const refused = await send('GET', '/portfolios/');
    expect(refused.status).toBe(401);
    expect(errorBody.parse(refused.body).description).toBeTruthy();
    await admin.switchFault({ fault: 'token-short', operation: 'login', times: 1, delayMs: 0 });
    await login();
    expect((await send('GET', '/portfolios/')).status).toBe(401);
  });
});

describe('reads', () => {
  it('answers as the contract reads', async () => {
    const id = await customer({ divestAmount: '50', externalId: 'cust-1' });
    const read = await readPortfolio(id);
    expect(read).toMatchObject({
      version: 1,
      base_currency: 'EUR',
      portfolio: { $EUR: '100', [ISIN]: '12' },
      brokerage_account: { brokerage_portfolio_id: 'acc-1' },
    });
    expect(read.config.divestAmount).toEqual({ kind: 'amount', amount: '50' });
    expect(user.parse((await send('GET', `/users/${read.owned_by_user_id ?? ''}/`)).body).counter_account).toMatchObject({
      number: 'BE68539007547034',
      numberType: 'IBAN',
    });
    const found = await send('GET', `/portfolios/?query=${encodeURIComponent("external_id eq 'cust-1'")}`);
    expect(
      collectionOf(portfolio)
        .parse(found.body)
        .results.map((one) => one.id),
    ).toEqual([id]);
  });

  it('wants the slash at the end, and knows no other ids', async () => {
    const id = await customer();
    const moved = await send('PATCH', `/portfolios/${id}`, {});
    expect([moved.status, moved.headers.get('location')]).toEqual([301, `/portfolios/${id}/`]);
    expect(await send('GET', '/portfolios/P1/')).toMatchObject({ status: 404, body: { title: 'Not found' } });
    expect((await verdictOf(id)).version).toBe(1);
  });

  it('pages pending withdrawals in all its forms of next', async () => {
    const ids = new Set<string>();
    for (let i = 0; i < 5; i++) ids.add(await customer({ divestAmount: '5' }));
    await customer();
    const seen: string[] = [];
    const nexts: (string | null)[] = [];
    let query = new URLSearchParams({ query: PENDING_WITHDRAWALS_QUERY, limit: '2' }).toString();
    for (let page = 0; page < 10; page++) {
      const read = collectionOf(portfolio).parse((await send('GET', `/portfolios/?${query}`)).body);
      seen.push(...read.results.map((one) => one.id));
      nexts.push(read.next ?? null);
      if (read.next === null || read.next === undefined) break;
      query = read.next.slice(read.next.indexOf('?') + 1);
    }
    expect(new Set(seen)).toEqual(ids);
    expect(nexts.map((next) => (next === null ? 'end' : next.startsWith('http://') ? 'absolute' : 'relative'))).toEqual([
      'absolute',
      'relative',
      'end',
    ]);
  });
});

describe('writes to a portfolio', () => {
  it('adds one to the version, replaces the map whole and refuses unknown fields', async () => {
    const id = await customer();
    const after = portfolio.parse((await send('PATCH', `/portfolios/${id}/`, { portfolio: { $EUR: '100.00', [ISIN]: '12' } })).body);
    expect(after).toMatchObject({ version: 2, portfolio: { $EUR: '100', [ISIN]: '12' } });
    const refused = await send('PATCH', `/portfolios/${id}/`, { manager: {} });
    expect(refused).toMatchObject({
      status: 400,
      body: { detail: [{ loc: ['body', 'manager'], msg: 'extra fields not permitted', type: 'value_error.extra' }] },
    });
    expect((await readPortfolio(id)).version).toBe(2);
  });

  it('convicts who loses settings, a holding, broker keys or the first funding', async () => {
    const id = await customer({ divestAmount: '50', fundedSince: '2024-01-01T00:00:00Z' });
    await readPortfolio(id);
    await send('PATCH', `/portfolios/${id}/`, {
      config: { manager: 'ROBO_ADVISOR_DISCRETIONARY', manager_settings: { divest_amount: '50' } },
    });
    await send('PATCH', `/portfolios/${id}/`, { portfolio: { $EUR: '100' } });
    await send('PATCH', `/portfolios/${id}/`, {
      brokerage_account: { bank_account_number: 'BE71096123456769' },
      funded_since: '2024-03-01T00:00:00Z',
    });
    const kinds = (await verdictOf(id)).violations.map((one) => one.kind);
    expect(kinds).toEqual(['config-settings-lost', 'holdings-line-lost', 'brokerage-keys-lost', 'funded-since-overwritten']);
  });

  it('convicts a reset without a payment, and not one with it', async () => {
    const paid = await customer({ divestAmount: '50' });
    await settle(paid, '50.00');
    await writeBack(paid, '0', '50');
    expect(await verdictOf(paid)).toMatchObject({
      violations: [],
      level: '0',
      asked: '50',
      withdrawn: '50',
      missingRequest: '0',
      beyondRequest: '0',
      holdingsDifference: {},
    });
    const unpaid = await customer({ divestAmount: '50' });
    await writeBack(unpaid, '0', '100');
    expect(await verdictOf(unpaid)).toMatchObject({ violations: [{ kind: 'wish-erased' }], missingRequest: '50' });
  });

  it('convicts an erased divest request once, not again each time that something paid is taken off', async () => {
    const id = await customer({ divestAmount: '50' });
    const erased = async (): Promise<number> => (await verdictOf(id)).violations.filter(({ kind }) => kind === 'wish-erased').length;
    await settle(id, '20');
    await writeBack(id, '20', '80');
    expect(await erased()).toBe(1);
    await settle(id, '20');
    await writeBack(id, '0', '60');
    expect([await erased(), (await verdictOf(id)).missingRequest]).toEqual([1, '10']);
    await writeBack(id, '10', '60');
    await writeBack(id, '0', '60');
    expect(await erased()).toBe(2);
  });

  it('convicts a reset of everything while something is left', async () => {
    const id = await customer({ divestAmount: '1e100', holdings: { $EUR: '100', [ISIN]: '12' } });
    await settle(id, '100');
    await writeBack(id, '0', '0');
    expect((await verdictOf(id)).violations.map((one) => one.kind)).toEqual(['wish-erased']);
    const sold = await customer({ divestAmount: '1e100', holdings: { $EUR: '100.004' } });
    await settle(sold, '100');
    await writeBack(sold, '0', '0.004');
    expect((await verdictOf(sold)).violations).toEqual([]);
  });

  it('lets an app write land between read and write', async () => {
    const id = await customer({ divestAmount: '50' });
    await settle(id, '50');
    await admin.switchFault({ fault: 'version-gap', subject: id, times: 1, detail: 'raise:30' });
    const answer = portfolio.parse((await writeBack(id, '0', '50')).body);
    expect(answer.version).toBe(3);
    expect(await verdictOf(id)).toMatchObject({ violations: [], warnings: [{ kind: 'wish-erased' }], missingRequest: '30' });
    await appears('the raised total', () =>
      named('portfolio.withdrawal-request').some(({ event }) => printJson(event.raw).includes('"divest_amount":80')),
    );
    await writeBack(id, '30', '50');
    expect(await verdictOf(id)).toMatchObject({ missingRequest: '0', asked: '80', level: '30' });
  });

  it('lets a late app write over our reset', async () => {
    const id = await customer({ divestAmount: '50' });
    await settle(id, '50');
    await admin.switchFault({ fault: 'stale-raise', subject: id, times: 1, detail: '30' });
    await writeBack(id, '0', '50');
    expect(await verdictOf(id)).toMatchObject({ level: '80', asked: '80', withdrawn: '50' });
  });
});

describe('the optimiser and events', () => {
  it('tells of every level, ours too, and proposes sales', async () => {
    const id = await customer();
    await admin.actAsApp(id, { action: 'set', amount: '500' });
    const told = await appears('a proposal', () => named('optimisations.status-update')[0]);
    expect(told.event.data).toMatchObject({ portfolio_id: id, is_recommended: true, value: 'SUCCESS' });
    const latest = await send('GET', `/portfolios/${id}/optimizations/latest/`);
    expect(optimization.parse(latest.body)).toMatchObject({
      id: told.event.data.id,
      portfolio_update: { is_recommended: true, orders: { [ISIN]: { shares: '-5', quantity_type: 'UNITS' } } },
    });
    await writeBack(id, '0', '100');
    await appears('our own reset', () => named('portfolio.withdrawal-request').length === 2);
    expect(named('portfolio.withdrawal-request').map(({ event }) => event.data)).toMatchObject([
      { divest_amount: { kind: 'amount' } },
      { divest_amount: { kind: 'nothing' } },
    ]);
  });

  it('answers 202 while computing', async () => {
    const id = await customer();
    await admin.switchFault({ fault: 'optimiser-slow', delayMs: 60_000, subject: id });
    await admin.actAsApp(id, { action: 'everything' });
    expect((await send('GET', `/portfolios/${id}/optimizations/current/`)).status).toBe(202);
  });

  it('keeps a portfolio out while its orders are open, and runs again after', async () => {
    const id = await customer();
    await admin.actAsApp(id, { action: 'set', amount: '500' });
    const first = await appears('a proposal', () => named('optimisations.status-update')[0]);
    const order = { type: 'SELL', datetime: '2024-03-04T09:00:00.000Z', instrument_id: ISIN };
    const made = await send('POST', `/portfolios/${id}/transactions/`, {
      external_id: 'o1',
      optimization_id: first.event.data.id,
      movements: [{ ...order, external_id: 'p1', status: 'PLACED', quantity: '-5' }],
    });
    expect(made.status).toBe(201);
    await admin.actAsApp(id, { action: 'set', amount: '700' });
    expect(await verdictOf(id)).toMatchObject({ openOptimizationId: first.event.data.id });
    expect((await admin.verdict()).pending.optimisations).toBe(0);
    const placed = transaction.parse(made.body);
    const movements = [
      { ...order, external_id: 'p1', status: 'PLACED', quantity: '-5' },
      { ...order, external_id: 'f1', status: 'SETTLED', quantity: '-5', unit_price: '88.10' },
      { type: 'BUY', status: 'SETTLED', datetime: order.datetime, instrument_id: '$EUR', quantity: '440.50', reference_external_id: 'f1' },
    ];
    expect((await send('PATCH', `/portfolios/${id}/transactions/${placed.id}/`, { movements })).status).toBe(200);
    const second = await appears('a second proposal', () => named('optimisations.status-update')[1]);
    expect(second.event.data.id).not.toBe(first.event.data.id);
    expect(await verdictOf(id)).toMatchObject({
      openOptimizationId: null,
      holdingsDifference: { $EUR: '-440.5', [ISIN]: '5' },
      violations: [],
    });
  });

  it('delivers until it is taken, with one id', async () => {
    gateway.refusals.push(503, 500);
    await customer({ quiet: false });
    const [creation] = await appears('the creation', () => (named('portfolio.creation').length === 1 ? named('portfolio.creation') : null));
    const books = (await admin.books()) as { readonly deliveries: readonly { readonly id: string }[] };
    await appears('three attempts', async () => ((await admin.books()) as typeof books).deliveries.length === 3);
    expect(new Set(books.deliveries.map((one) => one.id))).toEqual(new Set([creation?.deliveryId]));
  });

  it('loses, doubles and reorders events when told to', async () => {
    const id = await customer();
    const operation = 'event:portfolio.withdrawal-request';
    await admin.switchFault({ fault: 'event-lost', operation, times: 1 });
    await admin.switchFault({ fault: 'event-duplicated', operation, times: 1 });
    await admin.switchFault({ fault: 'event-reordered', operation, times: 1, delayMs: 30_000 });
    for (const amount of ['10', '20', '30', '40']) await admin.actAsApp(id, { action: 'set', amount });
    await appears('four deliveries', () => named('portfolio.withdrawal-request').length === 4);
    const amounts = named('portfolio.withdrawal-request').map(({ event }) =>
      printJson(event.raw).replace(/.*"divest_amount":(\d+).*/, '$1'),
    );
    expect([...amounts].sort()).toEqual(['20', '20', '30', '40']);
    expect(amounts.indexOf('40')).toBeLessThan(amounts.indexOf('30'));
    expect(new Set(named('portfolio.withdrawal-request').map((one) => one.deliveryId)).size).toBe(4);
  });
});

describe('transactions', () => {
  it('refuses a wrong sign with 422 and keeps nothing', async () => {
    const id = await customer();
    const wrong = await send('POST', `/portfolios/${id}/transactions/`, {
      movements: [{ type: 'CASH_WITHDRAWAL', status: 'SETTLED', datetime: '2024-03-04T09:00:00Z', instrument_id: '$EUR', quantity: '5' }],
    });
    expect(wrong.status).toBe(422);
    expect(await verdictOf(id)).toMatchObject({ withdrawn: '0', violations: [{ kind: 'wrong-sign' }] });
  });

  it('takes the same external id twice, and says so in its books', async () => {
    const id = await customer();
    expect([(await settle(id, '5')).status, (await settle(id, '5')).status]).toEqual([201, 201]);
    expect(await verdictOf(id)).toMatchObject({ withdrawn: '10', beyondRequest: '10', violations: [{ kind: 'transaction-twice' }] });
    const listed = await send('GET', `/portfolios/${id}/transactions/?query=${encodeURIComponent(`external_id eq '${id}/pay-1'`)}`);
    expect(collectionOf(transaction).parse(listed.body).results).toHaveLength(2);
  });
});

describe('event calls', () => {
  const announce = (id: string, amount: string, key?: string) =>
    send(
      'POST',
      '/events/withdraw/',
      { data: { amount, currency: 'EUR', portfolio: id } },
      key === undefined ? {} : { 'idempotency-key': `"${key}"` },
    );

  it('notifies once per key', async () => {
    const id = await customer();
    expect([
      (await announce(id, '50.00', 'wd:1')).status,
      (await announce(id, '50.00', 'wd:1')).status,
      (await announce(id, '60.00', 'wd:1')).status,
    ]).toEqual([200, 200, 409]);
    expect((await verdictOf(id)).notifications).toEqual({ count: 1, total: '50', amounts: ['50'], repeatedCalls: 1 });
    await announce(id, '50.00');
    expect((await verdictOf(id)).violations.map((one) => one.kind)).toEqual(['key-reused', 'key-missing']);
  });

  it('takes deposits only for those who may have them', async () => {
    const paper = await customer({ moneyType: 'PAPER_MONEY' });
    const deposit = (id: string) =>
      send('POST', '/events/deposit/', { data: { amount: '5', currency: 'EUR', portfolio: id } }, { 'idempotency-key': `"d:${id}"` });
    expect((await deposit(paper)).status).toBe(409);
    expect((await deposit(await customer())).status).toBe(200);
  });
});

describe('faults of the line', () => {
  it.each([
    ['apply-and-cut', 'cut', 2],
    ['cut-before-apply', 'cut', 1],
    ['server-error-after-applying', 500, 2],
    ['server-error-before-applying', 500, 1],
    ['too-many-requests', 429, 1],
    ['conflict', 409, 1],
    ['unauthorised', 401, 1],
    ['refuse', 422, 1],
    ['answer-late', 200, 2],
  ] as const)('%s', async (fault, status, version) => {
    const id = await customer();
    await admin.switchFault({ fault, operation: 'patch-portfolio', subject: id, times: 1, delayMs: 1 });
    const answered = await send('PATCH', `/portfolios/${id}/`, {}).then(
      (reply) => reply.status,
      () => 'cut' as const,
    );
    expect(answered).toBe(status);
    expect((await verdictOf(id)).version).toBe(version);
    expect((await send('PATCH', `/portfolios/${id}/`, {})).status).toBe(200);
  });

  it('garbles an answer', async () => {
    const id = await customer();
    await admin.switchFault({ fault: 'garbled-answer', operation: 'get-portfolio', times: 1 });
    await expect(send('GET', `/portfolios/${id}/`)).rejects.toThrow('not JSON');
  });

  it('applies late even when the caller has gone', async () => {
    const id = await customer();
    await admin.switchFault({ fault: 'apply-late', operation: 'patch-portfolio', times: 1, delayMs: 100 });
    await new Promise<void>((resolve) => {
      const call = httpRequest(`${simulator.url}/portfolios/${id}/`, { method: 'PATCH', headers: { authorization: `Bearer ${token}` } });
      call.on('error', () => {
        resolve();
      });
      call.end('{}');
      void appears('the request at the simulator', () => simulator.world().books.strikes.all().length === 1).then(() => call.destroy());
    });
    expect((await verdictOf(id)).version).toBe(1);
    await appears('the late version', async () => (await verdictOf(id)).version === 2);
  });
});

describe('admin', () => {
  it('refuses misspelt bodies and forgets all on reset', async () => {
    await customer();
    await expect(admin.switchFault({ fault: 'cutt' as 'refuse' })).rejects.toThrow('400');
    await expect(admin.createPortfolio({ userId: 'U1', holding: {} } as unknown as NewPortfolio)).rejects.toThrow('400');
    await admin.reset();
    expect(await admin.verdict()).toEqual({
      portfolios: [],
      violations: [],
      warnings: [],
      pending: { optimisations: 0, heldEvents: 0, deliveries: 0 },
    });
  });
});
