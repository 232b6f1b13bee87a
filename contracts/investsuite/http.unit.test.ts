import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { JsonNumber, parseJson, printJson, type Json } from '../../shared/kernel/json.js';
import { printedDivestAmount } from './divest-amount.js';
import { collectionOf, errorBody, loginAnswer, optimization, optimizationPending, portfolio, transaction, user } from './http.js';

const sample = (name: string): Json => parseJson(readFileSync(join(__dirname, 'samples', `${name}.json`), 'utf8'));

describe('portfolio', () => {
  it('reads exact numbers and keeps config untouched', () => {
    const body = sample('portfolio') as { readonly config: Json };
    const read = portfolio.parse(body);
    expect(read.portfolio).toEqual({ $EUR: '1250.4', IE00B44Z5B48: '12', LU0908500753: '0.333333333333333333' });
    expect(read.config.raw).toBe(body.config);
    expect(read.config.divestAmount).toEqual({ kind: 'amount', amount: '800' });
    expect(printJson(read.config.raw)).toContain('"start_amount":2000.00');
    expect(read.version).toBe(7);
  });

  it('reads a customer-managed portfolio without settings, and unknown words', () => {
    const read = portfolio.parse(
      parseJson('{"id":"P1","version":"3","base_currency":"USD","money_type":"TOY_MONEY","config":{"manager":"NEW"},"status":"FORGOTTEN"}'),
    );
    expect(read.config.divestAmount).toEqual({ kind: 'nothing' });
    expect(read).toMatchObject({ version: 3, archived: false, deleted: false, portfolio: {} });
  });

  it('refuses a portfolio whose holdings cannot be read', () => {
    expect(portfolio.safeParse({ ...(sample('portfolio') as object), portfolio: { $EUR: 'much' } }).success).toBe(false);
  });
});

describe('other answers', () => {
  it('reads a login answer whose seconds are text', () => {
    expect(loginAnswer.parse(sample('login'))).toEqual({
      accessToken: 'at-71',
      tokenType: 'Bearer',
      expiresInSeconds: 300,
      refreshToken: 'rt-71',
    });
    expect(loginAnswer.parse({ access_token: 'x', expires_at: new JsonNumber('240') }).expiresInSeconds).toBe(240);
  });

  it('reads a counter account under both key names', () => {
    expect(user.parse(sample('user')).counter_account).toEqual({
      number: 'BE68539007547034',
      numberType: 'IBAN',
      bankId: 'GKCCBEBB',
      bankIdType: 'BIC',
    });
    expect(
      user.parse(parseJson('{"id":"U1","counter_account":{"bank_account_number":"BE1","bank_account_type":"IBAN"}}')).counter_account
        ?.numberType,
    ).toBe('IBAN');
    expect(user.parse(parseJson('{"id":"U1","counter_account":null}')).counter_account).toBeNull();
  });

  it('reads an optimisation, and one that needs nothing', () => {
    const read = optimization.parse(sample('optimization'));
    expect(read.portfolio_update.orders['IE00B44Z5B48']).toMatchObject({
      shares: '-4',
      expected_share_price: '88.1',
      quantity_type: 'UNITS',
      quantity: '-4',
    });
    expect(read.current_solution?.holdings).toEqual({ $EUR: '450', IE00B44Z5B48: '12' });
    expect(optimization.parse(parseJson('{"id":"O1","portfolio_update":{"is_recommended":false,"orders":{}}}')).portfolio_update).toEqual({
      is_recommended: false,
      orders: {},
    });
    expect(optimization.safeParse(sample('optimization-pending')).success).toBe(false);
    expect(optimizationPending.parse(sample('optimization-pending')).optimization_hash).toBe('6c1f');
  });

  it('reads movements whose numbers are numbers or text', () => {
    const read = transaction.parse(sample('transaction'));
    expect(read.movements.map((one) => one.quantity)).toEqual(['-4', '-4', '352.4', '-1.75']);
  });

  it('reads pages however next is written', () => {
    const page = collectionOf(portfolio);
    expect(page.parse(sample('collection')).results).toHaveLength(1);
    expect(page.parse(parseJson('{"next":null,"count":null,"offset":null,"results":[]}')).results).toEqual([]);
  });

  it.each([['error-400'], ['error-401'], ['error-404']])('reads %s', (name) => {
    expect(errorBody.parse(sample(name)).title).toBeTruthy();
  });
});

describe('printedDivestAmount', () => {
  it('prints a number token', () => {
    expect(printJson({ a: printedDivestAmount({ kind: 'everything' }), b: printedDivestAmount({ kind: 'nothing' }) })).toBe(
      '{"a":1e100,"b":0}',
    );
  });
});
