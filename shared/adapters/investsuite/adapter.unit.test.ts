import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { decimal } from '../../kernel/decimal.js';
import type { InstrumentId, PortfolioId, UserId } from '../../kernel/ids.js';
import { currency } from '../../kernel/money.js';
import type { Sending } from '../../kernel/outcome.js';
import type { InvestSuitePort, PortfolioWrite, TransactionWrite } from '../../ports/investsuite.js';
import { createInvestSuite, type InvestSuiteOptions } from './adapter.js';

const HOST = 'http://investsuite.test';
const P = 'P01HQZX3V9K2M4N6P8R0S2T4V6W' as PortfolioId;
const sample = readFileSync(join(__dirname, '../../../contracts/investsuite/samples/portfolio.json'), 'utf8');
const sending = (key = 'wd:1'): Sending => ({ key, signal: AbortSignal.timeout(5_000), firstSentAtMs: 0 });
const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const json = { 'content-type': 'application/json' };
const EUR250 = { amount: decimal('250'), currency: currency('EUR') };

const open: { close: () => void }[] = [];
const make = (options: Partial<InvestSuiteOptions> = {}): InvestSuitePort => {
  const port = createInvestSuite({ baseUrl: HOST, accessKeyId: 'k', secretAccessKey: 's', ...options });
  open.push(port);
  return port;
};
let port: InvestSuitePort;
const onLogin = (token = 't1'): void => {
  nock(HOST)
    .post('/auth/login/', { access_key_id: 'k', secret_access_key: 's' })
    .reply(200, { access_token: token, token_type: 'Bearer', expires_in: '300', refresh_token: `r-${token}` });
};
beforeEach(() => {
  nock.disableNetConnect();
  port = make();
  onLogin();
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  nock.cleanAll();
  nock.enableNetConnect();
});
afterAll(() => {
  nock.restore();
});

const TRANSACTION: TransactionWrite = {
  portfolioId: P,
  externalId: 'x-1',
  optimizationId: null,
  movements: [
    {
      type: 'CASH_WITHDRAWAL',
      status: 'SETTLED',
      datetime: '2026-11-21T09:00:00.000Z',
      instrument: '$EUR' as InstrumentId,
      quantity: decimal('-250.10'),
      unitPrice: null,
      unitPriceCurrency: null,
      externalId: null,
      referenceExternalId: null,
      description: null,
    },
  ],
};
const movement = {
  type: 'CASH_WITHDRAWAL',
  status: 'SETTLED',
  datetime: '2026-11-21T09:00:00Z',
  instrument_id: '$EUR',
  quantity: '-250.100',
};

describe('a new transaction', () => {
  const post = (status: number, body: string | object, headers: Record<string, string> = json): void => {
    nock(HOST).post(`/portfolios/${P}/transactions/`).reply(status, body, headers);
  };
  it('sends exact numbers, no unknown member and the token', async () => {
    nock(HOST, { reqheaders: { authorization: 'Bearer t1' } })
      .post(`/portfolios/${P}/transactions/`, {
        external_id: 'x-1',
        movements: [
          { type: 'CASH_WITHDRAWAL', status: 'SETTLED', datetime: '2026-11-21T09:00:00.000Z', instrument_id: '$EUR', quantity: -250.1 },
        ],
      })
      .reply(201, { id: 'T1', external_id: 'x-1', movements: [movement] });
    expect(await port.createTransaction(TRANSACTION, sending())).toEqual({ kind: 'applied', result: { transactionId: 'T1' } });
  });

  it.each([
    [201, { id: 'T1' }, { kind: 'applied' }],
    [201, { id: 'T1', external_id: 'x-2' }, { kind: 'unknown' }],
    [201, { id: 'T1', portfolio_id: 'P2' }, { kind: 'unknown' }],
    [
      201,
      { id: 'T1', movements: [{ ...movement, quantity: '-250.11' }] },
      { kind: 'unknown', evidence: 'the answer holds other movements than was sent' },
    ],
    [201, { id: 'T1', movements: [movement, movement] }, { kind: 'unknown' }],
    [200, {}, { kind: 'unknown' }],
    [200, '', { kind: 'unknown' }],
    [201, '<html>', { kind: 'unknown' }],
    [202, {}, { kind: 'unknown' }],
    [
      400,
      {
        title: 'Bad',
        detail: [{ loc: ['body', 'note'], msg: 'Ada: extra fields not permitted', type: 'value_error.extra' }],
        request_id: 'q1',
      },
      { kind: 'rejected', reason: 'invalid', note: 'answered 400; body.note value_error.extra; request q1' },
    ],
    [422, '', { kind: 'rejected', reason: 'invalid' }],
    [404, '', { kind: 'rejected', reason: 'not-found' }],
    [409, '', { kind: 'rejected', reason: 'conflict' }],
    [403, '', { kind: 'retryable', retryAfterMs: 300_000 }],
    [429, '', { kind: 'retryable' }],
    [418, '', { kind: 'unknown' }],
    [301, '', { kind: 'unknown' }],
    [500, '', { kind: 'unknown' }],
    [503, '', { kind: 'unknown' }],
  ] as const)('%s %j', async (status, body, expected) => {
    post(status, body);
    expect(await port.createTransaction(TRANSACTION, sending())).toMatchObject(expected);
  });

  it('is retryable before the first byte', async () => {
    nock(HOST)
      .post(`/portfolios/${P}/transactions/`)
      .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    expect(await port.createTransaction(TRANSACTION, sending())).toMatchObject({ kind: 'retryable' });
  });

  it('logs in once more after a 401 and repeats once', async () => {
    nock(HOST).post(`/portfolios/${P}/transactions/`).matchHeader('authorization', 'Bearer t1').reply(401, {});
    nock(HOST).post('/auth/refresh-token/', { refresh_token: 'r-t1' }).reply(401, {});
    onLogin('t2');
    nock(HOST).post(`/portfolios/${P}/transactions/`).matchHeader('authorization', 'Bearer t2').reply(201, { id: 'T1' });
    expect(await port.createTransaction(TRANSACTION, sending())).toMatchObject({ kind: 'applied' });
  });

  it('blames the credentials when the login is refused, and nothing was sent', async () => {
    nock.cleanAll();
    nock(HOST).post('/auth/login/').reply(401, {});
    expect(await make().createTransaction(TRANSACTION, sending())).toEqual({
      kind: 'retryable',
      evidence: 'credentials: login answered 401',
      retryAfterMs: 300_000,
    });
  });
});

describe('finding a transaction', () => {
  const list = (status: number, body: object): void => {
    nock(HOST).get(`/portfolios/${P}/transactions/`).query(true).reply(status, body);
  };
  it.each([
    [200, { results: [] }, { found: 'absent' }],
    [200, { results: [{ id: 'T1', external_id: 'x-1' }] }, { found: 'applied', result: { transactionId: 'T1' } }],
    [200, { results: [{ id: 'T1', external_id: 'x-1', portfolio_id: 'P2' }] }, { found: 'ambiguous' }],
    [404, {}, { found: 'no-answer' }],
    [405, {}, { found: 'no-answer' }],
    [500, {}, { found: 'no-answer' }],
    [200, { rows: [] }, { found: 'no-answer' }],
  ] as const)('%s %j', async (status, body, expected) => {
    list(status, body);
    expect(await port.findTransaction(TRANSACTION, sending())).toMatchObject(expected);
  });

  it('follows next on our own host only, and does not run in circles', async () => {
    nock(HOST)
      .get(`/portfolios/${P}/transactions/?limit=100`)
      .reply(200, { next: `http://elsewhere.test/portfolios/${P}/transactions/?limit=100&offset=abc`, results: [{ id: 'T0' }] });
    nock(HOST)
      .get(`/portfolios/${P}/transactions/?limit=100&offset=abc`)
      .reply(200, { next: `/portfolios/${P}/transactions/?limit=100`, results: [{ id: 'T1' }] });
    nock(HOST)
      .get(`/portfolios/${P}/transactions/?limit=100&offset=2`)
      .reply(200, { next: `/x/?limit=100&offset=abc`, results: [{ id: 'T2' }] });
    expect(await port.findTransaction(TRANSACTION, sending())).toMatchObject({
      found: 'no-answer',
      evidence: expect.stringContaining('circles'),
    });
  });
});

describe('writing the portfolio', () => {
  const read = (body = sample): void => {
    nock(HOST).get(`/portfolios/${P}/`).reply(200, body, json);
  };
  const prepared = async (): Promise<PortfolioWrite> => {
    read();
    const outcome = await port.readPortfolio(P, soon());
    if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome));
    const { version, holdings, configJson } = outcome.result;
    return {
      portfolioId: P,
      baseVersion: version,
      holdingsBefore: holdings,
      holdings: { ...holdings, ['$EUR' as InstrumentId]: decimal('450.40') },
      configJson,
      divestAmount: { kind: 'everything' },
    };
  };
  const after = (change: (text: string) => string = (text) => text): string =>
    change(
      sample
        .replace('"version": 7', '"version": 8')
        .replace('1250.40', '450.4000')
        .replace('"divest_amount": 800', '"divest_amount": 1E+100'),
    );

  it('sends the whole map and the whole config, every number as it was written', async () => {
    const write = await prepared();
    read();
    let sent = '';
    nock(HOST)
      .patch(`/portfolios/${P}/`, (body: unknown) => typeof body === 'object')
      .reply(
        200,
        function (_path, body) {
          sent = typeof body === 'string' ? body : JSON.stringify(body);
          return after();
        },
        json,
      );
    expect(await port.writePortfolio(write, sending())).toEqual({ kind: 'applied', result: { versionAfter: 8 } });
    expect(Object.keys(JSON.parse(sent) as object)).toEqual(['portfolio', 'config']);
    expect(JSON.parse(sent)).toMatchObject({
      portfolio: { $EUR: 450.4, IE00B44Z5B48: 12 },
      config: {
        manager: 'ROBO_ADVISOR_DISCRETIONARY',
        manager_settings: { divest_amount: 1e100, start_amount: 2000, policy_id: 'Y01HQZX3V9K2M4N6P8R0S2T4V71' },
      },
    });
  });

  it.each([
    [
      'policy lost',
      (text: string) => text.replace('"Y01HQZX3V9K2M4N6P8R0S2T4V71"', 'null'),
      'settings came back changed: manager_settings.policy_id',
    ],
    [
      'manager lost',
      (text: string) => text.replace('"manager_version": 1', '"manager_version": 2'),
      'settings came back changed: manager_version',
    ],
    ['other holdings', (text: string) => text.replace('450.4000', '450.41'), 'the answer holds other holdings than were sent'],
    ['position lost', (text: string) => text.replace('"IE00B44Z5B48": 12,', ''), 'the answer holds other holdings than were sent'],
    ['other level', (text: string) => text.replace('1E+100', '800'), 'the answer holds another divest amount than was sent'],
    ['no newer version', (text: string) => text.replace('"version": 8', '"version": 7'), 'the answer has no newer version'],
    ['other portfolio', (text: string) => text.replace(P, 'P99'), 'the answer is about another portfolio'],
    ['no portfolio', () => '{}', 'the answer holds no portfolio'],
  ])('%s is unknown', async (_name, change, evidence) => {
    const write = await prepared();
    read();
    nock(HOST).patch(`/portfolios/${P}/`).reply(200, after(change), json);
    expect(await port.writePortfolio(write, sending())).toEqual({ kind: 'unknown', evidence });
  });

  it('lets InvestSuite change its own cooldown', async () => {
    const write = await prepared();
    read();
    nock(HOST)
      .patch(`/portfolios/${P}/`)
      .reply(
        200,
        after((text) => text.replace('"optimization_cooldown_end": null', '"optimization_cooldown_end": "2026-12-01T00:00:00Z"')),
        json,
      );
    expect(await port.writePortfolio(write, sending())).toMatchObject({ kind: 'applied' });
  });

  it('sends nothing when holdings or settings differ under the same version, or when there are no settings', async () => {
    const write = await prepared();
    read(sample.replace('1250.40', '1250.41'));
    expect(await port.writePortfolio(write, sending())).toMatchObject({ kind: 'rejected', reason: 'changed-meanwhile' });
    read(sample.replace('"version": 7', '"version": 8'));
    expect(await port.writePortfolio(write, sending())).toMatchObject({
      kind: 'rejected',
      reason: 'changed-meanwhile',
      note: 'version 8 instead of 7',
    });
    read(sample.replace('"risk_profile_score": 3', '"risk_profile_score": 4'));
    expect(await port.writePortfolio(write, sending())).toMatchObject({ kind: 'rejected', reason: 'changed-meanwhile' });
    expect(
      await port.writePortfolio({ ...write, configJson: '{"manager":"USER_MANAGED","manager_settings":null}' }, sending()),
    ).toMatchObject({ kind: 'rejected', reason: 'invalid' });
  });
});

describe('reads', () => {
  it('leaves out divest requests that are zero under another name, and keeps what it cannot read', async () => {
    const zero = sample.replace('"divest_amount": 800', '"divest_amount": "0.00"');
    nock(HOST)
      .get('/portfolios/')
      .query(true)
      .reply(200, `{"next":null,"results":[${zero},${sample.replace(P, 'P2')},{"id":"P3"},{}]}`, json);
    expect(await port.readPendingWithdrawals(soon())).toEqual({ kind: 'applied', result: ['P2', 'P3'] });
  });

  it.each([
    ['no owner', sample.replace('"U01HQZX3V9K2M4N6P8R0S2T4V6X"', 'null'), { kind: 'retryable' }],
    ['unknown manager', sample.replace('ROBO_ADVISOR_DISCRETIONARY', 'NEW'), { kind: 'applied', result: { manager: 'unknown' } }],
    ['paper', sample.replace('REAL_MONEY', 'PAPER_MONEY'), { kind: 'applied', result: { realMoney: false } }],
    ['active not said', sample.replace('"active": true,', ''), { kind: 'applied', result: { active: false } }],
    ['everything', sample.replace('800', '"1e100"'), { kind: 'applied', result: { divestAmount: { kind: 'everything' } } }],
    ['negative divest request', sample.replace('800', '-1'), { kind: 'retryable' }],
    ['another portfolio', sample.replace(P, 'P99'), { kind: 'retryable' }],
  ])('%s', async (_name, body, expected) => {
    nock(HOST).get(`/portfolios/${P}/`).reply(200, body, json);
    expect(await port.readPortfolio(P, soon())).toMatchObject(expected);
  });

  it('tries the two names of the newest optimisation', async () => {
    nock(HOST).get(`/portfolios/${P}/optimizations/latest/`).reply(404, {});
    nock(HOST).get(`/portfolios/${P}/optimizations/current/`).reply(202, { message: 'computing', optimization_hash: 'h1' });
    expect(await port.readOptimization(P, soon())).toMatchObject({ kind: 'accepted', reference: 'h1' });
  });

  it.each([
    [
      'AMOUNT',
      { shares: 11, quantity: '434.00', quantity_type: 'AMOUNT' },
      { kind: 'applied', result: { orders: [{ units: '11', amount: '434' }] } },
    ],
    [
      'UNITS in a tenant of amounts',
      { shares: '-11', quantity: '-11', quantity_type: 'UNITS' },
      { kind: 'applied', result: { orders: [{ units: '-11', amount: null }] } },
    ],
    ['no type', { shares: -11, quantity: 99 }, { kind: 'applied', result: { orders: [{ units: '-11', amount: null }] } }],
    ['a new type', { shares: 1, quantity: 1, quantity_type: 'LOTS' }, { kind: 'retryable' }],
    ['no size', { quantity_type: 'UNITS' }, { kind: 'retryable' }],
    ['signs that differ', { shares: -1, quantity: 5, quantity_type: 'AMOUNT' }, { kind: 'retryable' }],
  ])('decides per order: %s', async (_name, order, expected) => {
    nock(HOST)
      .get(`/portfolios/${P}/optimizations/latest/`)
      .reply(200, { id: 'O1', portfolio_update: { is_recommended: true, orders: { IE00B44Z5B48: order } } });
    expect(await port.readOptimization(P, soon())).toMatchObject(expected);
  });

  it('takes only an IBAN for a counter account', async () => {
    const user = (account: object): void => {
      nock(HOST).get('/users/U1/').reply(200, { id: 'U1', counter_account: account });
    };
    user({ bank_account_number: 'be68 5390 0754 7034', bank_account_type: 'IBAN', bank_id: 'GKCCBEBB' });
    expect(await port.readUser('U1' as UserId, soon())).toMatchObject({ result: { counterAccount: { iban: 'BE68539007547034' } } });
    user({ bank_account_number: '123456789', bank_account_number_type: 'ABA' });
    expect(await port.readUser('U1' as UserId, soon())).toMatchObject({ result: { counterAccount: null } });
  });
});

describe('telling that a withdrawal is paid', () => {
  it.each([
    [true, '"wd:1"'],
    [false, 'wd:1'],
  ])('quotes the key: %s', async (quoteIdempotencyKey, header) => {
    nock(HOST, { reqheaders: { 'idempotency-key': header } })
      .post('/events/withdraw/', { data: { amount: '250.00', currency: 'EUR', portfolio: P } })
      .reply(200, '');
    expect(await make({ quoteIdempotencyKey }).announceWithdrawal(P, EUR250, sending())).toEqual({ kind: 'applied', result: null });
  });

  it.each([
    [201, '{}', { kind: 'applied' }],
    [204, '', { kind: 'applied' }],
    [200, 'OK', { kind: 'applied' }],
    [409, '{}', { kind: 'rejected', reason: 'conflict' }],
    [400, '{}', { kind: 'rejected', reason: 'invalid' }],
    [404, '{}', { kind: 'rejected', reason: 'not-found' }],
    [410, '{}', { kind: 'unknown' }],
    [301, '', { kind: 'unknown' }],
    [500, '', { kind: 'unknown' }],
    [403, '', { kind: 'retryable' }],
    [429, '', { kind: 'retryable' }],
  ] as const)('%s %s', async (status, body, expected) => {
    nock(HOST).post('/events/withdraw/').reply(status, body);
    expect(await port.announceWithdrawal(P, EUR250, sending())).toMatchObject(expected);
  });

  it('refuses a key that cannot be quoted', async () => {
    await expect(port.announceWithdrawal(P, EUR250, sending('a"b'))).rejects.toThrow('idempotency key');
  });
});
