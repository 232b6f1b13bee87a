import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseJson } from '../kernel/json.js';
import { currency, type Money } from '../kernel/money.js';
import type { Decimal } from '../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, PortfolioId } from '../kernel/ids.js';
import type { Sending } from '../kernel/outcome.js';
import { publicTls } from '../../test/builders/tls.js';
import { brokerSettings, configuredBroker } from './broker/configured.js';
import { configuredCoreBanking, coreBankingProblems, coreBankingSettings } from './core-banking/configured.js';
import { configuredInvestSuite, investSuiteSettings } from './investsuite/configured.js';

const outside = { log: (): void => undefined, tls: publicTls };
const NOBODY = 'http://127.0.0.1:9';
const AN_OWN_LIFE_MS = 900_000;

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUps.splice(0)) clean();
});
type Seen = { readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string };
type Answer = { readonly status: number; readonly json: object };
/** Answers as `answer` says, and keeps what it was asked. */
const serve = async (answer: (seen: Seen) => Answer): Promise<{ readonly url: string; readonly seen: Seen[] }> => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      const { status, json } = answer(one);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, seen };
};
const sending = (): Sending => ({ key: 'key-of-one-request', signal: AbortSignal.timeout(5_000), firstSentAtMs: 1 });

const investSuite = (baseUrl: string, tenant: object) =>
  configuredInvestSuite(
    {
      INVESTSUITE_BASE_URL: baseUrl,
      INVESTSUITE_ACCESS_KEY_ID: 'id',
      INVESTSUITE_SECRET_ACCESS_KEY: 'secret-of-investsuite',
      tenant: z.object(investSuiteSettings).parse(tenant),
    },
    outside,
  );
const broker = (baseUrl: string, tenant: object) =>
  configuredBroker(
    {
      BROKER: 'drivewealth',
      tenant: z.object(brokerSettings).parse(tenant),
      ...{ DRIVEWEALTH_BASE_URL: baseUrl, DRIVEWEALTH_APP_KEY: 'key-of-drivewealth' },
      ...{ DRIVEWEALTH_CLIENT_ID: 'id', DRIVEWEALTH_CLIENT_SECRET: 'secret-of-drivewealth' },
    },
    outside,
  );
const bank = (tenant: object) =>
  configuredCoreBanking(
    {
      CORE_BANKING: 'payments-api',
      tenant: z.object(coreBankingSettings).parse(tenant),
      ...{ CORE_BANKING_BASE_URL: NOBODY, CORE_BANKING_TOKEN: 'token-of-the-bank' },
    },
    outside,
  );

describe('the longest life of a request', () => {
  const lives = (tenant: object): readonly number[] => [
    investSuite(NOBODY, tenant).abilities.createTransaction.longestLifeMs,
    investSuite(NOBODY, tenant).abilities.writePortfolio.longestLifeMs,
    broker(NOBODY, tenant).abilities.placeOrder.longestLifeMs,
    broker(NOBODY, tenant).abilities.createCashOut.longestLifeMs,
    bank(tenant).abilities.pay.longestLifeMs,
  ];
  it("is each adapter's own where the tenant says nothing [B12]", () => {
    expect(lives({})).toEqual(Array.from({ length: 5 }, () => AN_OWN_LIFE_MS));
  });
  it('is what the tenant says', () => {
    expect(lives({ requestLongestLifeMs: 7_000 })).toEqual(Array.from({ length: 5 }, () => 7_000));
  });
});

describe('the choices about InvestSuite', () => {
  const login: Answer = { status: 200, json: { access_token: 'token', refresh_token: 'refresh', expires_in: 300 } };
  const start = () => serve(({ path }) => (path.includes('auth') || path.includes('token') ? login : { status: 404, json: {} }));

  it('say whether a lost transaction can be looked for [B12]', () => {
    expect(investSuite(NOBODY, {}).abilities.createTransaction.repeatable).toBe('after-inquiry');
    expect(investSuite(NOBODY, { canListTransactions: false }).abilities.createTransaction.repeatable).toBe('never');
  });
  it.each([
    [{}, '"key-of-one-request"'],
    [{ quoteIdempotencyKey: false }, 'key-of-one-request'],
  ])('say how a key is written: %j [B12]', async (tenant, header) => {
    const { url, seen } = await start();
    const amount = { amount: '5' as Decimal, currency: currency('EUR') } as Money;
    await investSuite(url, tenant).announceWithdrawal('P' as PortfolioId, amount, sending());
    expect(seen.map(({ headers }) => headers['idempotency-key']).filter((one) => one !== undefined)).toEqual([header]);
  });
  it.each([
    [{}, ['latest', 'current']],
    [{ optimizationSegments: ['current'] }, ['current']],
  ])('say where the newest optimisation is: %j [B12]', async (tenant, segments) => {
    const { url, seen } = await start();
    await investSuite(url, tenant).readOptimization('P' as PortfolioId, AbortSignal.timeout(5_000));
    const asked = seen.filter(({ path }) => path.includes('optimization')).map(({ path }) => path.split('/').filter(Boolean).at(-1));
    expect(asked).toEqual(segments);
  });
});

describe('the choices about DriveWealth', () => {
  const answer = ({ path, method }: Seen): Answer => {
    if (path.includes('token')) return { status: 200, json: { access_token: 'token', expires_in: '3600', token_type: 'Bearer' } };
    if (method === 'GET' && path.includes('/accounts/'))
      return { status: 200, json: { id: 'ACCOUNT', accountNo: 'NO-1', status: { name: 'OPEN' } } };
    return { status: 500, json: {} };
  };
  it.each([
    [{}, {}],
    [
      { bankAccountId: 'BANK-1', settlementProfileId: 'PROFILE-1', cashOutType: 'ACH' },
      { bankAccountID: 'BANK-1', settlementProfileID: 'PROFILE-1', type: 'ACH' },
    ],
  ])('say where a cash-out goes: %j [B12]', async (tenant, members) => {
    const { url, seen } = await serve(answer);
    const amount = { amount: '5' as Decimal, currency: currency('USD') } as Money;
    await broker(url, tenant).createCashOut({ account: 'ACCOUNT' as BrokerAccountId, amount }, sending());
    const body = parseJson(seen.at(-1)?.body ?? '{}') as Record<string, unknown>;
    expect({ bankAccountID: body['bankAccountID'], settlementProfileID: body['settlementProfileID'] }).toEqual({
      bankAccountID: undefined,
      settlementProfileID: undefined,
      ...Object.fromEntries(Object.entries(members).filter(([name]) => name !== 'type')),
    });
    expect(body['type']).toBe('type' in members ? members.type : 'BULK_FUNDING');
  });
  it.each([
    [{}, { ISIN: 'US0378331005' }],
    [{ instruments: { US0378331005: { symbol: 'AAPL' } } }, { symbol: 'AAPL' }],
  ])('say how an instrument is called: %j [B12]', async (tenant, name) => {
    const { url, seen } = await serve(answer);
    await broker(url, tenant).placeOrder(
      {
        ...{ account: 'ACCOUNT' as BrokerAccountId, instrument: 'US0378331005' as InstrumentId, side: 'buy' as const },
        size: { by: 'units', units: '1' as Decimal },
      },
      sending(),
    );
    const body = parseJson(seen.at(-1)?.body ?? '{}') as Record<string, unknown>;
    expect({ ISIN: body['ISIN'], symbol: body['symbol'] }).toEqual({ ISIN: undefined, symbol: undefined, ...name });
  });
});

describe("the bank's login", () => {
  const oauth = {
    CORE_BANKING_OAUTH_TOKEN_URL: 'https://login.example',
    CORE_BANKING_OAUTH_CLIENT_ID: 'middleware',
    CORE_BANKING_OAUTH_CLIENT_SECRET: 'secret-of-the-client',
  };
  it('is a token or client credentials: one of the two, and whole', () => {
    expect(coreBankingProblems({ CORE_BANKING_TOKEN: 'token-of-the-bank' })).toEqual([]);
    expect(coreBankingProblems(oauth)).toEqual([]);
    expect(coreBankingProblems({})).toEqual(['CORE_BANKING_TOKEN is missing, and CORE_BANKING_OAUTH_TOKEN_URL too: set one of the two']);
    expect(coreBankingProblems({ ...oauth, CORE_BANKING_TOKEN: 'token-of-the-bank' })).toEqual([
      'CORE_BANKING_TOKEN and CORE_BANKING_OAUTH_TOKEN_URL are both set; set one',
    ]);
    expect(coreBankingProblems({ CORE_BANKING_OAUTH_CLIENT_ID: 'middleware' })).toEqual([
      'CORE_BANKING_OAUTH_TOKEN_URL is missing',
      'CORE_BANKING_OAUTH_CLIENT_SECRET is missing',
    ]);
  });
});
