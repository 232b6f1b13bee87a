/**
 * A journey that an earlier release has left open goes on under the flow of today: it is brought to the present version, and then every
 * input, every outcome of its effect and every look is tried on it. Nothing may throw; what cannot be must be called impossible, with a reason.
 */
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../contracts/internal/envelope.js';
import type { Treatment } from '../../contracts/internal/portfolio-rules.js';
import { portfolioNow } from '../builders/standing.js';
import type { EffectRecord, LifeEvent } from '../../shared/kernel/effect-life.js';
import type { DivestAmount } from '../../shared/kernel/money.js';
import type { Tagged } from '../../shared/kernel/flow.js';
import { factsOf, step, type AnyFlow, type Trigger, type StepResult } from '../../shared/kernel/step.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import type { StoredJourney } from '../../shared/runtime/engine/store/store.js';
import { everyConsume, everyFlow, releasedMessages, releasedResults, releasedStates, type Called, type ReleasedState } from './released.js';

const NOW_MS = Date.parse('2026-12-01T10:00:00Z');
const ID = 'journey-1';
const KEY = `${ID}:effect:1`;

const catalogueOver = (calls: Called[], answers: Readonly<Record<string, unknown>> = {}): Catalogue =>
  new Catalogue({ name: 'every-service', bindings: everyFlow(calls, answers), consumes: [] });
const catalogue = catalogueOver([]);

const journeyOf = ({ flow, stateVersion, state, effect }: ReleasedState): StoredJourney => {
  const present = catalogue.current({
    ...{ id: ID, flow, subject: 'subject-1', portfolioId: String(state['portfolioId']), openedAtMs: NOW_MS - 3_600_000, version: 7 },
    ...{ stateVersion, state, policy: null, ended: false, held: null },
    effect:
      effect === null
        ? null
        : {
            ...{ id: KEY, name: effect.name, kind: effect.kind, status: effect.status, generation: effect.generation, attempt: 1 },
            ...{ reference: null, plannedAtMs: NOW_MS - 9_000, firstSentAtMs: NOW_MS - 9_000, lastSentAtMs: NOW_MS - 9_000 },
            ...{ dueAtMs: null, note: null, request: effect.request, owner: null },
          },
  });
  return { ...present, ended: 'ends' in rowOf(flow, present.state.status) };
};
const rowOf = (flow: string, status: string): AnyFlow['rows'][string] => {
  const row = catalogue.flow(flow).rows[status];
  if (row === undefined) throw new Error(`${flow} has no row ${status} any more`);
  return row;
};

/**
 * Inputs that no message of the dump shows: a return that the bank calls back about, a choice of the owner, and what flows of later
 * releases send.
 */
const OTHERS: readonly { readonly flow: string; readonly input: Tagged }[] = [
  {
    flow: 'payout',
    input: { type: 'TransferReturned', amount: '250', currency: null, reason: 'AC04', reference: 'R1' } as Tagged,
  },
  ...[
    { type: 'BeingFoundOut' },
    { type: 'RestoreRequested', expected: { kind: 'nothing' }, level: { kind: 'amount', amount: '300' } },
    { type: 'ReviewGoesOn' },
    { type: 'LostRequestEnded', note: null },
  ].flatMap((input) => [0, 1].map((handled) => ({ flow: 'portfolio', input: { ...input, ...{ handled } } }))),
  ...['accept', 'reject'].map((choice) => ({
    flow: 'optimisation',
    input: { type: 'OwnerChose', optimizationId: 'another', choice } as Tagged,
  })),
];

/** Every input that a kept message becomes. */
const inputs: readonly { readonly flow: string; readonly input: Tagged }[] = [
  ...OTHERS,
  ...releasedMessages().flatMap(({ topic, value }) => {
    if (topic === null) {
      const { tells, input } = JSON.parse(value) as { readonly tells: string; readonly input: Tagged };
      return [{ flow: tells, input }];
    }
    return everyConsume
      .filter((consume) => consume.topic === topic)
      .flatMap((consume) => {
        const arrival = consume.read(parseEnvelope(value));
        if ('deliver' in arrival) return [{ flow: arrival.deliver.flow, input: arrival.deliver.input }];
        return 'deliverTo' in arrival ? [{ flow: 'withdrawal', input: arrival.deliverTo.input }] : [];
      });
  }),
];

/** The same input as if it were about this very journey: its id, its amount, its change. */
const fitting = (input: Tagged, { state }: ReleasedState): readonly Tagged[] => {
  const { orders, portfolio } = state as {
    readonly orders?: readonly { readonly instrument: string }[];
    readonly portfolio?: { readonly currency: string } | null;
  };
  switch (input.type) {
    case 'PayoutFinished':
      return [{ ...input, ...{ withdrawalId: ID, amount: state['paying'] ?? '1', currency: portfolio?.currency } }];
    case 'PortfolioChanged':
      return [input, { ...input, ...{ changeId: `${ID}.paid` } }];
    case 'OptimizationReady':
    case 'OwnerChose':
      return [input, { ...input, ...{ optimizationId: state['optimizationId'] } }];
    case 'OrderFinished':
      return [input, ...(orders ?? []).map(({ instrument }) => ({ ...input, ...{ optimizationId: state['optimizationId'], instrument } }))];
    default:
      return [input];
  }
};

const OURS: Treatment = { kind: 'ours', product: 'robo-discretionary', rule: 'all' };
/** A question of the release before is asked again by this build, so its answer has this build's form: what was read then, and what is read now besides. */
const inTodaysForm = (result: unknown): unknown => {
  const then = result as { readonly asked?: DivestAmount; readonly externalId?: string | null };
  const portfolio = portfolioNow({ currency: 'USD', level: { kind: 'everything' }, treatment: OURS });
  return { ...then, treatment: OURS, portfolio, level: then.asked ?? null, takenBack: null };
};

/** What the other side, time and people can say of an effect. */
const eventsOf = (flow: string, effect: EffectRecord, personResult: unknown): readonly LifeEvent[] => {
  const of = { generation: effect.generation, lastSentAtMs: effect.lastSentAtMs };
  const results = releasedResults().filter((one) => one.flow === flow && one.effect === effect.name);
  const reasons = ['not-found', 'forbidden', 'invalid', 'conflict', 'changed-meanwhile', 'other-currency', 'failed', 'returned', 'AC04'];
  const person = { type: 'PersonSaid', generation: effect.generation, evidence: 'seen by people' } as const;
  return [
    ...[null, ...results.map(({ result }) => result)]
      .filter((result) => result !== null || results.length === 0)
      .map((result) => (effect.kind === 'read' ? inTodaysForm(result) : result))
      .map((result): LifeEvent => ({ type: 'Answered', outcome: { kind: 'applied', result: result ?? personResult }, of })),
    ...reasons.map((reason): LifeEvent => ({ type: 'Answered', outcome: { kind: 'rejected', reason }, of })),
    { type: 'Answered', outcome: { kind: 'unknown', evidence: 'timeout' }, of },
    { type: 'Answered', outcome: { kind: 'retryable', evidence: 'refused' }, of },
    { type: 'Answered', outcome: { kind: 'accepted', reference: 'R1' }, of },
    { type: 'Inquired', inquiry: { found: 'absent' }, askedAtMs: NOW_MS, of },
    { type: 'Inquired', inquiry: { found: 'no-answer', evidence: 'timeout' }, askedAtMs: NOW_MS, of },
    { type: 'Inquired', inquiry: { found: 'ambiguous', evidence: 'two of them' }, askedAtMs: NOW_MS, of },
    { type: 'Orphaned' },
    { ...person, said: 'applied', result: personResult },
    { ...person, said: 'rejected', result: null },
    { ...person, said: 'send-again', result: null },
  ];
};

/** What comes out can be stored and read again, and asks for what can be asked. */
const expectSound = (flow: string, stepResult: StepResult): void => {
  if (stepResult.kind === 'impossible') expect(stepResult.why).not.toBe('');
  if (stepResult.kind !== 'moved') return;
  const { journey } = stepResult;
  expect(() => catalogue.binding(flow).state.parse(JSON.parse(JSON.stringify(journey.state)))).not.toThrow();
  catalogue.shows(flow, journey.state);
  if (!stepResult.planned || journey.effect === null) return;
  const facts = factsOf(journey, catalogue.binding(flow).policy.now);
  expect(catalogue.effect(flow, journey.effect.name).request(journey.state, facts, KEY)).toBeDefined();
};

/** The form of a value: names and kinds, not what stands there. Values of a list are of one form. */
const formOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return [...new Set(value.map((one) => JSON.stringify(formOf(one))))].sort();
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, formOf(one)]));
};

const states = releasedStates();
const named = states.map((one, n) => [`${one.flow} ${one.status}, ${String(n)}`, one] as const);

describe.each(named)('a released %s', (_name, released) => {
  const { flow } = released;
  const give = (journey: StoredJourney, occasion: Trigger): StepResult => {
    const stepResult = step(catalogue.flow(flow), journey, occasion, catalogue.contextOf(flow, NOW_MS));
    expectSound(flow, stepResult);
    return stepResult;
  };

  it('is read, shown to people, and acts by the effect that was stored with it', () => {
    const { state, effect } = journeyOf(released);
    const row = rowOf(flow, state.status);
    catalogue.shows(flow, state);
    expect('does' in row ? row.does : null).toBe(effect?.name ?? null);
  });
  it('takes every input', () => {
    const mine = inputs.filter((one) => one.flow === flow);
    expect(mine.length).toBeGreaterThan(0);
    for (const { input } of mine) for (const one of fitting(input, released)) give(journeyOf(released), { kind: 'input', input: one });
  });
  it('is looked at again', () => {
    give(journeyOf(released), { kind: 'look-again' });
  });
  it('takes every outcome of its effect, whatever has become of it', () => {
    const journey = journeyOf(released);
    if (journey.effect === null) return;
    const { effect } = journey;
    const definition = catalogue.effect(flow, effect.name);
    const personResult = definition.kind === 'read' ? null : definition.resultFromPerson(effect.request, 'P1 seen by people');
    for (const status of ['planned', 'sending', 'accepted', 'unknown', 'parked'] as const)
      for (const event of eventsOf(flow, effect, personResult)) {
        // A read cannot be answered "applied" by people: they can bring no result.
        if (definition.kind === 'read' && event.type === 'PersonSaid' && event.said === 'applied') continue;
        const stepResult = give({ ...journey, effect: { ...effect, status } }, { kind: 'effect', effectId: effect.id, event });
        if (status === 'sending' && event.type === 'Answered' && event.outcome.kind === 'applied') expect(stepResult.kind).toBe('moved');
      }
  });
  it('asks the other side with its stored request as it would with a fresh one', async () => {
    const journey = journeyOf(released);
    if (journey.effect === null) return;
    const { name, request } = journey.effect;
    const { counterAccount } = journey.state as { readonly counterAccount?: { readonly iban: string; readonly ownerName: string } | null };
    const answers = {
      readUser: { kind: 'applied', result: { externalId: 'C1', counterAccount: null } },
      readOpenOrders: { kind: 'applied', result: [] },
      readPositions: { kind: 'applied', result: [] },
      readCustomer: { kind: 'applied', result: { active: true, counterAccount: counterAccount ?? null } },
    };
    const askedWith = async (one: unknown): Promise<readonly Called[]> => {
      const calls: Called[] = [];
      const definition = catalogueOver(calls, answers).effect(flow, name);
      const { portfolioId } = journey;
      const sending = { key: KEY, signal: new AbortController().signal, portfolioId, firstSentAtMs: NOW_MS };
      definition.reference?.(one);
      if (definition.kind === 'read') await definition.read(one, sending);
      else {
        await definition.send(one, sending);
        await definition.inquire(one, sending);
      }
      return calls;
    };
    const facts = factsOf(journey, catalogue.binding(flow).policy.now);
    const fresh: unknown = JSON.parse(JSON.stringify(catalogue.effect(flow, name).request(journey.state, facts, KEY)));
    const forms = (calls: readonly Called[]): unknown => calls.map(({ method, given }) => [method, given.map(formOf)]);
    const asked = await askedWith(request);
    expect(forms(asked)).toEqual(forms(await askedWith(fresh)));
    expect(JSON.stringify(forms(asked))).not.toContain('undefined');
    // People do the one effect that asks nobody.
    if (name !== 'ClearSuspense') expect(asked.length).toBeGreaterThan(0);
  });
});

describe('an optimisation of the first release', () => {
  const choicesOf = (released: ReleasedState): unknown => journeyOf(released).policy;
  it('keeps the choices that its portfolio was read under; before the read those of today count', () => {
    const all = states.filter((one) => one.flow === 'optimisation');
    const [read, unread] = [all.filter((one) => one.state['policy'] !== null), all.filter((one) => one.state['policy'] === null)];
    expect(Math.min(read.length, unread.length)).toBeGreaterThan(0);
    for (const one of read) {
      const { brokerMode: _gone, ...kept } = one.state['policy'] as Readonly<Record<string, unknown>>;
      expect(choicesOf(one)).toEqual(kept);
    }
    for (const one of unread) expect(choicesOf(one)).toBeNull();
  });
});

describe('what is kept of a release', () => {
  it('has every status of every flow', () => {
    const statuses = new Map<string, Set<string>>();
    for (const { flow, status } of states) statuses.set(flow, (statuses.get(flow) ?? new Set()).add(status));
    expect(Object.fromEntries([...statuses].map(([flow, those]) => [flow, those.size]))).toEqual({
      withdrawal: 12,
      payout: 12,
      optimisation: 14,
      order: 11,
      portfolio: 8,
    });
  });
  it('has every input of every flow', () => {
    for (const { flow } of everyFlow([]))
      expect([flow.name, Object.keys(flow.opens).sort()]).toEqual([
        flow.name,
        [...new Set(inputs.filter((one) => one.flow === flow.name).map(({ input }) => input.type))].sort(),
      ]);
  });
  it('has a result of every effect that brings one back', () => {
    const kept = new Set(releasedResults().map((one) => `${one.flow} ${one.effect}`));
    const acting = new Set(states.flatMap((one) => (one.effect === null ? [] : [`${one.flow} ${one.effect.name}`])));
    // These answer no more than that it was done; a person's word stands in for the restored level.
    for (const empty of [
      'withdrawal AnnounceWithdrawal',
      'order RecordExecution',
      'order RecordSettlement',
      'portfolio RestoreDivestAmount',
    ])
      expect(acting.delete(empty)).toBe(true);
    expect([...acting].filter((one) => !kept.has(one))).toEqual([]);
  });
});
