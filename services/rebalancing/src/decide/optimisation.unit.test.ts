import { describe, expect, it } from '@jest/globals';
import { decimal, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, OptimizationId } from '../../../../shared/kernel/ids.js';
import { currency } from '../../../../shared/kernel/money.js';
import { factsUnder, factsWith } from '../../../../test/builders/journey-facts.js';
import { optimisationFlow } from './optimisation.flow.js';
import type { OptimisationFacts, OptimisationPolicy } from './optimisation.policy.js';
import {
  instrumentsToPrice,
  lastFinished,
  MAX_ORDERS,
  noPrices,
  optimizationRead,
  orderSubject,
  portfolioRead,
  pricesRead,
  sellFinished,
  volumeOf,
} from './optimisation.rules.js';
import {
  optimisationState,
  type Market,
  type Optimisation,
  type OptimizationSeen,
  type PlannedOrder,
  type PortfolioSeen,
  type ProposedOrder,
} from './optimisation.js';
import type { OrderFinished, OrderOutcome } from './order.js';

const [A, B, C] = ['IE00B44Z5B48', 'US0378331005', 'US5949181045'] as InstrumentId[] as [InstrumentId, InstrumentId, InstrumentId];
const id = (text: string): OptimizationId => text as OptimizationId;
const policy: OptimisationPolicy = {
  priceDriftLimit: decimal('0.05'),
  holdingsMoveAt: 'settled',
  buysWhenSalesFellShort: 'skip',
};
const journey = factsWith(policy);
/** Choices of the tenant that have changed since the optimisation was opened. */
const changed = (over: Partial<OptimisationPolicy>): OptimisationFacts => factsUnder({ frozen: policy, now: { ...policy, ...over } });
const opened = (over: Partial<OptimisationPolicy>): OptimisationFacts => factsUnder({ frozen: { ...policy, ...over }, now: policy });
const proposed = (instrument: InstrumentId, units: string, over: Partial<ProposedOrder> = {}): ProposedOrder => ({
  instrument,
  units: decimal(units),
  amount: null,
  expectedPrice: decimal('100'),
  ...over,
});
const planned = (instrument: InstrumentId, side: 'buy' | 'sell', over: Partial<PlannedOrder> = {}): PlannedOrder => ({
  instrument,
  side,
  units: decimal('4'),
  amount: null,
  expectedPrice: decimal('100'),
  execute: true,
  reason: null,
  outcome: null,
  ...over,
});
const holdings = (map: Record<string, string>): Record<InstrumentId, Decimal> => map as Record<InstrumentId, Decimal>;

const fresh = ((): Optimisation => {
  const opening = optimisationFlow.opens.OptimizationReady(
    { type: 'OptimizationReady', optimizationId: id('O1'), recommended: true },
    journey,
  );
  if (!('open' in opening)) throw new Error('not opened');
  return opening.open;
})();
const state = (over: Partial<Optimisation> = {}): Optimisation => ({
  ...fresh,
  orders: [planned(A, 'sell'), planned(B, 'buy')],
  account: 'A1' as BrokerAccountId,
  currency: currency('EUR'),
  ...over,
});
const optimization = (over: Partial<OptimizationSeen> = {}): OptimizationSeen => ({
  id: id('O1'),
  recommended: true,
  ownerChoice: null,
  orders: [proposed(A, '-4'), proposed(B, '3')],
  startedFrom: null,
  ...over,
});
const portfolio = (over: Partial<PortfolioSeen> = {}): PortfolioSeen => ({
  treatment: { kind: 'ours', product: 'robo-discretionary', rule: 'all' },
  baseCurrency: currency('EUR'),
  realMoney: true,
  manager: 'robo-discretionary',
  active: true,
  archived: false,
  deleted: false,
  brokerAccount: 'A1' as BrokerAccountId,
  holdings: holdings({ [A]: '4', $EUR: '10.5' }),
  ...over,
});
const finished = (instrument: InstrumentId, outcome: OrderOutcome = 'executed', optimizationId = id('O1')): OrderFinished => ({
  type: 'OrderFinished',
  optimizationId,
  instrument,
  outcome,
  reason: outcome === 'executed' ? null : 'why',
});
const ready = (optimizationId: string, recommended: boolean | null = null) =>
  ({ type: 'OptimizationReady', optimizationId: id(optimizationId), recommended }) as const;
const choice = (optimizationId: string, chose: 'accept' | 'reject' = 'accept') =>
  ({ type: 'OwnerChose', optimizationId: id(optimizationId), choice: chose }) as const;
const lookAt = (optimizationId: string): unknown => ({ sends: 'optimisation', subject: 'P1', input: ready(optimizationId) });

describe('an optimisation is announced', () => {
  it('and read, unless it says itself that it is not recommended', () => {
    expect(fresh).toMatchObject({ status: 'ReadingOptimization', portfolioId: 'P1', optimizationId: 'O1' });
    expect(optimisationFlow.opens.OptimizationReady(ready('O1'), journey)).toHaveProperty('open');
    expect(optimisationFlow.opens.OptimizationReady(ready('O1', false), journey)).toHaveProperty('ignored');
    expect(optimisationFlow.opens.OwnerChose(choice('O1'), journey)).toMatchObject({ open: { status: 'ReadingOptimization' } });
    expect(optimisationFlow.opens.OwnerChose(choice('O1', 'reject'), journey)).toHaveProperty('ignored');
    expect(optimisationFlow.opens.OrderFinished(finished(A), journey)).toHaveProperty('impossible');
    expect(optimisationState.safeParse(JSON.parse(JSON.stringify(state({ startedFrom: { [A]: decimal('1') } })))).success).toBe(true);
  });
  it('is over when another one is the latest, and that one is looked at', () => {
    expect(optimizationRead(state({ arrivedLater: id('O0') }), optimization({ id: id('O2') }))).toMatchObject({
      to: 'Superseded',
      emits: [lookAt('O2')],
    });
  });
  it('is over when there is nothing to do', () => {
    expect(optimizationRead(state(), optimization({ recommended: false }))).toMatchObject({ to: 'NotRecommended', emits: [] });
    expect(optimizationRead(state({ arrivedLater: id('O2') }), optimization({ orders: [] }))).toMatchObject({
      to: 'NotRecommended',
      emits: [lookAt('O2')],
    });
    expect(optimizationRead(state(), optimization({ orders: [proposed(A, '0')] }))).toMatchObject({ to: 'NotRecommended' });
  });
  it('takes sides by the sign, and money where an order is by money', () => {
    const seen = optimization({
      orders: [proposed(A, '-4'), proposed(B, '3'), proposed(C, '-0.2', { amount: decimal('-25') })],
      ownerChoice: 'accept',
    });
    expect(optimizationRead(fresh, seen)).toMatchObject({
      to: 'ReadingPortfolio',
      set: {
        reason: null,
        ownerChoice: 'accept',
        orders: [
          { side: 'sell', units: '4', amount: null },
          { side: 'buy', units: '3' },
          { side: 'sell', units: '0.2', amount: '25' },
        ],
      },
    });
  });
  it('is refused as a whole when its orders make no sense', () => {
    const reasonOf = (orders: readonly ProposedOrder[]): unknown =>
      (optimizationRead(fresh, optimization({ orders })) as { set: { reason: unknown } }).set.reason;
    expect(reasonOf([proposed('$USD' as InstrumentId, '5')])).toBe('an order trades cash');
    expect(reasonOf([proposed(A, '5'), proposed(A, '6')])).toBe('two orders for one instrument');
    expect(reasonOf([proposed(A, '5', { amount: decimal('-6') })])).toBe('units and amount of an order have different signs');
    expect(reasonOf([proposed(A, '0', { amount: decimal('-6') })])).toBeNull();
    expect(reasonOf(Array.from({ length: MAX_ORDERS + 1 }, (_, n) => proposed(`X${n}` as InstrumentId, '1')))).toBe(
      'more orders than an optimisation can have',
    );
  });
});

describe('the portfolio decides whether orders may go out', () => {
  it('prices sells first, or buys where nothing is sold', () => {
    expect(portfolioRead(state(), portfolio(), journey)).toMatchObject({
      to: 'CheckingSellPrices',
      set: { account: 'A1', currency: 'EUR' },
    });
    expect(portfolioRead(state({ orders: [planned(B, 'buy')] }), portfolio(), journey)).toMatchObject({ to: 'CheckingBuyPrices' });
  });
  it.each([
    ['paper money', { realMoney: false }],
    ['the portfolio is deleted', { deleted: true }],
    ['the portfolio is archived', { archived: true }],
    ['not a robo portfolio', { treatment: { kind: 'ours' as const, product: 'self' as const, rule: 'all' } }],
    ['InvestSuite talks to its broker (theirs) [E1]', { treatment: { kind: 'theirs' as const, rule: 'theirs' } }],
    ['no rule matches [E1]', { treatment: { kind: 'unclear' as const, why: 'no rule matches' } }],
  ])('leaves it alone: %s', (reason, over) => {
    expect(portfolioRead(state(), portfolio(over), journey)).toMatchObject({
      to: 'LeftAlone',
      set: { reason: reason.replace(' [E1]', '') },
      emits: [],
    });
  });
  it.each([
    ['the portfolio is blocked', {}, { active: false }],
    ['the portfolio has no account at the broker', {}, { brokerAccount: null }],
    ['an order sells more than is held', {}, { holdings: holdings({ [A]: '3.99', $EUR: '10.5' }) }],
    ['an order sells more than is held', {}, { holdings: holdings({}) }],
    [
      'holdings have changed since the optimisation started',
      { startedFrom: holdings({ [A]: '4', $EUR: '10.5' }) },
      { holdings: holdings({ [A]: '5', $EUR: '10.5' }) },
    ],
    [
      'cash has left since the optimisation started',
      { startedFrom: holdings({ [A]: '4', $EUR: '10.5' }) },
      { holdings: holdings({ [A]: '4', $EUR: '10.49' }) },
    ],
    ['an order trades cash', { reason: 'an order trades cash' }, {}],
  ])('refuses, and has that recorded for every order: %s', (reason, was, over) => {
    const step = portfolioRead(state(was), portfolio(over), journey);
    expect(step).toMatchObject({
      to: 'Refusing',
      set: {
        reason,
        orders: [
          { execute: false, reason },
          { execute: false, reason },
        ],
      },
    });
    expect('emits' in step && step.emits).toMatchObject([
      { sends: 'order', subject: `O1:${A}`, input: { execute: false, reason } },
      { subject: `O1:${B}` },
    ]);
  });
  it('goes on where holdings are as they were, or cash has come in', () => {
    const startedFrom = holdings({ [A]: '4', $EUR: '10.5' });
    expect(portfolioRead(state({ startedFrom }), portfolio({ holdings: holdings({ [A]: '4', $EUR: '10.509' }) }), journey)).toMatchObject({
      to: 'CheckingSellPrices',
    });
    expect(
      portfolioRead(state({ startedFrom }), portfolio({ holdings: holdings({ [A]: '4', $EUR: '500', [C]: '1' }) }), journey),
    ).toMatchObject({
      to: 'CheckingSellPrices',
    });
  });
  it('waits for the owner of an advisory portfolio', () => {
    const advisory = portfolio({ manager: 'robo-advisory' });
    expect(portfolioRead(state(), advisory, journey)).toEqual({ to: 'AwaitingOwnerChoice' });
    expect(portfolioRead(state({ ownerChoice: 'accept' }), advisory, journey)).toMatchObject({ to: 'CheckingSellPrices' });
    expect(portfolioRead(state({ ownerChoice: 'reject' }), advisory, journey)).toMatchObject({
      to: 'Declined',
      set: { reason: "the owner's choice is reject" },
    });
  });
});

describe('prices', () => {
  const prices = (a: string, units: Record<string, string> = { [A]: '4' }): Market => ({
    prices: [{ instrument: A, price: decimal(a) }],
    units: Object.fromEntries(Object.entries(units).map(([instrument, held]) => [instrument, decimal(held)])),
  });
  it('are asked for the side that comes next', () => {
    expect(instrumentsToPrice(state({ status: 'CheckingSellPrices' }))).toEqual([A]);
    expect(instrumentsToPrice(state({ status: 'CheckingBuyPrices' }))).toEqual([B]);
  });
  it('may move up to the limit, either way', () => {
    for (const price of ['95', '105', '100'])
      expect(pricesRead('sell')(state(), prices(price), journey)).toMatchObject({
        to: 'Selling',
        emits: [{ input: { execute: true, side: 'sell', reason: null } }],
      });
    for (const price of ['94.99', '105.01'])
      expect(pricesRead('sell')(state(), prices(price), journey)).toMatchObject({
        emits: [{ subject: orderSubject(id('O1'), A), input: { execute: false, reason: 'the price has moved too far' } }],
      });
  });
  it('may move up to the tighter of two limits', () => {
    for (const facts of [changed({ priceDriftLimit: decimal('0.01') }), opened({ priceDriftLimit: decimal('0.01') })]) {
      expect(pricesRead('sell')(state(), prices('101'), facts)).toMatchObject({ emits: [{ input: { execute: true } }] });
      expect(pricesRead('sell')(state(), prices('101.01'), facts)).toMatchObject({ emits: [{ input: { execute: false } }] });
    }
  });
  it('that are not there stop the order', () => {
    for (const step of [
      pricesRead('sell')(state(), { ...prices('1'), prices: [] }, journey),
      pricesRead('sell')(state(), prices('0'), journey),
      noPrices('sell')(state(), 'not-found', 'other-side', journey),
    ])
      expect(step).toMatchObject({ to: 'Selling', emits: [{ input: { execute: false, reason: 'the broker has no price' } }] });
    for (const expectedPrice of [null, decimal('0')])
      expect(pricesRead('sell')(state({ orders: [planned(A, 'sell', { expectedPrice })] }), prices('100'), journey)).toMatchObject({
        emits: [{ input: { execute: false, reason: 'the optimisation expects no price' } }],
      });
  });
  it('never bring an order back that was given up', () => {
    const orders = [planned(B, 'buy', { execute: false, reason: 'gone' })];
    expect(pricesRead('buy')(state({ orders }), { prices: [{ instrument: B, price: decimal('100') }], units: {} }, journey)).toMatchObject({
      to: 'Buying',
      emits: [{ input: { execute: false, reason: 'gone' } }],
    });
  });
  it('refuse everything while the broker holds other units than the optimisation started from', () => {
    const startedFrom = { [A]: decimal('10'), $EUR: decimal('5') };
    const refused = (over: Partial<Optimisation>, units: Record<string, string>) =>
      pricesRead('sell')(state({ startedFrom, ...over }), prices('100', units), journey);
    const behind = { to: 'Refusing', set: { reason: 'the broker holds other units than the optimisation started from' } };
    // Four of ten are sold already, and InvestSuite does not know it: the same sale is proposed again.
    expect(refused({}, { [A]: '6' })).toMatchObject({ ...behind, emits: [{ input: { execute: false } }, { input: { execute: false } }] });
    expect(refused({}, { [A]: '10', [C]: '1' })).toMatchObject(behind);
    expect(refused({}, { [A]: '10' })).toMatchObject({ to: 'Selling', emits: [{ input: { execute: true } }] });
    expect(refused({ startedFrom: null }, { [A]: '3' })).toMatchObject({
      to: 'Refusing',
      set: { reason: 'an order sells more than the broker holds' },
    });
    expect(refused({ startedFrom: null }, { [A]: '6' })).toMatchObject({ to: 'Selling' });
  });
  it('know their own sales before the buys, and ask where there were none', () => {
    const startedFrom = { [A]: decimal('10') };
    const market: Market = { prices: [{ instrument: B, price: decimal('100') }], units: { [A]: decimal('6') } };
    expect(pricesRead('buy')(state({ startedFrom }), market, journey)).toMatchObject({
      to: 'Buying',
      emits: [{ input: { execute: true } }],
    });
    expect(pricesRead('buy')(state({ startedFrom, orders: [planned(B, 'buy')] }), market, journey)).toMatchObject({ to: 'Refusing' });
  });
  it('tell everything an order needs', () => {
    expect(pricesRead('sell')(state(), prices('100'), journey)).toMatchObject({
      emits: [
        {
          sends: 'order',
          input: {
            type: 'OrderDecided',
            portfolioId: 'P1',
            optimizationId: 'O1',
            instrument: A,
            units: '4',
            amount: null,
            expectedPrice: '100',
            currency: 'EUR',
            account: 'A1',
            holdingsMoveAt: 'settled',
          },
        },
      ],
    });
    expect(() => pricesRead('sell')(state({ currency: null }), prices('100'), journey)).toThrow('before the portfolio was read');
    // When holdings move was chosen at the opening.
    const facts = factsUnder<OptimisationPolicy>({ frozen: policy, now: { ...policy, holdingsMoveAt: 'executed' } });
    expect(pricesRead('sell')(state(), prices('100'), facts)).toMatchObject({ emits: [{ input: { holdingsMoveAt: 'settled' } }] });
  });
});

describe('orders end', () => {
  const two = [planned(A, 'sell'), planned(C, 'sell'), planned(B, 'buy')];
  it('sells first; the buys wait for the last of them', () => {
    const first = sellFinished(state({ orders: two }), finished(A), journey);
    expect(first).toMatchObject({ stay: true, set: { orders: [{ outcome: 'executed' }, { outcome: null }, { outcome: null }] } });
    expect(
      sellFinished(state({ orders: [planned(A, 'sell', { outcome: 'executed' }), ...two.slice(1)] }), finished(C), journey),
    ).toMatchObject({
      to: 'CheckingBuyPrices',
    });
    expect(sellFinished(state({ orders: two }), finished(A, 'executed', id('O0')), journey)).toMatchObject({
      stay: true,
      set: { orders: two },
    });
  });
  it('and are over without buys', () => {
    expect(sellFinished(state({ orders: [planned(A, 'sell')], arrivedLater: id('O2') }), finished(A), journey)).toMatchObject({
      to: 'Executed',
      set: { reason: null, orders: [{ outcome: 'executed' }] },
      emits: [lookAt('O2')],
    });
    expect(sellFinished(state({ orders: [planned(A, 'sell')] }), finished(A, 'not-executed'), journey)).toMatchObject({
      to: 'NotExecuted',
      set: { reason: 'no order was executed' },
    });
  });
  it('leave the buys out when the sales fell short, unless the tenant says otherwise', () => {
    for (const outcome of ['partly-executed', 'not-executed'] as const)
      expect(sellFinished(state(), finished(A, outcome), journey)).toMatchObject({
        to: 'Buying',
        emits: [{ subject: `O1:${B}`, input: { execute: false, reason: 'the sales it was to be paid from fell short' } }],
      });
    expect(sellFinished(state(), finished(A, 'not-executed'), opened({ buysWhenSalesFellShort: 'place' }))).toMatchObject({
      to: 'CheckingBuyPrices',
    });
    // Which buys are placed was chosen at the opening.
    expect(sellFinished(state(), finished(A, 'not-executed'), changed({ buysWhenSalesFellShort: 'place' }))).toMatchObject({
      to: 'Buying',
    });
  });
  it('end the optimisation with the last of them', () => {
    const sold = planned(A, 'sell', { outcome: 'partly-executed' });
    expect(lastFinished(state({ orders: [sold, planned(B, 'buy'), planned(C, 'buy')] }), finished(B))).toMatchObject({ stay: true });
    expect(lastFinished(state({ orders: [sold, planned(B, 'buy')] }), finished(B, 'not-executed'))).toMatchObject({
      to: 'Executed',
      set: { orders: [{}, { outcome: 'not-executed', reason: 'why' }] },
    });
    expect(lastFinished(state({ reason: 'blocked', orders: [planned(B, 'buy')] }), finished(B, 'not-executed'))).toMatchObject({
      to: 'NotExecuted',
      set: { reason: 'blocked' },
    });
  });
  it('are worth what is expected', () => {
    expect(volumeOf(fresh)).toBeNull();
    expect(
      volumeOf(
        state({
          orders: [planned(A, 'sell'), planned(B, 'buy', { amount: decimal('10.999') }), planned(C, 'buy', { expectedPrice: null })],
        }),
      ),
    ).toEqual({ amount: '410.99', currency: 'EUR' });
  });
});

describe('every status answers every input', () => {
  const inputs = { same: ready('O1'), other: ready('O2'), accepted: choice('O1'), otherAccepted: choice('O2'), order: finished(A) };
  const cell = (status: Optimisation['status'], input: (typeof inputs)[keyof typeof inputs], over: Partial<Optimisation> = {}): string => {
    const answer = optimisationFlow.rows[status].on[input.type] as unknown;
    if (typeof answer !== 'function') return Object.keys(answer as object)[0] ?? '';
    const step = (answer as (s: Optimisation, i: unknown, journey: OptimisationFacts) => { to?: string; set?: { arrivedLater?: string } })(
      state({ status, ...over }),
      input,
      journey,
    );
    const later = step.set?.arrivedLater;
    return `${step.to ?? 'stay'}${later === undefined ? '' : ` later ${later}`}`;
  };
  it.each([
    ['ReadingOptimization', 'stay', 'ReadingOptimization later O2', 'ReadingOptimization', 'ReadingOptimization later O2', 'impossible'],
    ['ReadingPortfolio', 'stay', 'ReadingOptimization later O2', 'ReadingOptimization', 'ReadingOptimization later O2', 'impossible'],
    ['AwaitingOwnerChoice', 'stay', 'Superseded', 'ReadingOptimization', 'ReadingOptimization later O2', 'impossible'],
    ['CheckingSellPrices', 'stay', 'ReadingOptimization later O2', 'ReadingOptimization', 'ReadingOptimization later O2', 'impossible'],
    ['Selling', 'stay', 'stay later O2', 'ignored', 'ignored', 'CheckingBuyPrices'],
    ['CheckingBuyPrices', 'stay', 'stay later O2', 'ignored', 'ignored', 'ignored'],
    ['Buying', 'stay', 'stay later O2', 'ignored', 'ignored', 'stay'],
    ['Refusing', 'stay', 'stay later O2', 'ignored', 'ignored', 'stay'],
    ...(['Executed', 'NotExecuted', 'NotRecommended', 'Declined', 'Superseded', 'LeftAlone'] as const).map(
      (end) => [end, 'ignored', 'ignored', 'ignored', 'ignored', 'ignored'] as const,
    ),
  ] as const)('%s', (status, same, other, accepted, otherAccepted, order) => {
    expect([
      cell(status, inputs.same),
      cell(status, inputs.other),
      cell(status, inputs.accepted),
      cell(status, inputs.otherAccepted),
      cell(status, inputs.order),
    ]).toEqual([same, other, accepted, otherAccepted, order]);
  });
  it('has a row for each of them above', () => {
    expect(Object.keys(optimisationFlow.rows)).toHaveLength(14);
  });
  it('looks at a newer one at once where nothing has been sold', () => {
    expect(cell('CheckingBuyPrices', inputs.other, { orders: [planned(B, 'buy')] })).toBe('ReadingOptimization later O2');
  });
  it('asks again for a choice that was not announced, and for what could not be read', () => {
    const row = optimisationFlow.rows.AwaitingOwnerChoice;
    expect('looksAgain' in row && row.looksAgain.then(state(), journey)).toEqual({ to: 'ReadingOptimization' });
    for (const status of ['ReadingOptimization', 'ReadingPortfolio'] as const) {
      const reading = optimisationFlow.rows[status];
      expect('rejected' in reading && reading.rejected(state(), 'not-found', 'other-side', journey)).toHaveProperty('hold');
    }
  });
  it('keeps the portfolio it is about', () => {
    expect(fresh.portfolioId === 'P1').toBe(true);
  });
});
