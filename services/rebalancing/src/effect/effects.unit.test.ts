import { describe, expect, it, jest } from '@jest/globals';
import { portfolioRulesOf } from '../../../../contracts/internal/portfolio-rules.js';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { BrokerPort, OrderReport } from '../../../../shared/ports/broker.js';
import type { InvestSuitePort, Portfolio } from '../../../../shared/ports/investsuite.js';
import type { Timing } from '../../../../shared/runtime/engine/definition.js';
import { shownPortfolio } from '../../../../test/builders/investsuite.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import { order as orderOf, ORDERED } from '../../../../test/builders/order.js';
import type { Optimisation } from '../decide/optimisation.js';
import type { Order } from '../decide/order.js';
import type { Correction } from '../decide/correction.js';
import { announced } from '../decide/correction.rules.js';
import { checkPrices } from './check-prices.js';
import { confirmSettlement } from './confirm-settlement.js';
import { externalId } from './external-id.js';
import { followOrder } from './follow-order.js';
import { findAccount, settleCorrection } from './people-correct.js';
import { placeOrder } from './place-order.js';
import { readCorrections as readCorrectionsOf } from './read-corrections.js';
import { readOptimization } from './read-optimization.js';
import { readPortfolio } from './read-portfolio.js';
import { recordExecution } from './record-execution.js';
import { recordNotExecuted } from './record-not-executed.js';
import { recordPlaced } from './record-placed.js';
import { recordSettlement } from './record-settlement.js';

const timing: Timing = { timeoutMs: 1, firstWaitMs: 20, longestWaitMs: 1, patienceMs: 1 };
const AT_MS = Date.UTC(2026, 0, 2);
const AT = '2026-01-02T00:00:00.000Z';
const sending = { key: 'k', signal: new AbortController().signal, portfolioId: 'P1', firstSentAtMs: AT_MS };
const rules = portfolioRulesOf({ brokerMode: 'client' });
const journey = journeyFacts({ id: 'or-1', subject: 'O1:A' });
const ISIN = ORDERED;
const order = orderOf({ expectedPrice: null });
const live: Order = { ...order, orderId: 'EF.1', transactionId: 'T1', placedAt: AT };
const report: OrderReport = {
  orderId: 'EF.1',
  account: 'A1' as BrokerAccountId,
  instrument: ISIN,
  side: 'sell',
  status: 'open',
  brokerStatus: 'NEW',
  orderedUnits: decimal('4'),
  filledUnits: decimal('0'),
  fills: [],
  currency: currency('USD'),
  closedAt: null,
  rejectReason: null,
  takenBack: null,
};
const broker = (over: Partial<BrokerPort>): BrokerPort =>
  ({ provider: 'drivewealth', abilities: { placeOrder: {} }, ...over }) as BrokerPort;
const correctionOf = (over: Partial<Correction>): Correction => {
  const opening = announced({ type: 'CorrectionAnnounced', account: null, customer: null, stage: 'created', as: 'a correction' });
  if (!('open' in opening)) throw new Error('a correction that does not open');
  return { ...opening.open, ...over };
};
const investSuite = (over: Partial<InvestSuitePort>): InvestSuitePort => ({ abilities: {}, ...over }) as InvestSuitePort;

describe('effects at the broker', () => {
  it('order nothing for a portfolio that is not ours any more, or that has another account [E1]', async () => {
    const standing = async (now: Partial<Portfolio>): Promise<unknown> => {
      const read = async () => ({ kind: 'applied', result: shownPortfolio({ brokerAccount: order.account, ...now }) }) as const;
      const effect = placeOrder(broker({}), { investSuite: investSuite({ readPortfolio: read }), rules }, timing);
      return effect.restsOn?.(effect.request(order, journey, 'k'), sending);
    };
    expect(await standing({})).toBeNull();
    for (const now of [{ manager: 'self' }, { active: false }, { deleted: true }, { brokerAccount: null }] as const)
      expect(await standing(now)).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(/^not sent: /) });
  });
  it('place by units or by money, and keep the moment it was first sent', async () => {
    const place = jest.fn<BrokerPort['placeOrder']>(async () => ({ kind: 'applied', result: { orderId: 'EF.1' } }));
    const effect = placeOrder(
      broker({ placeOrder: place, findOrder: async () => ({ found: 'applied', result: { orderId: 'EF.2' } }) }),
      { investSuite: investSuite({}), rules },
      timing,
    );
    const request = effect.request(order, journey, 'k');
    expect(request).toEqual({ account: 'A1', instrument: ISIN, side: 'sell', size: { by: 'units', units: '4' } });
    expect(effect.request({ ...order, amount: decimal('75') }, journey, 'k').size).toEqual({
      by: 'amount',
      amount: { amount: '75', currency: 'EUR' },
    });
    expect(await effect.send(request, sending)).toEqual({ kind: 'applied', result: { orderId: 'EF.1', placedAt: AT } });
    expect(await effect.inquire(request, sending)).toEqual({ found: 'applied', result: { orderId: 'EF.2', placedAt: AT } });
    expect(effect.resultFromPerson(request, 'EF.3 (ann, approved by bob)')).toEqual({ orderId: 'EF.3', placedAt: null });
    expect(() => effect.request({ ...order, account: null }, journey, 'k')).toThrow('without an account');
    const lost = placeOrder(
      broker({ placeOrder: async () => ({ kind: 'unknown', evidence: 'cut' }), findOrder: async () => ({ found: 'absent' }) }),
      { investSuite: investSuite({}), rules },
      timing,
    );
    expect([await lost.send(request, sending), await lost.inquire(request, sending)]).toEqual([
      { kind: 'unknown', evidence: 'cut' },
      { found: 'absent' },
    ]);
  });
  it('follow an order until there is news', async () => {
    const readOrder = jest.fn<BrokerPort['readOrder']>(async () => ({ kind: 'applied', result: report }));
    const effect = followOrder(broker({ readOrder }), timing, 5_000, () => AT_MS);
    const request = effect.request(live, journey, 'k');
    expect([request, effect.reference?.(request)]).toEqual([{ account: 'A1', orderId: 'EF.1', knownFillIds: [] }, 'EF.1']);
    expect(await effect.read(request, sending)).toEqual({ kind: 'accepted', reference: 'EF.1', askAfterMs: 5_000, note: 'NEW' });
    readOrder.mockResolvedValueOnce({ kind: 'applied', result: { ...report, status: 'expired' } });
    expect(await effect.read(request, sending)).toMatchObject({ kind: 'applied', result: { status: 'expired', seenAt: AT } });
    readOrder.mockResolvedValueOnce({ kind: 'rejected', reason: 'not-found' });
    expect(await effect.read(request, sending)).toEqual({ kind: 'rejected', reason: 'not-found' });
    expect(() => effect.request(order, journey, 'k')).toThrow('never placed');
  });
  it('look again for settlement when the broker says, at the latest after the interval', async () => {
    const readSettlement = jest.fn<BrokerPort['readSettlement']>();
    const effect = confirmSettlement(broker({ readSettlement }), timing, 5_000, () => AT_MS);
    const request = effect.request(live, journey, 'k');
    expect(effect.reference?.(request)).toBe('EF.1');
    for (const [nextLookAtMs, askAfterMs] of [
      [null, 5_000],
      [AT_MS + 300, 300],
      [AT_MS - 300, 20],
      [AT_MS + 90_000, 5_000],
    ] as const) {
      readSettlement.mockResolvedValueOnce({ kind: 'applied', result: { settled: false, settledAt: null, nextLookAtMs, takenBack: null } });
      expect(await effect.read(request, sending)).toMatchObject({ kind: 'accepted', reference: 'EF.1', askAfterMs });
    }
    for (const settledAt of [null, 'TS']) {
      readSettlement.mockResolvedValueOnce({ kind: 'applied', result: { settled: true, settledAt, nextLookAtMs: null, takenBack: null } });
      expect(await effect.read(request, sending)).toEqual({ kind: 'applied', result: { settledAt: settledAt ?? AT, takenBack: null } });
    }
    const takenBack = { units: decimal('4'), cash: decimal('352') };
    readSettlement.mockResolvedValueOnce({ kind: 'applied', result: { settled: false, settledAt: null, nextLookAtMs: null, takenBack } });
    expect(await effect.read(request, sending)).toEqual({ kind: 'applied', result: { settledAt: AT, takenBack } });
    readSettlement.mockResolvedValueOnce({ kind: 'retryable', evidence: 'refused' });
    expect(await effect.read(request, sending)).toMatchObject({ kind: 'retryable' });
  });
  it('hand over a trade that was taken back at once, known fills or not [11.3]', async () => {
    const takenBack = { units: decimal('4'), cash: decimal('352') };
    const effect = followOrder(broker({ readOrder: async () => ({ kind: 'applied', result: { ...report, takenBack } }) }), timing, 5_000);
    expect(await effect.read(effect.request(live, journey, 'k'), sending)).toMatchObject({ kind: 'applied', result: { takenBack } });
  });
  it('look at the orders of the account, or of the customer, since long before the correction [11.3]', async () => {
    const readCorrections = jest.fn<BrokerPort['readCorrections']>(async () => ({ kind: 'applied', result: { looked: 0, orders: [] } }));
    const effect = readCorrectionsOf(broker({ readCorrections }), timing, 1_000);
    const facts = journeyFacts({ openedAtMs: 5_000 });
    expect(effect.request(correctionOf({ account: 'A1', customer: 'U1' }), facts, 'k')).toEqual({
      party: { by: 'account', name: 'A1' },
      sinceMs: 4_000,
    });
    const request: unknown = effect.request(correctionOf({ customer: 'U1' }), facts, 'k');
    expect(request).toEqual({ party: { by: 'customer', name: 'U1' }, sinceMs: 4_000 });
    expect(await effect.read(request, sending)).toEqual({ kind: 'applied', result: { looked: 0, orders: [] } });
    expect(readCorrections).toHaveBeenCalledWith({ by: 'customer', name: 'U1' }, 4_000, sending.signal);
    expect(() => {
      effect.request(correctionOf({}), facts, 'k');
    }).toThrow('of nobody');
  });
  it('leave to people what only people can do: nothing is sent, and their evidence names the account [11.3]', async () => {
    const [find, settle] = [findAccount(timing), settleCorrection(timing)];
    const request: unknown = settle.request(correctionOf({ account: 'A1', reason: 'why' }), journey, 'k');
    expect(request).toEqual({ reason: 'why', account: 'A1', customer: null, orders: [] });
    for (const effect of [find, settle]) {
      expect(await effect.send(request, sending)).toMatchObject({ kind: 'rejected' });
      expect(await effect.inquire(request, sending)).toMatchObject({ found: 'rejected' });
      expect(effect).toMatchObject({ kind: 'once', system: 'people' });
    }
    expect(find.resultFromPerson(request, 'DWMW000001 seen in the back office')).toEqual({ account: 'DWMW000001' });
    expect(settle.resultFromPerson(request, 'booked')).toBeNull();
  });
  it('ask prices of the side that is next, and what the account holds', async () => {
    const readPositions = jest.fn<BrokerPort['readPositions']>(async () => ({
      kind: 'applied',
      result: [{ instrument: ISIN, units: decimal('4') }],
    }));
    const effect = checkPrices(
      broker({
        readPrices: async (instruments) => ({
          kind: 'applied',
          result: instruments.map((instrument) => ({ instrument, price: decimal('1') })),
        }),
        readPositions,
      }),
      timing,
    );
    const request = effect.request(
      { status: 'CheckingBuyPrices', orders: [{ instrument: ISIN, side: 'buy' }], account: 'A1' } as unknown as Optimisation,
      journey,
      'k',
    );
    expect(await effect.read(request, sending)).toEqual({
      kind: 'applied',
      result: { prices: [{ instrument: ISIN, price: '1' }], units: { [ISIN]: '4' } },
    });
    readPositions.mockResolvedValueOnce({ kind: 'retryable', evidence: 'refused' });
    expect(await effect.read(request, sending)).toMatchObject({ kind: 'retryable' });
    const silent = checkPrices(broker({ readPrices: async () => ({ kind: 'retryable', evidence: 'x' }), readPositions }), timing);
    expect(await silent.read(request, sending)).toMatchObject({ kind: 'retryable' });
    expect(() => effect.request({ account: null } as Optimisation, journey, 'k')).toThrow('before the account');
  });
});

describe('effects at InvestSuite', () => {
  const created = { kind: 'applied', result: { transactionId: 'T1' } } as const;
  it('record a placed order under our own id', async () => {
    const create = jest.fn<InvestSuitePort['createTransaction']>(async () => created);
    const effect = recordPlaced(
      investSuite({ createTransaction: create, findTransaction: async () => ({ found: 'applied', result: { transactionId: 'T2' } }) }),
      timing,
    );
    const request = effect.request(live, journey, 'k');
    expect(await effect.send(request, sending)).toEqual({ kind: 'applied', result: { transactionId: 'T1', placedAt: AT } });
    expect(create.mock.calls[0]?.[0]).toMatchObject({
      externalId: `O1/${ISIN}`,
      optimizationId: 'O1',
      movements: [{ status: 'PLACED', datetime: AT, externalId: `O1/${ISIN}/placed` }],
    });
    expect(await effect.inquire(request, sending)).toEqual({ found: 'applied', result: { transactionId: 'T2', placedAt: AT } });
    expect(effect.resultFromPerson(request, 'T9 is there')).toEqual({ transactionId: 'T9', placedAt: AT });
    const timeless = effect.request({ ...live, placedAt: null }, journey, 'k');
    expect(await effect.send(timeless, sending)).toMatchObject({ result: { placedAt: AT } });
    expect(effect.resultFromPerson({ ...timeless, movements: [] }, 'T9')).toEqual({ transactionId: 'T9', placedAt: null });
    const lost = recordPlaced(
      investSuite({
        createTransaction: async () => ({ kind: 'unknown', evidence: 'cut' }),
        findTransaction: async () => ({ found: 'absent' }),
      }),
      timing,
    );
    expect([await lost.send(request, sending), await lost.inquire(request, sending)]).toEqual([
      { kind: 'unknown', evidence: 'cut' },
      { found: 'absent' },
    ]);
  });
  it('record what was not executed at the moment it is first said', async () => {
    const create = jest.fn<InvestSuitePort['createTransaction']>(async () => created);
    const find = jest.fn<InvestSuitePort['findTransaction']>(async () => ({ found: 'absent' }));
    const effect = recordNotExecuted(investSuite({ createTransaction: create, findTransaction: find }), timing);
    const request = effect.request({ ...order, reason: 'drift' }, journey, 'k');
    await effect.send(request, sending);
    await effect.inquire(request, sending);
    expect(create.mock.calls[0]?.[0]).toMatchObject({ movements: [{ status: 'NOT_EXECUTED', datetime: AT, description: 'drift' }] });
    expect(find.mock.calls[0]?.[0]).toEqual(create.mock.calls[0]?.[0]);
    expect(effect.resultFromPerson(request, 'T4 seen')).toEqual({ transactionId: 'T4' });
  });
  it('replace the whole transaction, the same on every repeat', async () => {
    const replace = jest.fn<InvestSuitePort['replaceTransaction']>(async () => ({ kind: 'applied', result: null }));
    for (const [make, status] of [
      [recordExecution, 'EXECUTED'],
      [recordSettlement, 'SETTLED'],
    ] as const) {
      const effect = make(investSuite({ replaceTransaction: replace }), timing);
      const long = 'f'.repeat(90);
      const fills = [{ id: long, executedAt: AT, units: decimal('4'), price: decimal('1'), gross: decimal('4'), fees: [] }];
      const request = effect.request({ ...live, fills, brokerStatus: 'filled' }, journey, 'k');
      await effect.send(request, sending);
      const movements = replace.mock.lastCall?.[1].movements ?? [];
      expect(movements.map((movement) => movement.status)).toEqual(['PLACED', status, status]);
      expect([movements[1]?.externalId, movements[2]?.referenceExternalId]).toEqual([externalId(long), externalId(long)]);
      // So that the engine waits for the longest life of a request before it says the same again.
      expect(await effect.inquire(request, sending)).toEqual({ found: 'absent' });
      expect(effect.resultFromPerson(request, 'seen')).toBeNull();
      expect(() => effect.request(order, journey, 'k')).toThrow('never made');
    }
  });
  it('read what the rules need, with the choices of the tenant', async () => {
    const state = { portfolioId: 'P1' } as Optimisation;
    const port = investSuite({
      readPortfolio: async () =>
        ({ kind: 'applied', result: { id: 'P1', active: true } }) as Awaited<ReturnType<InvestSuitePort['readPortfolio']>>,
      readOptimization: async () =>
        ({ kind: 'applied', result: { id: 'O1', createdAt: 'x', recommended: true } }) as Awaited<
          ReturnType<InvestSuitePort['readOptimization']>
        >,
    });
    const portfolio = readPortfolio(port, rules, timing);
    expect(await portfolio.read(portfolio.request(state, journey, 'k'), sending)).toMatchObject({
      kind: 'applied',
      result: { active: true },
    });
    const optimization = readOptimization(port, timing);
    expect(await optimization.read(optimization.request(state, journey, 'k'), sending)).toMatchObject({
      kind: 'applied',
      result: { id: 'O1', recommended: true },
    });
    const computing = investSuite({
      readPortfolio: async () => ({ kind: 'retryable', evidence: 'x' }),
      readOptimization: async () => ({ kind: 'accepted', reference: null }),
    });
    expect(await readPortfolio(computing, rules, timing).read({ portfolioId: state.portfolioId }, sending)).toMatchObject({
      kind: 'retryable',
    });
    expect(await readOptimization(computing, timing).read({ portfolioId: state.portfolioId }, sending)).toMatchObject({ kind: 'accepted' });
  });
  it('keep external ids within 64 characters', () => {
    expect(externalId('short')).toBe('short');
    expect([externalId('x'.repeat(64)).length, externalId('x'.repeat(65))]).toEqual([64, expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });
});
