import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { Bug } from '../../../kernel/bug.js';
import { decimal } from '../../../kernel/decimal.js';
import { go, hold, ignored, impossible, type Flow } from '../../../kernel/flow.js';
import { openJourney, step, type Trigger, type StepResult } from '../../../kernel/step.js';
import { Batch, OWN_TOPIC } from './batch.js';
import { Catalogue } from '../catalogue.js';
import { bind, type Consume, type ServiceDefinition } from '../definition.js';
import type { Item } from './lanes.js';
import type { StoredEffect, StoredJourney } from '../store/store.js';

type State = { readonly status: 'Checking' | 'Paying' | 'Waiting' | 'Stuck' | 'Done'; readonly amount: string };
type Input = { readonly type: 'Requested'; readonly amount: string } | { readonly type: 'Odd' };
type Effects = {
  readonly Check: { readonly kind: 'read'; readonly result: { readonly cash: string }; readonly reason: string };
  readonly Pay: { readonly kind: 'once'; readonly result: { readonly paid: string }; readonly reason: string };
};
type Said =
  | { readonly event: 'payout.finished'; readonly data: { readonly amount: string } }
  | { readonly sends: 'toy'; readonly subject: string; readonly input: Input };
const to = go<State>;
const quiet = { Requested: ignored('known'), Odd: impossible('odd') };
const flow: Flow<State, Input, Effects, Said> = {
  name: 'toy',
  ownedBy: 'payments desk',
  opens: { Requested: (input) => ({ open: { status: 'Checking', amount: input.amount } }), Odd: () => ignored('nothing open') },
  rows: {
    Checking: {
      does: 'Check',
      whenUnknown: 'send-again',
      overdueAfterHours: 2,
      applied: to('Paying'),
      rejected: hold('unread'),
      on: quiet,
    },
    Paying: {
      does: 'Pay',
      whenUnknown: 'inquire',
      rejected: hold('refused'),
      on: quiet,
      applied: (s) => ({
        to: 'Done',
        emits: [
          { event: 'payout.finished', data: { amount: s.amount } },
          { sends: 'toy', subject: 'other', input: { type: 'Requested', amount: '1' } },
        ],
      }),
    },
    Waiting: {
      waitsFor: 'cash',
      overdueAfterHours: 3,
      looksAgain: { after: 'cash', then: to('Checking') },
      on: { ...quiet, Requested: to('Checking') },
    },
    Stuck: { waitsFor: 'nothing', overdueAfterHours: 3, looksAgain: { after: 'never configured', then: to('Checking') }, on: quiet },
    Done: { ends: 'paid', on: quiet },
  },
};
const timing = { timeoutMs: 1_000, firstWaitMs: 10, longestWaitMs: 100, patienceMs: 10_000 };
const ability = { repeatable: 'after-inquiry', keyMemoryMs: null, longestLifeMs: 100, afterAbsence: 'new-key', source: 'test' } as const;
const binding = bind<State, Input, Effects, Said, { readonly limit: string }>({
  flow,
  idPrefix: 'ty',
  personal: [],
  state: z.custom<State>((value) => typeof (value as State).amount === 'string'),
  policy: { schema: z.strictObject({ limit: z.string() }), now: { limit: '5' } },
  upgrades: [
    (old) => ({ ...old, state: { ...(old.state as object), amount: '1' } }),
    (old) => ({ state: { ...(old.state as object), status: 'Waiting' }, policy: { limit: '3' } }),
  ],
  oneJourneyPer: 'subject',
  intervalsMs: { cash: 60_000 },
  shows: (state) => (state.status === 'Done' ? null : { amount: decimal(state.amount), currency: 'EUR' }),
  effects: {
    Check: {
      kind: 'read',
      system: 'core',
      timing,
      request: () => ({ ask: 'cash' }),
      read: () => Promise.resolve({ kind: 'applied', result: { cash: '1' } }),
    },
    Pay: {
      kind: 'once',
      perJourney: 'one',
      system: 'bank',
      timing,
      ability,
      request: (state: State, journey: { readonly portfolioId: string }, key: string) => ({
        key,
        amount: state.amount,
        of: journey.portfolioId,
      }),
      reference: (request: { readonly key: string }) => `ref-${request.key}`,
      send: () => Promise.resolve({ kind: 'unknown', evidence: '' }),
      inquire: () => Promise.resolve({ found: 'absent' }),
      resultFromPerson: () => ({ paid: '0' }),
    },
  },
});
const consume: Consume = { topic: 'portfolio.withdrawal-request', read: () => ({ ignored: 'x' }) };
const definition: ServiceDefinition = {
  name: 'toy-service',
  bindings: [binding],
  consumes: [consume, { ...consume }, { ...consume, topic: 'broker.cash-status' }],
};
const catalogue = new Catalogue(definition);

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const OWNER = 9;
const batch = (): Batch => new Batch(catalogue, OWNER, NOW);
type Moved = Extract<StepResult, { kind: 'moved' }>;
const moved = (stepResult: StepResult): Moved => {
  if (stepResult.kind !== 'moved') throw new Error(`did not move: ${JSON.stringify(stepResult)}`);
  return stepResult;
};
const original = {
  topic: 'portfolio.withdrawal-request',
  partition: 2,
  offset: '17',
  key: 'p',
  headers: { 'event-id': 'e1' },
  value: '{"whole":1.50}',
};
const input = (change: Partial<Extract<Item, { kind: 'input' }>> = {}): Extract<Item, { kind: 'input' }> => ({
  kind: 'input',
  lane: 'p',
  tries: 0,
  eventId: 'e1',
  source: 'portfolio.withdrawal-request/2/17',
  to: { flow: 'toy', subject: 's' },
  input: { type: 'Requested' },
  original,
  ...change,
});
const answered: Item = {
  kind: 'effect',
  lane: 'p',
  tries: 0,
  journeyId: 'j',
  effectId: 'j:Pay',
  event: { type: 'Answered', outcome: { kind: 'applied', result: null }, of: { generation: 1, lastSentAtMs: 1 } },
  eventId: null,
};
const due: Item = { kind: 'due-effect', lane: 'p', tries: 0, journeyId: 'j', effectId: 'j:Pay' };
const payment = (change: Partial<StoredEffect> = {}): StoredEffect => ({
  id: 'j:Pay',
  name: 'Pay',
  kind: 'once',
  status: 'sending',
  generation: 1,
  attempt: 1,
  reference: 'ref-j:Pay',
  plannedAtMs: NOW - 900,
  firstSentAtMs: NOW - 900,
  lastSentAtMs: NOW - 900,
  dueAtMs: null,
  note: null,
  request: { key: 'j:Pay', amount: '10', of: 'p' },
  owner: 4,
  ...change,
});
const paying = (change: Partial<StoredEffect> = {}): StoredJourney => ({
  id: 'j',
  flow: 'toy',
  subject: 's',
  portfolioId: 'p',
  openedAtMs: NOW - 1_000,
  policy: null,
  version: 3,
  state: { status: 'Paying', amount: '10' } as State,
  ended: false,
  held: null,
  effect: payment(change),
});
const after = (journey: StoredJourney, trigger: Trigger): Moved =>
  moved(step(catalogue.flow('toy'), journey, trigger, catalogue.contextOf('toy', NOW)));

describe('what a step writes', () => {
  it('opens a journey with its request frozen, as it was decided', () => {
    const b = batch();
    b.move(
      input(),
      null,
      moved(
        openJourney(
          catalogue.flow('toy'),
          { id: 'j', subject: 's', portfolioId: 'p' },
          { type: 'Requested', amount: '10' } as Input,
          catalogue.contextOf('toy', NOW - 3),
        ),
      ),
    );
    expect(b.parts.created).toEqual([
      expect.objectContaining({
        id: 'j',
        flow: 'toy',
        subject: 's',
        portfolio_id: 'p',
        status: 'Checking',
        state: '{"status":"Checking","amount":"10"}',
        state_version: 3,
        policy: '{"limit":"5"}',
        opened_ms: NOW - 3,
        effect_id: 'j:Check:1',
        owned_by: 'payments desk',
        amount: '10',
        currency: 'EUR',
        ended: false,
        waits_for: 'the outcome of Check',
        overdue_ms: NOW + 2 * 3_600_000,
        due_ms: null,
      }),
    ]);
    // What memory knows about the send and what is stored must be the same moment: answers are told apart by it.
    expect(b.parts.planned).toEqual([
      {
        id: 'j:Check:1',
        flow: 'toy',
        portfolio_id: 'p',
        journey_id: 'j',
        name: 'Check',
        kind: 'read',
        owner: OWNER,
        request: '{"ask":"cash"}',
        reference: null,
        at_ms: NOW - 3,
      },
    ]);
    expect(b.written[0]?.send).toMatchObject({ id: 'j:Check:1', request: { ask: 'cash' }, owner: OWNER, lastSentAtMs: NOW - 3 });
    expect(b.parts.history).toEqual([
      {
        journey_id: 'j',
        version: 1,
        occasion: 'Requested',
        source: 'portfolio.withdrawal-request/2/17',
        status: 'Checking',
        effect_id: 'j:Check:1',
        said: null,
        note: null,
      },
    ]);
    expect(b.parts.seen).toEqual([{ event_id: 'e1', note: null }]);
    expect([b.parts.moved, b.parts.closed, b.isEmpty]).toEqual([[], [], false]);
  });
  it('closes the effect, says and tells in the same statement', () => {
    const b = batch();
    const before = paying();
    b.move(
      answered,
      before,
      after(before, {
        kind: 'effect',
        effectId: 'j:Pay',
        event: { type: 'Answered', outcome: { kind: 'applied', result: { paid: '10' } }, of: payment() },
      }),
    );
    expect(b.parts.moved).toEqual([
      expect.objectContaining({
        id: 'j',
        version: 3,
        status: 'Done',
        state_version: 3,
        policy: null,
        effect_id: null,
        ended: true,
        amount: null,
        waits_for: null,
        due_ms: null,
        overdue_ms: null,
      }),
    ]);
    expect(b.parts.closed).toEqual([
      expect.objectContaining({
        id: 'j:Pay',
        status: 'applied',
        generation: 1,
        owner: null,
        result: '{"paid":"10"}',
        request: null,
        proof: null,
      }),
    ]);
    expect(b.parts.history).toEqual([
      expect.objectContaining({
        version: 4,
        occasion: 'Answered: applied',
        source: null,
        effect_id: 'j:Pay',
        said: 'payout.finished, tells toy',
      }),
    ]);
    expect(b.parts.said).toEqual([expect.objectContaining({ event_id: 'j.4.0', topic: 'payout.finished', key: 'p' })]);
    expect(parseEnvelope(String(b.parts.said[0]?.value))).toMatchObject({
      id: 'j.4.0',
      type: 'payout.finished',
      portfolioId: 'p',
      occurredAt: '2026-03-01T12:00:00.000Z',
      data: { amount: '10' },
    });
    expect(b.parts.told).toEqual([
      expect.objectContaining({
        event_id: 'j.4.1',
        portfolio_id: 'p',
        value: '{"tells":"toy","subject":"other","input":{"type":"Requested","amount":"1"}}',
      }),
    ]);
    expect(b.written).toMatchObject([
      { send: null, publish: [{ eventId: 'j.4.0' }], sent: [{ eventId: 'j.4.1', flow: 'toy', subject: 'other' }], blocked: null },
    ]);
    expect(b.parts.seen).toEqual([]);
  });
  it('a second generation carries its proof and a request built anew under its own key; it is sent when it is due', () => {
    const before = paying({ status: 'unknown', dueAtMs: NOW });
    const absent = after(before, {
      kind: 'effect',
      effectId: 'j:Pay',
      event: { type: 'Inquired', inquiry: { found: 'absent' }, askedAtMs: NOW + 500, of: payment() },
    });
    const b = batch();
    b.move({ ...answered, event: { type: 'Inquired', inquiry: { found: 'absent' }, askedAtMs: NOW + 500, of: payment() } }, before, absent);
    expect(b.parts.closed).toEqual([
      expect.objectContaining({
        status: 'planned',
        generation: 2,
        owner: null,
        request: '{"key":"j:Pay:g2","amount":"10","of":"p"}',
        reference: 'ref-j:Pay:g2',
        first_ms: null,
        last_ms: null,
        due_ms: NOW,
        proof: expect.stringContaining('absent at'),
      }),
    ]);
    expect(b.parts.history).toMatchObject([{ occasion: 'Inquired: absent' }]);
    const [written] = b.written;
    expect(written).toMatchObject({
      send: null,
      journey: { version: 4, effect: { generation: 2, request: { key: 'j:Pay:g2' }, reference: 'ref-j:Pay:g2', owner: null } },
    });
    if (written === undefined || written.journey === null) throw new Error('nothing written');

    const again = batch();
    again.move(due, written.journey, after(written.journey, { kind: 'effect', effectId: 'j:Pay', event: { type: 'Sending' } }));
    expect(again.parts.closed).toEqual([
      expect.objectContaining({ status: 'sending', generation: 2, owner: OWNER, request: null, first_ms: NOW, last_ms: NOW, proof: null }),
    ]);
    expect(again.written[0]?.send).toMatchObject({ generation: 2, owner: OWNER, request: { key: 'j:Pay:g2' }, lastSentAtMs: NOW });
    expect(again.parts.history).toMatchObject([{ occasion: 'Sending' }]);
  });
  it('holds with the reason, cut to what people read', () => {
    const b = batch();
    const before = paying();
    b.move(
      answered,
      before,
      after(before, {
        kind: 'effect',
        effectId: 'j:Pay',
        event: { type: 'Answered', outcome: { kind: 'unknown', evidence: 'x'.repeat(900) }, of: payment() },
      }),
    );
    expect(String(b.parts.closed[0]?.note)).toHaveLength(500);
    expect(b.written[0]?.send).toBeNull();
  });
  it('looks again after the interval of its row', () => {
    const before: StoredJourney = { ...paying(), state: { status: 'Waiting', amount: '10' } as State, effect: null };
    const b = batch();
    b.move({ kind: 'look-again', lane: 'p', tries: 0, journeyId: 'j', version: 3 }, before, after(before, { kind: 'look-again' }));
    expect(b.parts.history).toMatchObject([{ occasion: 'LookedAgain', note: 'looked again' }]);
    const wait = batch();
    wait.move(input(), before, { ...after(before, { kind: 'look-again' }), journey: { ...before, version: 4 }, planned: false });
    expect(wait.parts.moved).toMatchObject([
      { status: 'Waiting', due_ms: NOW + 60_000, overdue_ms: NOW + 3 * 3_600_000, waits_for: 'cash' },
    ]);
  });
});

describe('what changes no journey', () => {
  it('an ignored event is marked, with the reason', () => {
    const b = batch();
    b.ignore(input(), 'known', paying());
    b.ignore(due, 'nothing', null);
    expect([b.parts.seen, b.written.length]).toEqual([[{ event_id: 'e1', note: 'known' }], 2]);
    const empty = batch();
    empty.ignore(due, 'nothing', null);
    expect(empty.isEmpty).toBe(true);
  });
  it('a question that waits changes its own row only', () => {
    const b = batch();
    b.postpone(answered, paying(), { ...payment(), status: 'unknown', attempt: 4, dueAtMs: NOW + 5, note: 'away' });
    expect(b.parts.postponed).toEqual([
      {
        id: 'j:Pay',
        was: payment().status,
        generation: payment().generation,
        status: 'unknown',
        attempt: 4,
        reference: 'ref-j:Pay',
        due_ms: NOW + 5,
        note: 'away',
      },
    ]);
    expect(b.written[0]?.journey?.effect).toMatchObject({ status: 'unknown', request: { key: 'j:Pay' } });
    expect(b.parts.history).toEqual([]);
  });
});

describe('what is judged by a journey', () => {
  it('rests on its present version, whether it is ignored or poison', () => {
    const b = batch();
    b.ignore(input(), 'over', paying());
    b.poison(input(), paying(), 'Impossible', 'odd');
    expect(b.parts.checked).toEqual([
      { id: 'j', version: paying().version },
      { id: 'j', version: paying().version },
    ]);
  });
});

describe('poison', () => {
  it('from Kafka: quarantined whole, dead-lettered with the reason, its lane stopped, marked', () => {
    const b = batch();
    b.poison(input(), null, 'Impossible', 'odd');
    expect(b.parts.quarantined).toEqual([
      expect.objectContaining({
        event_id: 'e1',
        portfolio_id: 'p',
        topic: original.topic,
        partition: 2,
        offset: '17',
        key: 'p',
        value: original.value,
        headers: '{"event-id":"e1"}',
        error_class: 'Impossible',
        reason: 'odd',
      }),
    ]);
    expect(b.parts.blocked).toEqual([{ portfolio_id: 'p', event_id: 'e1', reason: 'odd' }]);
    expect(b.parts.seen).toEqual([{ event_id: 'e1', note: 'Impossible: odd' }]);
    expect(b.written[0]).toMatchObject({
      blocked: 'p',
      publish: [
        {
          topic: 'portfolio.withdrawal-request.dlq',
          key: 'p',
          value: original.value,
          headers: {
            'event-id': 'e1',
            'dlq-reason': 'odd',
            'dlq-error-class': 'Impossible',
            'dlq-partition': '2',
            'dlq-offset': '17',
            'dlq-first-seen': '2026-03-01T12:00:00.000Z',
          },
        },
      ],
    });
    expect(b.parts.said).toHaveLength(1);
  });
  it('told by another journey: quarantined so that it can be replayed', () => {
    const b = batch();
    b.poison(input({ original: null }), null, 'Bug', 'odd');
    expect(b.parts.quarantined).toEqual([
      expect.objectContaining({ topic: OWN_TOPIC, value: '{"tells":"toy","subject":"s","input":{"type":"Requested"}}' }),
    ]);
    expect([b.parts.said, b.written[0]?.publish]).toEqual([[], []]);
  });
  it('an answer: its effect is parked for people', () => {
    const b = batch();
    b.poison(answered, paying(), 'Bug', 'r'.repeat(900));
    expect(b.parts.postponed).toMatchObject([{ id: 'j:Pay', status: 'parked', due_ms: null }]);
    expect(String(b.parts.blocked[0]?.reason)).toHaveLength(500);
    expect([b.parts.quarantined, b.parts.seen, b.written[0]?.blocked]).toEqual([[], [], 'p']);
  });
});

describe('the catalogue', () => {
  it('knows what the service has defined, and nothing else', () => {
    expect(catalogue.consumesOf('portfolio.withdrawal-request')).toHaveLength(2);
    expect(catalogue.consumesOf('broker.cash-status')).toHaveLength(1);
    expect(catalogue.consumesOf('none')).toEqual([]);
    expect(() => catalogue.binding('none')).toThrow(Bug);
    expect(() => catalogue.effect('toy', 'None')).toThrow(Bug);
    expect(() => catalogue.shows('toy', { status: 'None' })).toThrow(Bug);
  });
  it('brings a stored journey to the present version, and trusts it only then', () => {
    const { policy: _policy, state: _state, ...rest } = paying();
    const loaded = (stateVersion: number, state: object, policy: unknown): unknown =>
      catalogue.current({ ...rest, stateVersion, policy, state: state as State });
    const old = { status: 'Paying', amount: '10' };
    expect(catalogue.stateVersion('toy')).toBe(3);
    expect(loaded(1, { status: 'Old' }, null)).toEqual({ ...rest, state: { status: 'Waiting', amount: '1' }, policy: { limit: '3' } });
    expect(loaded(2, old, { limit: '2' })).toEqual({ ...rest, state: { status: 'Waiting', amount: '10' }, policy: { limit: '3' } });
    expect(loaded(3, old, { limit: '2' })).toEqual({ ...rest, state: old, policy: { limit: '2' } });
    expect(loaded(3, old, null)).toMatchObject({ policy: null });
    expect(() => loaded(3, { status: 'Paying' }, null)).toThrow();
    expect(() => loaded(3, old, { limit: 2 })).toThrow();
  });
  it('takes the care of a row and the ability of an effect together', () => {
    const rules = catalogue.rulesOf('toy');
    expect(catalogue.rulesOf('toy')).toBe(rules);
    expect(rules('Pay', { whenUnknown: 'inquire' })).toMatchObject({
      kind: 'once',
      perJourney: 'one',
      // A byte may leave until the timeout is over: the longest life is counted from there.
      life: {
        whenUnknown: 'inquire',
        ability: { ...ability, longestLifeMs: 1_350 },
        firstWaitMs: 10,
        longestWaitMs: 100,
        patienceMs: 10_000,
      },
    });
    expect(rules('Check', { whenUnknown: 'send-again' })).toMatchObject({
      kind: 'read',
      perJourney: 'many',
      life: { ability: { repeatable: 'by-key' } },
    });
  });
  it('refuses an interval that is not configured', () => {
    expect(() => catalogue.shows('toy', { status: 'Stuck', amount: '1' } as State)).toThrow('not configured');
  });
});
