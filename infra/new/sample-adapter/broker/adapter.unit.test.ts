/** An operation that is not built moves no money, and loses none. A test of the real answers takes its place, one operation after the other. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../../shared/kernel/ids.js';
import { parseJson } from '../../../../shared/kernel/json.js';
import { currency } from '../../../../shared/kernel/money.js';
import { sending } from '../../../../test/builders/engine.js';
import { sampleEvents } from '../events.js';
import { createSample } from './adapter.js';

const broker = createSample({ baseUrl: 'http://127.0.0.1:1', token: 'token' });
afterAll(() => {
  broker.close();
});

const account = 'A1' as BrokerAccountId;
const instrument = 'US8552441094' as InstrumentId;
const order = { account, instrument, side: 'sell', size: { by: 'units', units: decimal('1') } } as const;
const cashOut = { account, amount: { amount: decimal('100'), currency: currency('USD') } };
const { signal } = sending();

describe('sample, as long as it is not built', () => {
  it.each([
    ['placeOrder', () => broker.placeOrder(order, sending())],
    ['createCashOut', () => broker.createCashOut(cashOut, sending())],
    ['approveCashOut', () => broker.approveCashOut('C1', sending())],
    ['readOrder', () => broker.readOrder(account, 'O1', signal)],
    ['readOpenOrders', () => broker.readOpenOrders(account, signal)],
    ['readSettlement', () => broker.readSettlement(account, 'O1', signal)],
    ['readCorrections', () => broker.readCorrections({ by: 'account', name: account }, 0, signal)],
    ['readCash', () => broker.readCash(account, signal)],
    ['readPositions', () => broker.readPositions(account, signal)],
    ['readPrices', () => broker.readPrices([instrument], signal)],
    ['readCashOut', () => broker.readCashOut('C1', signal)],
    ['readCashOuts', () => broker.readCashOuts(account, 0, { keys: [], cashOutIds: [] }, signal)],
  ] as const)('says that %s has not happened and may be sent later', async (operation, ask) => {
    expect(await ask()).toMatchObject({ kind: 'retryable', evidence: `${operation} is not built yet: nothing was sent` });
  });

  it.each([
    ['findOrder', () => broker.findOrder(order, sending())],
    ['findCashOut', () => broker.findCashOut(cashOut, sending())],
  ] as const)('learns nothing from %s', async (operation, ask) => {
    expect(await ask()).toMatchObject({ found: 'no-answer', evidence: `${operation} is not built yet: nobody was asked` });
  });

  it('asks people whenever it is not known whether something has happened', () => {
    for (const ability of Object.values(broker.abilities))
      expect(ability).toMatchObject({ repeatable: 'never', afterAbsence: 'ask-person', source: 'no source: careful value' });
  });

  it.each(['{"id":"e1","amount":5.10}', '[]', 'null'])('keeps %s whole, under the same id whenever it comes', (text) => {
    for (const { read } of sampleEvents) {
      expect(read(parseJson(text))).toMatchObject({ kind: 'unlisted', keep: true });
      expect(read(parseJson(text))).toEqual(read(parseJson(text)));
    }
  });
});
