import { describe, expect, it } from '@jest/globals';
import { canonicalEventName, EVENT_NAMES } from '../../../contracts/investsuite/events.js';
import type { JsonObject } from '../../../contracts/tokens.js';
import { compare, decimal, minus, plus, sum, times, ZERO, absolute } from '../../../shared/kernel/decimal.js';
import { parseJson, type Json } from '../../../shared/kernel/json.js';
import type { Delivery } from '../shared/webhook.js';
import {
  isDone,
  movementShapeProblems,
  readMovements,
  refusedBreaks,
  replacementBreaks,
  silentBreaks,
  transactionStatus,
} from './movement-rules.js';
import { DEFAULT_OPTIMISER, planSales, type OptimiserInput } from './optimiser.js';
import { patchProblems } from './patch-rules.js';
import { matchesQuery, parseQuery } from './query.js';
import { beyondRequest, missingRequest, NO_WISH, requestedByApi, requestedByApp } from './divest-requests.js';
import { World } from './world.js';

const T1 = '2024-03-04T09:00:00.000Z';
const T2 = '2024-03-04T09:01:00.000Z';
const placed = { external_id: 'o-p', type: 'SELL', status: 'PLACED', datetime: T1, instrument_id: 'IE00B44Z5B48', quantity: '-4' };
const fill = {
  external_id: 'f1',
  type: 'SELL',
  status: 'EXECUTED',
  datetime: T2,
  instrument_id: 'IE00B44Z5B48',
  quantity: '-4',
  unit_price: '88.10',
};
const leg = { type: 'BUY', status: 'EXECUTED', datetime: T2, instrument_id: '$EUR', quantity: '352.40', reference_external_id: 'f1' };
const fee = {
  type: 'TRANSACTION_FEE',
  status: 'EXECUTED',
  datetime: T2,
  instrument_id: '$EUR',
  quantity: '-1.75',
  reference_external_id: 'f1',
};
const settled = (one: JsonObject): JsonObject => ({ ...one, status: 'SETTLED' });
const kinds = (list: readonly JsonObject[]): readonly string[] => refusedBreaks(readMovements(list)).map((one) => one.kind);

describe('movements', () => {
  it('takes an order from placed to settled', () => {
    for (const list of [[placed], [placed, fill, leg, fee], [placed, settled(fill), settled(leg), settled(fee)]]) {
      expect(movementShapeProblems(list)).toEqual([]);
      expect(kinds(list)).toEqual([]);
      expect(silentBreaks(readMovements(list))).toEqual([]);
    }
    expect([[placed], [placed, fill, leg]].map((list) => isDone(readMovements(list)))).toEqual([false, true]);
    expect(transactionStatus(readMovements([placed, settled(fill), settled(leg)]))).toBe('SETTLED');
  });

  it.each<[string, readonly JsonObject[], string]>([
    ['a sold fill that adds', [placed, { ...fill, quantity: '4' }, leg], 'wrong-sign'],
    ['a withdrawal that adds', [{ ...leg, type: 'CASH_WITHDRAWAL', status: 'SETTLED', quantity: '5' }], 'wrong-sign'],
    ['a deposit that takes', [{ ...leg, type: 'CASH_DEPOSIT', status: 'SETTLED', quantity: '-5' }], 'wrong-sign'],
    ['a fee that adds', [placed, fill, leg, { ...fee, quantity: '1.75' }], 'wrong-sign'],
    [
      'a cash leg of a buy that adds',
      [
        { ...fill, type: 'BUY', quantity: '4' },
        { ...leg, type: 'SELL' },
      ],
      'wrong-sign',
    ],
    ['two requests', [placed, { ...placed, status: 'PENDING' }], 'two-requests'],
    [
      'a pending withdrawal',
      [{ type: 'CASH_WITHDRAWAL', status: 'PENDING', datetime: T1, instrument_id: '$EUR', quantity: '-5' }],
      'cash-transfer-status',
    ],
    ['settled beside executed', [placed, fill, leg, settled(fill)], 'counted-twice'],
    ['another datetime on the leg', [placed, fill, { ...leg, datetime: T1 }], 'datetime-differs'],
    ['a reference to nothing', [placed, fill, { ...leg, reference_external_id: 'f2' }], 'reference-unknown'],
    ['no reference though the fill has an id', [placed, fill, { ...leg, reference_external_id: null }], 'reference-missing'],
    ['a leg that is settled before its fill', [placed, fill, settled(leg)], 'status-differs'],
  ])('refuses %s', (_what, list, kind) => {
    expect(kinds(list)).toContain(kind);
  });

  it.each<[string, Json, string]>([
    ['type CASH', [{ ...leg, type: 'CASH' }], 'type'],
    ['an unknown status', [{ ...leg, status: 'DONE' }], 'status'],
    ['a field that does not exist', [{ ...leg, quantity_type: 'AMOUNT' }], 'quantity_type'],
    ['a missing quantity', [{ ...leg, quantity: null }], 'quantity'],
    ['no movements', [], 'movements'],
    ['a date of nonsense', [{ ...leg, datetime: 'today' }], 'datetime'],
  ])('does not read %s', (_what, list, field) => {
    expect(movementShapeProblems(list).map((one) => one.loc.at(-1))).toContain(field);
  });

  it('sees what a replacement lost', () => {
    const lost = (before: readonly JsonObject[], after: readonly JsonObject[]): readonly string[] =>
      replacementBreaks(readMovements(before), readMovements(after)).map((one) => one.kind);
    expect(lost([placed, fill, leg, fee], [placed, settled(fill), settled(leg), settled(fee)])).toEqual([]);
    expect(lost([placed, fill, leg, fee], [fill, leg, fee])).toEqual(['movement-lost']);
    expect(lost([placed, fill, leg, fee], [placed, fill, leg])).toEqual(['movement-lost']);
    expect(lost([placed, settled(fill), settled(leg)], [placed, fill, leg])).toEqual(['status-went-back', 'status-went-back']);
    expect(lost([placed, fill, leg], [placed, { ...fill, quantity: '-3' }, leg])).toEqual(['fill-changed']);
  });

  it('sees a fill that moves no cash, or another amount', () => {
    const silent = (list: readonly JsonObject[]): readonly string[] => silentBreaks(readMovements(list)).map((one) => one.kind);
    expect(silent([placed, fill])).toEqual(['cash-leg-missing']);
    expect(silent([placed, fill, { ...leg, quantity: '350.65' }])).toEqual(['cash-leg-amount']);
  });

  it('calls a partly filled order done only with the rest accounted for', () => {
    const part = { ...fill, quantity: '-3' };
    const rest = { external_id: 'c1', type: 'SELL', status: 'CANCELLED', datetime: T2, instrument_id: 'IE00B44Z5B48', quantity: '-1' };
    expect(isDone(readMovements([placed, part]))).toBe(false);
    expect(isDone(readMovements([placed, part, rest]))).toBe(true);
    expect(isDone(readMovements([{ ...rest, status: 'NOT_EXECUTED', quantity: '-4' }]))).toBe(true);
  });
});

describe('optimiser', () => {
  const input = (
    holdings: Record<string, string>,
    level: OptimiserInput['level'],
    more: Partial<OptimiserInput['settings']> = {},
  ): OptimiserInput => ({
    holdings: Object.fromEntries(Object.entries(holdings).map(([name, quantity]) => [name, decimal(quantity)])),
    cashInstrument: '$EUR',
    level,
    prices: new Map([
      ['IE00B44Z5B48', decimal('88.10')],
      ['LU0908500753', decimal('10')],
    ]),
    settings: { ...DEFAULT_OPTIMISER, ...more },
  });
  const amount = (text: string): OptimiserInput['level'] => ({ kind: 'amount', amount: decimal(text) });

  it('needs nothing while cash covers the divest request', () => {
    expect(planSales(input({ $EUR: '500' }, amount('500'))).kind).toBe('nothing-needed');
    expect(planSales(input({ $EUR: '0', IE00B44Z5B48: '4' }, { kind: 'nothing' })).kind).toBe('nothing-needed');
  });

  it.each([['100'], ['352'], ['1200.50'], ['1500']])('sells enough for %s after costs, and not a share more', (wanted) => {
    const given = input({ $EUR: '50', IE00B44Z5B48: '12', LU0908500753: '80' }, amount(wanted));
    const plan = planSales(given);
    if (plan.kind !== 'sell') throw new Error(`planned ${plan.kind}`);
    const net = sum(plan.orders.map((order) => minus(times(absolute(order.shares), order.price), order.cost)));
    expect(compare(plus(net, decimal('50')), decimal(wanted))).toBeGreaterThanOrEqual(0);
    const last = plan.orders.at(-1);
    expect(compare(plus(net, decimal('50')), plus(decimal(wanted), plus(last?.price ?? ZERO, decimal('1'))))).toBeLessThanOrEqual(0);
    for (const order of plan.orders) expect(order.shares).toMatch(/^-\d+$/);
  });

  it('sells exactly where fractions are allowed, and says amounts where the tenant wants them', () => {
    const plan = planSales(input({ $EUR: '0', IE00B44Z5B48: '12' }, amount('100'), { wholeShares: false, quantityType: 'AMOUNT' }));
    if (plan.kind !== 'sell') throw new Error(`planned ${plan.kind}`);
    expect(plan.orders[0]?.quantityType).toBe('AMOUNT');
    expect(compare(absolute(plan.orders[0]?.shares ?? ZERO), decimal('1.17'))).toBeLessThan(0);
  });

  it('sells every position for everything, in units, fractions too', () => {
    const plan = planSales(
      input({ $EUR: '10', IE00B44Z5B48: '12.5', LU0908500753: '80' }, { kind: 'everything' }, { quantityType: 'AMOUNT' }),
    );
    if (plan.kind !== 'sell') throw new Error(`planned ${plan.kind}`);
    expect(plan.orders.map((order) => [order.instrument, order.quantity, order.quantityType])).toEqual([
      ['IE00B44Z5B48', '-12.5', 'UNITS'],
      ['LU0908500753', '-80', 'UNITS'],
    ]);
  });

  it('is infeasible when cash is short and nothing can be sold', () => {
    expect(planSales(input({ $EUR: '10' }, amount('11'))).kind).toBe('infeasible');
  });
});

describe('patch', () => {
  const current = parseJson(
    `{"base_currency":"EUR","money_type":"REAL_MONEY","config":{"manager":"ROBO_ADVISOR_DISCRETIONARY","manager_version":1,"manager_settings":{"divest_amount":5,"policy_id":"Y1"}}}`,
  ) as JsonObject;
  const places = (text: string): readonly string[] =>
    patchProblems(current, parseJson(text)).map((one) => `${one.loc.slice(1).join('.')} ${one.type}`);

  it.each([
    ['{}', []],
    ['{"portfolio":{"$EUR":1250.40,"IE00B44Z5B48":"12"},"funded_since":"2024-03-04T09:00:00Z"}', []],
    [
      '{"config":{"manager":"ROBO_ADVISOR_DISCRETIONARY","manager_version":1,"manager_settings":{"divest_amount":1e100,"policy_id":"Y1"}}}',
      [],
    ],
    ['{"manager":{"manager_settings":{"divest_amount":0}}}', ['manager value_error.extra']],
    ['{"version":8}', ['version value_error.readonly']],
    ['{"money_type":"PAPER_MONEY"}', ['money_type value_error.readonly']],
    ['{"config":{"manager_settings":{"divest_amount":0}}}', ['config.manager value_error.missing']],
    ['{"config":{"manager":"USER_MANAGED"}}', ['config.manager value_error.readonly']],
    [
      '{"config":{"manager":"ROBO_ADVISOR_DISCRETIONARY","manager_settings":{"divestAmount":0}}}',
      ['config.manager_settings.divestAmount value_error.extra'],
    ],
    [
      '{"config":{"manager":"ROBO_ADVISOR_DISCRETIONARY","manager_settings":{"divest_amount":-5}}}',
      ['config.manager_settings.divest_amount type_error.decimal'],
    ],
    ['{"portfolio":{"EUR":5}}', ['portfolio.EUR value_error.str.regex']],
    ['{"portfolio":{"$EUR":"much"}}', ['portfolio.$EUR type_error.decimal']],
    ['[]', [' type_error.dict']],
  ])('%s', (text, wanted) => {
    expect(places(text)).toEqual(wanted);
  });
});

describe('query', () => {
  const wire = (level: string): JsonObject =>
    parseJson(`{"external_id":"it's","config":{"manager_settings":{"divest_amount":${level}}}}`) as JsonObject;
  const pending = 'config.manager_settings.divest_amount neq 0 and config.manager_settings.divest_amount neq null';

  it.each([
    ['5', true],
    ['0', false],
    ['null', false],
    ['0.00', true],
    ['"0.0"', true],
    ['1e100', true],
  ])('a divest amount of %s is pending: %s', (level, wanted) => {
    expect(matchesQuery(wire(level), parseQuery(pending) ?? [])).toBe(wanted);
  });

  it('finds by external id and refuses what is not supported', () => {
    expect(matchesQuery(wire('0'), parseQuery("external_id eq 'it''s'") ?? [])).toBe(true);
    expect(parseQuery('config.manager_settings.divest_amount gt 0')).toBeNull();
  });
});

describe('wishes', () => {
  const level = (text: string) => (text === '0' ? ({ kind: 'nothing' } as const) : ({ kind: 'amount', amount: decimal(text) } as const));

  it('knows a payment from an erased raise', () => {
    const first = requestedByApp(NO_WISH, level('0'), level('500'), ZERO, null);
    const raised = requestedByApp(first, level('500'), level('800'), ZERO, null);
    expect(raised.asked).toBe('800');
    expect(missingRequest(requestedByApi(raised, level('800'), level('300'), decimal('500')), level('300'), decimal('500'))).toBe('0');
    const erased = requestedByApi(raised, level('800'), level('0'), decimal('500'));
    expect(missingRequest(erased, level('0'), decimal('500'))).toBe('300');
    const restored = requestedByApi(erased, level('0'), level('300'), decimal('500'));
    expect(restored.asked).toBe('800');
    expect(missingRequest(restored, level('300'), decimal('500'))).toBe('0');
  });

  it('counts what an app with an old view meant, and what was paid beyond', () => {
    const first = requestedByApp(NO_WISH, level('0'), level('500'), ZERO, null);
    const stale = requestedByApp(first, level('0'), level('800'), decimal('500'), decimal('300'));
    expect(stale.asked).toBe('800');
    expect(beyondRequest(stale, decimal('1300'))).toBe('500');
    expect(beyondRequest(stale, decimal('800'))).toBe('0');
  });

  it('does not judge the amount of everything', () => {
    const all = requestedByApp(NO_WISH, level('0'), { kind: 'everything' }, ZERO, null);
    expect(beyondRequest(all, decimal('9000'))).toBeNull();
    expect(requestedByApi(all, { kind: 'everything' }, level('0'), decimal('9000'))).toEqual({ asked: '9000', everything: false });
  });
});

describe('events out', () => {
  it('says only names that the contract understands', () => {
    const sent: Delivery[] = [];
    const world = new World({ nowMs: () => 0, seed: 3, optimiserDelayMs: 0, deliver: (delivery) => sent.push(delivery) });
    world.faults.switchOn({ fault: 'event-name-variant' });
    const seen = new Set<string>();
    for (let round = 0; round < 40; round++) for (const name of EVENT_NAMES) world.emit(name, 'P1', { id: 'P1' });
    for (const { body } of sent) {
      const { subject, action } = parseJson(body) as { readonly subject: string; readonly action: string };
      expect(canonicalEventName(subject, action)).not.toBeNull();
      seen.add(`${subject}.${action}`);
    }
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'portfolios.withdrawal',
        'portfolio.withdrawal',
        'portfolio.withdrawal-request',
        'PORTFOLIOS.DIVEST_AMOUNT_UPDATE',
        'optimisations.status-update',
      ]),
    );
    expect(world.books.events.all()).toHaveLength(sent.length);
  });
});
