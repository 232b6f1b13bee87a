/** Both flows with their effects, driven by the kernel's own steps: what is told, asked and said, from the event to the end. */
import { describe, expect, it } from '@jest/globals';
import { decimal } from '../../../shared/kernel/decimal.js';
import type { EffectRecord, LifeEvent } from '../../../shared/kernel/effect-life.js';
import type { Emitted, Tagged } from '../../../shared/kernel/flow.js';
import type { BrokerAccountId } from '../../../shared/kernel/ids.js';
import { factsOf, openJourney, step, type JourneyRecord, type StepResult } from '../../../shared/kernel/step.js';
import type { BrokerPort, Fill, OrderReport, OrderRequest } from '../../../shared/ports/broker.js';
import type { InvestSuitePort, Portfolio, TransactionWrite } from '../../../shared/ports/investsuite.js';
import { Catalogue } from '../../../shared/runtime/engine/catalogue.js';
import { shownPortfolio } from '../../../test/builders/investsuite.js';
import { correctionBinding, optimisationBinding, orderBinding, rebalancingConsumes } from './wire.js';
import { tenant as tenantSettings } from './config.js';

const ABILITY = { repeatable: 'after-inquiry', keyMemoryMs: null, longestLifeMs: 1_000, afterAbsence: 'same-key', source: 'test' } as const;
const SELL = 'IE00B44Z5B48';
const BUY = 'US0378331005';
const fill = (id: string, units: string, gross: string): Fill => ({
  id,
  executedAt: `2026-01-02T10:00:0${id.slice(-1)}.000Z`,
  units: decimal(units),
  price: decimal('100'),
  gross: decimal(gross),
  fees: [],
});

/** A broker that fills half at the first look and the rest at the second; `refuses` names instruments it does not take. */
const world = (refuses: readonly string[] = []) => {
  const placed: OrderRequest[] = [];
  const looks = new Map<string, number>();
  const written: TransactionWrite[] = [];
  const report = (orderId: string): OrderReport => {
    const order = placed[Number(orderId.slice(1))];
    if (order === undefined) throw new Error(`no order ${orderId}`);
    const look = (looks.get(orderId) ?? 0) + 1;
    looks.set(orderId, look);
    const fills = [fill(`${orderId}-1`, '2', '200'), fill(`${orderId}-2`, '2', '200')].slice(0, look);
    return {
      orderId,
      account: order.account,
      instrument: order.instrument,
      side: order.side,
      status: look === 1 ? 'open' : 'filled',
      brokerStatus: 'x',
      orderedUnits: decimal('4'),
      filledUnits: decimal(String(2 * fills.length)),
      fills,
      currency: 'EUR' as OrderReport['currency'],
      closedAt: 'T2',
      rejectReason: null,
      takenBack: null,
    };
  };
  const broker = {
    provider: 'broker',
    abilities: { placeOrder: ABILITY },
    placeOrder: async (request: OrderRequest) =>
      refuses.includes(request.instrument)
        ? { kind: 'rejected', reason: 'not-enough-units' }
        : { kind: 'applied', result: { orderId: `E${placed.push(request) - 1}` } },
    readOrder: async (_account: string, orderId: string) => ({ kind: 'applied', result: report(orderId) }),
    readSettlement: async () => ({ kind: 'applied', result: { settled: true, settledAt: 'TS', nextLookAtMs: null, takenBack: null } }),
    readPositions: async () => ({ kind: 'applied', result: [{ instrument: SELL, units: decimal('4') }] }),
    readPrices: async (instruments: readonly string[]) => ({
      kind: 'applied',
      result: instruments.map((instrument) => ({ instrument, price: decimal('101') })),
    }),
  } as unknown as BrokerPort;
  const investSuite = {
    abilities: { createTransaction: ABILITY, replaceTransaction: { ...ABILITY, repeatable: 'by-key' } },
    readOptimization: async () => ({
      kind: 'applied',
      result: {
        id: 'O1',
        createdAt: 'x',
        recommended: true,
        ownerChoice: null,
        startedFrom: { [SELL]: '4', $EUR: '10' },
        orders: [
          { instrument: BUY, units: '4', amount: null, expectedPrice: '100' },
          { instrument: SELL, units: '-4', amount: null, expectedPrice: '100' },
        ],
      },
    }),
    readPortfolio: async () => ({
      kind: 'applied',
      result: shownPortfolio({
        brokerAccount: 'A1' as BrokerAccountId,
        holdings: { [SELL]: decimal('4'), $EUR: decimal('10') } as Portfolio['holdings'],
      }),
    }),
    createTransaction: async (write: TransactionWrite) => {
      written.push(write);
      return { kind: 'applied', result: { transactionId: `T${write.externalId}` } };
    },
    replaceTransaction: async (_id: string, write: TransactionWrite) => {
      written.push(write);
      return { kind: 'applied', result: null };
    },
  } as unknown as InvestSuitePort;
  return { broker, investSuite, placed, written };
};

const run = async (ports: ReturnType<typeof world>) => {
  const tenant = tenantSettings.parse({ brokerMode: 'client' });
  const catalogue = new Catalogue({
    name: 'rebalancing',
    bindings: [optimisationBinding(ports, tenant), orderBinding(ports, tenant), correctionBinding(ports, tenant)],
    consumes: rebalancingConsumes,
  });
  const journeys = new Map<string, JourneyRecord>();
  const said: Emitted[] = [];
  const visited: string[] = [];
  const inbox: { flow: string; subject: string; input: Tagged }[] = [];

  const take = async (id: string, stepResult: StepResult): Promise<void> => {
    if (stepResult.kind !== 'moved') throw new Error(`${id}: ${JSON.stringify(stepResult)}`);
    if (stepResult.journey.held !== null) throw new Error(`${id} is held: ${stepResult.journey.held}`);
    // As the database gives it back.
    const state = catalogue.binding(stepResult.journey.flow).state.parse(JSON.parse(JSON.stringify(stepResult.journey.state)));
    const journey = { ...stepResult.journey, state };
    journeys.set(id, journey);
    visited.push(`${journey.subject} ${state.status}`);
    for (const one of stepResult.emits)
      if ('sends' in one) inbox.push({ flow: one.sends, subject: one.subject, input: one.input });
      else said.push(one);
    if (stepResult.planned && journey.effect !== null) await act(journey, journey.effect);
  };
  const act = async (journey: JourneyRecord, effect: EffectRecord): Promise<void> => {
    const definition = catalogue.effect(journey.flow, effect.name);
    const request: unknown = JSON.parse(
      JSON.stringify(definition.request(journey.state, factsOf(journey, catalogue.binding(journey.flow).policy.now), 'key')),
    );
    const sending = { key: 'key', signal: new AbortController().signal, portfolioId: 'P1', firstSentAtMs: 0 };
    const outcome = await (definition.kind === 'read' ? definition.read(request, sending) : definition.send(request, sending));
    const event: LifeEvent = { type: 'Answered', outcome, of: effect };
    await take(
      journey.id,
      step(catalogue.flow(journey.flow), journey, { kind: 'effect', effectId: effect.id, event }, catalogue.contextOf(journey.flow, 0)),
    );
  };

  inbox.push({
    flow: 'optimisation',
    subject: 'P1',
    input: { type: 'OptimizationReady', optimizationId: 'O1', recommended: true } as Tagged,
  });
  for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
    const { flow, subject, input } = next;
    const id = `${flow}-${subject}`;
    const journey = journeys.get(id);
    const context = catalogue.contextOf(flow, 0);
    await take(
      id,
      journey === undefined
        ? openJourney(catalogue.flow(flow), { id, subject, portfolioId: 'P1' }, input, context)
        : step(catalogue.flow(flow), journey, { kind: 'input', input }, context),
    );
  }
  return {
    visited,
    said,
    ends: [...journeys.values()].map((journey) => `${journey.subject} ${journey.state.status} ${journey.ended ? 'ended' : 'open'}`),
  };
};

describe('an optimisation carried out', () => {
  it('sells, then buys, records every fill and moves holdings once', async () => {
    const ports = world();
    const { visited, said, ends } = await run(ports);
    expect(ends).toEqual(['P1 Executed ended', `O1:${SELL} Settled ended`, `O1:${BUY} Settled ended`]);
    expect(visited.filter((line) => line.startsWith('P1'))).toEqual(
      ['ReadingOptimization', 'ReadingPortfolio', 'CheckingSellPrices', 'Selling', 'CheckingBuyPrices', 'Buying', 'Executed'].map(
        (status) => expect.stringContaining(status),
      ),
    );
    expect(visited.filter((line) => line.startsWith(`O1:${SELL}`)).map((line) => line.split(' ')[1])).toEqual([
      'Placing',
      'RecordingPlaced',
      'FollowingOrder',
      'RecordingExecution',
      'FollowingOrder',
      'RecordingExecution',
      'AwaitingSettlement',
      'RecordingSettlement',
      'Settled',
    ]);
    expect(ports.placed.map((order) => [order.side, order.instrument, order.size])).toEqual([
      ['sell', SELL, { by: 'units', units: '4' }],
      ['buy', BUY, { by: 'units', units: '4' }],
    ]);
    expect(
      ports.written
        .filter((write) => write.externalId === `O1/${SELL}`)
        .map((write) => write.movements.map((movement) => movement.status).join()),
    ).toEqual([
      'PLACED',
      'PLACED,EXECUTED,EXECUTED',
      'PLACED,EXECUTED,EXECUTED,EXECUTED,EXECUTED',
      'PLACED,SETTLED,SETTLED,SETTLED,SETTLED',
    ]);
    expect(said).toMatchObject([
      {
        event: 'portfolio.change-requested',
        data: {
          cashSettled: true,
          deltas: [
            { instrument: SELL, quantity: '-4' },
            { instrument: '$EUR', quantity: '400' },
          ],
        },
      },
      {
        event: 'portfolio.change-requested',
        data: {
          cashSettled: false,
          deltas: [
            { instrument: BUY, quantity: '4' },
            { instrument: '$EUR', quantity: '-400' },
          ],
        },
      },
    ]);
  });
  it('leaves the buy out when the broker refuses the sale, and records both', async () => {
    const ports = world([SELL]);
    const { said, ends } = await run(ports);
    expect(ends).toEqual(['P1 NotExecuted ended', `O1:${SELL} NotExecuted ended`, `O1:${BUY} NotExecuted ended`]);
    expect(ports.placed).toEqual([]);
    expect(
      ports.written.map((write) => [write.externalId, write.movements.map((movement) => [movement.status, movement.description])]),
    ).toEqual([
      [`O1/${SELL}`, [['NOT_EXECUTED', 'refused by the broker: not-enough-units']]],
      [`O1/${BUY}`, [['NOT_EXECUTED', 'the sales it was to be paid from fell short']]],
    ]);
    expect(said).toEqual([]);
  });
});
