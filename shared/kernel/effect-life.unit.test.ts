import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  carefulMove,
  dueMove,
  transition,
  waitMs,
  type EffectRecord,
  type EffectStatus,
  type LifeEvent,
  type LifeRules,
} from './effect-life.js';
import type { EffectKind } from './flow.js';
import type { Inquiry, OperationAbility, Outcome } from './outcome.js';

const NOW = 1_000_000;
const LIFE_MS = 5_000;
const rulesWith = (change: Partial<Omit<LifeRules, 'ability'>> & { readonly ability?: Partial<LifeRules['ability']> } = {}): LifeRules => ({
  whenUnknown: 'inquire',
  firstWaitMs: 100,
  longestWaitMs: 10_000,
  patienceMs: 60_000,
  ...change,
  ability: { repeatable: 'after-inquiry', longestLifeMs: LIFE_MS, afterAbsence: 'new-key', ...change.ability },
});
const INQUIRE = rulesWith();
const BY_KEY = rulesWith({ whenUnknown: 'send-again', ability: { repeatable: 'by-key', afterAbsence: 'same-key' } });
const ASK = rulesWith({ whenUnknown: 'ask-person' });

const STATUSES: readonly EffectStatus[] = ['planned', 'sending', 'accepted', 'unknown', 'applied', 'rejected', 'parked'];
const effect = (status: EffectStatus, change: Partial<EffectRecord> = {}): EffectRecord => ({
  id: 'j:Pay',
  name: 'Pay',
  kind: 'once',
  status,
  generation: 1,
  attempt: 1,
  reference: 'R',
  plannedAtMs: NOW - 20_000,
  firstSentAtMs: NOW - 20_000,
  lastSentAtMs: NOW - 10_000,
  dueAtMs: status === 'sending' ? null : NOW,
  note: 'before',
  ...change,
});
const answer = (outcome: Outcome<unknown>, of: Pick<EffectRecord, 'generation' | 'lastSentAtMs'> = effect('sending')): LifeEvent => ({
  type: 'Answered',
  outcome,
  of,
});
const inquired = (
  inquiry: Inquiry<unknown>,
  askedAtMs = NOW,
  of: Pick<EffectRecord, 'generation' | 'lastSentAtMs'> = effect('unknown'),
): LifeEvent => ({ type: 'Inquired', inquiry, askedAtMs, of });
const person = (said: 'applied' | 'rejected' | 'send-again', inquiry?: Inquiry<unknown>, askedAtMs = NOW): LifeEvent => ({
  type: 'PersonSaid',
  said,
  generation: 1,
  result: 'R!',
  evidence: 'saw the statement',
  ...(inquiry === undefined ? {} : { asked: { inquiry, askedAtMs } }),
});

const EVENTS: Readonly<Record<string, LifeEvent>> = {
  Sending: { type: 'Sending' },
  'answered applied': answer({ kind: 'applied', result: 7 }),
  'answered accepted': answer({ kind: 'accepted', reference: null }),
  'answered rejected': answer({ kind: 'rejected', reason: 'no' }),
  'answered retryable': answer({ kind: 'retryable', evidence: 'refused' }),
  'answered unknown': answer({ kind: 'unknown', evidence: 'timeout' }),
  'found applied': inquired({ found: 'applied', result: 7 }),
  'found rejected': inquired({ found: 'rejected', reason: 'no' }),
  'found pending': inquired({ found: 'pending', reference: null }),
  'found absent, late enough': inquired({ found: 'absent' }),
  'found absent, too early': inquired({ found: 'absent' }, NOW - 10_000 + LIFE_MS - 1),
  'found ambiguous': inquired({ found: 'ambiguous', evidence: 'two of them' }),
  'no answer to the inquiry': inquired({ found: 'no-answer', evidence: 'away' }),
  Orphaned: { type: 'Orphaned' },
  'person: applied': person('applied'),
  'person: rejected': person('rejected'),
  'person: send-again, absent': person('send-again', { found: 'absent' }),
  'person: send-again, refused': person('send-again', { found: 'rejected', reason: 'no' }),
  'person: send-again, not asked': person('send-again'),
  'person: send-again, absent too early': person('send-again', { found: 'absent' }, NOW - 10_000 + LIFE_MS - 1),
  'person: send-again, applied': person('send-again', { found: 'applied', result: 7 }),
  'person: send-again, pending': person('send-again', { found: 'pending', reference: null }),
  'person: send-again, ambiguous': person('send-again', { found: 'ambiguous', evidence: 'two of them' }),
  'person: send-again, no answer': person('send-again', { found: 'no-answer', evidence: 'away' }),
};

type Cells = Readonly<Record<keyof typeof EVENTS, string>>;
/** What each event makes of planned, sending, accepted, unknown, applied, rejected, parked. `.`: it says nothing. `+`: a new key. */
const table = (rules: LifeRules, kind: EffectKind): Cells =>
  Object.fromEntries(
    Object.entries(EVENTS).map(([name, event]) => [
      name,
      STATUSES.map((status) => {
        const next = transition(effect(status, { kind }), event, rules, NOW);
        if (next === null) return '.';
        return `${next.effect.status}${next.effect.generation > 1 ? '+' : ''}${next.end === null ? '' : '!'}`;
      }).join(' '),
    ]),
  );

const FOR_ALL = {
  'answered applied': 'applied! applied! applied! applied! . . parked',
  'answered accepted': 'accepted accepted accepted accepted . . parked',
  'answered rejected': 'rejected! rejected! rejected! rejected! . . parked',
  'answered retryable': 'planned planned . planned . . parked',
  'found applied': '. . applied! applied! . . parked',
  'found rejected': '. . rejected! rejected! . . parked',
  'found pending': '. . accepted accepted . . parked',
  'found ambiguous': '. . parked parked . . parked',
  'person: applied': '. . . . . . applied!',
  'person: rejected': '. . . . . . rejected!',
  'person: send-again, absent': '. . . . . . planned+',
  'person: send-again, refused': '. . . . . . planned+',
  'person: send-again, not asked': '. . . . . . parked',
  'person: send-again, absent too early': '. . . . . . parked',
  'person: send-again, applied': '. . . . . . parked',
  'person: send-again, pending': '. . . . . . parked',
  'person: send-again, ambiguous': '. . . . . . parked',
  'person: send-again, no answer': '. . . . . . parked',
};

describe('the life of an effect, every status with every event', () => {
  it('inquires', () => {
    expect(table(INQUIRE, 'once')).toEqual({
      ...FOR_ALL,
      Sending: 'sending . . . . . .',
      'answered unknown': 'unknown unknown . unknown . . parked',
      'found absent, late enough': '. . parked planned+ . . parked',
      'found absent, too early': '. . parked unknown . . parked',
      'no answer to the inquiry': '. . accepted unknown . . parked',
      Orphaned: '. unknown . . . . .',
    });
  });
  it('sends again by key', () => {
    expect(table(BY_KEY, 'by-key')).toEqual({
      ...FOR_ALL,
      // A repeat does no harm.
      'person: send-again, no answer': '. . . . . . planned+',
      Sending: 'sending . . sending . . .',
      'answered unknown': 'unknown unknown . unknown . . parked',
      'found absent, late enough': '. . parked planned . . parked',
      'found absent, too early': '. . parked unknown . . parked',
      'no answer to the inquiry': '. . accepted unknown . . parked',
      Orphaned: '. unknown . . . . .',
    });
  });
  it('asks a person', () => {
    expect(table(ASK, 'once')).toEqual({
      ...FOR_ALL,
      Sending: 'sending . . . . . .',
      'answered unknown': 'parked parked . parked . . parked',
      'found absent, late enough': '. . parked parked . . parked',
      'found absent, too early': '. . parked parked . . parked',
      'no answer to the inquiry': '. . accepted parked . . parked',
      Orphaned: '. parked . . . . .',
    });
  });
  it('asks a question again', () => {
    expect(table(BY_KEY, 'read')).toMatchObject({
      'answered accepted': 'accepted accepted accepted accepted . . parked',
      'answered retryable': 'planned planned planned planned . . parked',
      'answered unknown': 'planned planned planned planned . . parked',
      Orphaned: '. planned . . . . .',
      'person: applied': '. . . . . . planned',
      'person: rejected': '. . . . . . rejected!',
    });
  });
  it('ends for ever', () => {
    for (const status of ['applied', 'rejected'] as const)
      for (const event of Object.values(EVENTS)) expect(transition(effect(status), event, INQUIRE, NOW)).toBeNull();
  });
});

describe('what a step of its life writes', () => {
  const next = (status: EffectStatus, event: LifeEvent, rules: LifeRules = INQUIRE, change: Partial<EffectRecord> = {}): unknown =>
    transition(effect(status, change), event, rules, NOW);

  it('keeps when it was first and last sent, and counts', () => {
    expect(next('planned', { type: 'Sending' }, INQUIRE, { firstSentAtMs: null, lastSentAtMs: null, attempt: 0 })).toMatchObject({
      effect: { status: 'sending', attempt: 1, firstSentAtMs: NOW, lastSentAtMs: NOW, dueAtMs: null },
      end: null,
    });
    expect(next('planned', { type: 'Sending' })).toMatchObject({ effect: { attempt: 2, firstSentAtMs: NOW - 20_000, lastSentAtMs: NOW } });
  });
  it('ends with its result, or with who refused', () => {
    expect(next('sending', EVENTS['answered applied'] as LifeEvent)).toMatchObject({
      end: 'applied',
      result: 7,
      effect: { dueAtMs: null, note: null },
    });
    expect(next('unknown', EVENTS['found applied'] as LifeEvent)).toMatchObject({
      end: 'applied',
      result: 7,
      effect: { note: 'found by inquiry', attempt: 2 },
    });
    expect(next('sending', answer({ kind: 'rejected', reason: 'no', note: 'code 7' }))).toMatchObject({
      end: 'rejected',
      reason: 'no',
      by: 'other-side',
      effect: { note: 'code 7', dueAtMs: null },
    });
    expect(next('unknown', EVENTS['found rejected'] as LifeEvent)).toMatchObject({
      end: 'rejected',
      reason: 'no',
      by: 'other-side',
      effect: { note: 'no' },
    });
    expect(next('unknown', inquired({ found: 'rejected', reason: 'no', note: 'code 7' }))).toMatchObject({ effect: { note: 'code 7' } });
    expect(next('parked', person('applied'))).toMatchObject({
      end: 'applied',
      result: 'R!',
      effect: { note: 'a person said applied: saw the statement' },
    });
    expect(next('parked', person('rejected'))).toMatchObject({ end: 'rejected', by: 'person', reason: 'saw the statement' });
    expect(next('parked', person('send-again', { found: 'absent' }))).toMatchObject({
      effect: { generation: 2, firstSentAtMs: null, lastSentAtMs: null, plannedAtMs: NOW, dueAtMs: NOW },
    });
    expect(next('parked', person('applied'), BY_KEY, { kind: 'read' })).toMatchObject({
      effect: { status: 'planned', dueAtMs: NOW, generation: 1 },
    });
  });
  it('tells people what is found since, once each, and keeps why it waits', () => {
    const found = EVENTS['found applied'] as LifeEvent;
    const told = transition(effect('parked'), found, INQUIRE, NOW);
    expect(told).toMatchObject({ end: null, effect: { status: 'parked', note: 'asked since: it has happened; before: before' } });
    expect(transition(told?.effect ?? effect('planned'), found, INQUIRE, NOW)).toBeNull();
    const more = transition(told?.effect ?? effect('planned'), EVENTS['no answer to the inquiry'] as LifeEvent, INQUIRE, NOW);
    expect(more?.effect.note).toBe('asked since: no-answer: away; asked since: it has happened; before: before');
    const words = [
      ['found rejected', 'they refused it: no'],
      ['found pending', 'they have it and have not decided'],
      ['found absent, late enough', 'they do not have it'],
      ['found ambiguous', 'ambiguous: two of them'],
    ] as const;
    for (const [name, said] of words)
      expect(transition(effect('parked'), EVENTS[name] as LifeEvent, INQUIRE, NOW)?.effect.note).toBe(
        `asked since: ${said}; before: before`,
      );
  });
  it("does not take a person's word against the other side's own end, nor before there is one", () => {
    const note = (said: 'applied' | 'rejected', inquiry: Inquiry<unknown>): string | null | undefined => {
      const told = transition(effect('parked'), person(said, inquiry), INQUIRE, NOW);
      return told?.end === null ? told.effect.note : told?.end;
    };
    const rejected = { found: 'rejected', reason: 'closed' } as const;
    const applied = { found: 'applied', result: 'R' } as const;
    const pending = { found: 'pending', reference: null } as const;
    expect(note('applied', rejected)).toBe('not taken as applied: they refused it: closed; before: before');
    expect(note('applied', pending)).toBe('not taken as applied: they have it and have not decided; before: before');
    expect(note('rejected', applied)).toBe('not taken as rejected: it has happened; before: before');
    expect(note('rejected', pending)).toBe('not taken as rejected: they have it and have not decided; before: before');
    // Said again it is refused again, and stays as it is.
    const once = transition(effect('parked'), person('rejected', applied), INQUIRE, NOW);
    expect(transition(once?.effect ?? effect('planned'), person('rejected', applied), INQUIRE, NOW)).toEqual(once);
    // It may still be on its way, or not be shown yet: then no word settles it.
    for (const said of ['applied', 'rejected'] as const) {
      const early = transition(effect('parked'), person(said, { found: 'absent' }, NOW - 10_000 + LIFE_MS - 1), INQUIRE, NOW);
      expect(early).toMatchObject({
        end: null,
        effect: { note: `not taken as ${said}: they do not have it yet, which is believed in 1 s; before: before` },
      });
      // Refused by them, none of it is on its way.
      const refused = effect('parked', { lastSentAtMs: null });
      expect(transition(refused, person(said, { found: 'absent' }, NOW - 20_000), INQUIRE, NOW)).toMatchObject({ end: said });
      for (const found of [{ found: 'absent' }, { found: 'ambiguous', evidence: 'two' }] as const) expect(note(said, found)).toBe(said);
      // No answer can hide their refusal: only what may be sent again anyway goes on without one.
      const away = person(said, { found: 'no-answer', evidence: 'away' });
      expect(note(said, { found: 'no-answer', evidence: 'away' })).toBe(`not taken as ${said}: no-answer: away; before: before`);
      expect(transition(effect('parked', { kind: 'by-key' }), away, INQUIRE, NOW)).toMatchObject({ end: said });
    }
    expect([note('applied', applied), note('rejected', rejected)]).toEqual(['applied', 'rejected']);
  });
  it("says why a person's send-again was not followed", () => {
    const note = (name: string): string | null | undefined =>
      transition(effect('parked'), EVENTS[name] as LifeEvent, INQUIRE, NOW)?.effect.note;
    expect(note('person: send-again, applied')).toBe('not sent again: it has happened; before: before');
    expect(note('person: send-again, no answer')).toBe('not sent again: no-answer: away; before: before');
    expect(note('person: send-again, not asked')).toBe('not sent again: the other side was not asked; before: before');
    expect(note('person: send-again, absent too early')).toBe(
      'not sent again: they do not have it yet, which is believed in 1 s; before: before',
    );
    const again = transition(
      effect('parked', { note: 'not sent again: it has happened; before: before' }),
      EVENTS['person: send-again, applied'] as LifeEvent,
      INQUIRE,
      NOW,
    );
    expect(again).toMatchObject({ end: null, effect: { status: 'parked', generation: 1 } });
  });
  it('finds what has happened under an earlier key, wherever the later one stands', () => {
    const late = inquired({ found: 'applied', result: 7 }, NOW, { generation: 1, lastSentAtMs: NOW - 10_000 });
    const gone = inquired({ found: 'absent' }, NOW, { generation: 1, lastSentAtMs: NOW - 10_000 });
    for (const status of ['planned', 'sending', 'accepted', 'unknown', 'parked'] as const) {
      expect(transition(effect(status, { generation: 2 }), late, INQUIRE, NOW)).toMatchObject({
        end: null,
        effect: {
          status: 'parked',
          generation: 2,
          note: expect.stringMatching(/^it has happened under an earlier key, and was sent again/),
        },
      });
      expect(transition(effect(status, { generation: 2 }), gone, INQUIRE, NOW)).toBeNull();
    }
  });
  it('takes a reference it is told and keeps the one it has', () => {
    expect(next('sending', answer({ kind: 'accepted', reference: 'NEW', askAfterMs: 77, note: 'queued' }))).toMatchObject({
      effect: { reference: 'NEW', dueAtMs: NOW + 77, note: 'queued' },
    });
    expect(next('sending', answer({ kind: 'accepted', reference: null }))).toMatchObject({
      effect: { reference: 'R', dueAtMs: NOW + 100, note: null },
    });
    expect(next('unknown', inquired({ found: 'pending', reference: 'NEW', askAfterMs: 77, note: 'queued' }))).toMatchObject({
      effect: { reference: 'NEW', dueAtMs: NOW + 77, note: 'queued' },
    });
    expect(next('unknown', EVENTS['found pending'] as LifeEvent)).toMatchObject({
      effect: { reference: 'R', dueAtMs: NOW + 200, attempt: 2 },
    });
  });
  it('waits as it is told, else twice as long each time', () => {
    expect(next('sending', answer({ kind: 'retryable', evidence: 'busy', retryAfterMs: 5 }))).toMatchObject({
      effect: { dueAtMs: NOW + 5, note: 'busy' },
    });
    expect(next('sending', EVENTS['answered retryable'] as LifeEvent, INQUIRE, { attempt: 3 })).toMatchObject({
      effect: { dueAtMs: NOW + 400, attempt: 3 },
    });
    expect(next('accepted', inquired({ found: 'no-answer', evidence: 'away', retryAfterMs: 9 }))).toMatchObject({
      effect: { dueAtMs: NOW + 9 },
    });
    expect(next('accepted', EVENTS['no answer to the inquiry'] as LifeEvent)).toMatchObject({ effect: { dueAtMs: NOW + 200 } });
    expect(next('unknown', inquired({ found: 'no-answer', evidence: 'away', retryAfterMs: 900 }))).toMatchObject({
      effect: { dueAtMs: NOW + 900 },
    });
    expect(next('sending', { type: 'Orphaned' }, INQUIRE, { attempt: 9 })).toMatchObject({ effect: { attempt: 0, dueAtMs: NOW + 100 } });
    expect([-1, 0, 1, 2, 3, 7, 8, 99].map((attempt) => waitMs(attempt, INQUIRE))).toEqual([100, 100, 100, 200, 400, 6_400, 10_000, 10_000]);
  });
  it('asks a question less and less often', () => {
    let asked = effect('sending', { kind: 'read' });
    const waits: number[] = [];
    for (const outcome of [
      { kind: 'accepted', reference: null },
      { kind: 'unknown', evidence: 'timeout' },
      { kind: 'retryable', evidence: 'away' },
      { kind: 'accepted', reference: null },
    ] as const) {
      const after = transition(asked, answer(outcome, asked), BY_KEY, NOW);
      if (after === null) throw new Error('no use for the answer');
      asked = after.effect;
      waits.push((asked.dueAtMs ?? 0) - NOW);
    }
    expect(waits).toEqual([100, 200, 400, 800]);
  });
  it('does not believe "absent" before the longest life of the last request is over, and asks again then', () => {
    const over = NOW - 10_000 + LIFE_MS;
    expect(next('unknown', inquired({ found: 'absent' }, over))).toMatchObject({
      effect: { status: 'planned', generation: 2, firstSentAtMs: null, lastSentAtMs: null, dueAtMs: NOW },
    });
    expect(next('unknown', inquired({ found: 'absent' }, over - 1))).toMatchObject({ effect: { status: 'unknown', generation: 1 } });
    // Sent a moment ago: the next inquiry waits until it can prove something.
    expect(next('unknown', inquired({ found: 'absent' }, NOW), INQUIRE, { lastSentAtMs: NOW - 1 })).toMatchObject({
      effect: { status: 'unknown', dueAtMs: NOW - 1 + LIFE_MS },
    });
    expect(next('unknown', inquired({ found: 'absent' }, NOW), INQUIRE, { lastSentAtMs: null, plannedAtMs: NOW - 1 })).toMatchObject({
      effect: { status: 'unknown' },
    });
    expect(next('unknown', inquired({ found: 'absent' }), BY_KEY)).toMatchObject({
      effect: { status: 'planned', generation: 1, lastSentAtMs: NOW - 10_000, note: expect.stringContaining('longest life') },
    });
    expect(next('unknown', inquired({ found: 'absent' }), rulesWith({ ability: { afterAbsence: 'ask-person' } }))).toMatchObject({
      effect: { status: 'parked', dueAtMs: null, note: expect.stringContaining('absent at') },
    });
  });
  it("takes a person's word only about the generation that was looked at", () => {
    for (const said of ['applied', 'rejected', 'send-again'] as const) {
      expect(transition(effect('parked', { generation: 2 }), person(said), INQUIRE, NOW)).toBeNull();
      expect(transition(effect('parked', { generation: 1 }), person(said), INQUIRE, NOW)).not.toBeNull();
    }
  });
  it('asks a person when patience is over', () => {
    expect(next('sending', EVENTS['answered unknown'] as LifeEvent, rulesWith({ patienceMs: 20_000 }))).toMatchObject({
      effect: { status: 'unknown' },
    });
    expect(next('sending', EVENTS['answered unknown'] as LifeEvent, rulesWith({ patienceMs: 19_999 }))).toMatchObject({
      effect: { status: 'parked', note: 'still not known: timeout' },
    });
  });
  it('tells people what came in after it was parked', () => {
    expect(next('parked', EVENTS['answered applied'] as LifeEvent)).toMatchObject({
      end: null,
      effect: { status: 'parked', note: 'since then the answer came: applied; before: before' },
    });
    expect(next('parked', EVENTS['answered unknown'] as LifeEvent, INQUIRE, { note: null })).toMatchObject({
      effect: { note: 'since then the answer came: unknown; before: nothing known' },
    });
  });
});

describe('an answer to an earlier send', () => {
  const earlierKey = { generation: 1, lastSentAtMs: NOW - 10_000 };
  const second = { generation: 2, lastSentAtMs: NOW - 100 };
  it.each(['planned', 'sending', 'accepted', 'unknown'] as const)(
    'under an earlier key, while %s: only that it has happened counts, and only people can sort that out',
    (status) => {
      for (const kind of ['accepted', 'rejected', 'retryable', 'unknown'] as const)
        expect(
          transition(effect(status, second), answer({ kind, reference: null, reason: '', evidence: '' }, earlierKey), INQUIRE, NOW),
        ).toBeNull();
      expect(transition(effect(status, second), answer({ kind: 'applied', result: 1 }, earlierKey), INQUIRE, NOW)).toMatchObject({
        end: null,
        effect: { status: 'parked', generation: 2 },
      });
    },
  );
  it('under the same key, an end is an end and the rest is overtaken', () => {
    const later = { lastSentAtMs: NOW - 100 };
    for (const kind of ['accepted', 'retryable', 'unknown'] as const)
      expect(transition(effect('sending', later), answer({ kind, reference: null, evidence: '' }, earlierKey), BY_KEY, NOW)).toBeNull();
    expect(transition(effect('sending', later), answer({ kind: 'applied', result: 1 }, earlierKey), BY_KEY, NOW)).toMatchObject({
      end: 'applied',
    });
    expect(transition(effect('sending', later), answer({ kind: 'rejected', reason: 'no' }, earlierKey), BY_KEY, NOW)).toMatchObject({
      end: 'rejected',
    });
  });
  it('to an earlier inquiry: the same', () => {
    for (const status of ['accepted', 'unknown'] as const) {
      for (const found of ['rejected', 'pending', 'absent', 'ambiguous', 'no-answer'] as const)
        expect(
          transition(effect(status, second), inquired({ found, reference: null, reason: '', evidence: '' }, NOW, earlierKey), INQUIRE, NOW),
        ).toBeNull();
      expect(transition(effect(status, second), inquired({ found: 'applied', result: 1 }, NOW, earlierKey), INQUIRE, NOW)).toMatchObject({
        effect: { status: 'parked' },
      });
    }
  });
});

describe('the more careful move', () => {
  it.each([
    ['by-key', 'send-again', 'send-again'],
    ['by-key', 'inquire', 'inquire'],
    ['by-key', 'ask-person', 'ask-person'],
    ['after-inquiry', 'send-again', 'inquire'],
    ['after-inquiry', 'inquire', 'inquire'],
    ['after-inquiry', 'ask-person', 'ask-person'],
    ['never', 'send-again', 'ask-person'],
    ['never', 'inquire', 'ask-person'],
    ['never', 'ask-person', 'ask-person'],
  ] as const)('they allow %s, the flow wants %s: %s', (repeatable, whenUnknown, move) => {
    const rules = rulesWith({ whenUnknown, ability: { repeatable } });
    expect(carefulMove(rules)).toBe(move);
    expect(dueMove(effect('unknown'), rules)).toBe(move === 'send-again' ? 'send' : 'inquire');
  });
  it.each([
    ['planned', 'send'],
    ['sending', 'nothing'],
    ['accepted', 'inquire'],
    ['unknown', 'inquire'],
    ['applied', 'nothing'],
    ['rejected', 'nothing'],
    ['parked', 'inquire'],
  ] as const)('due and %s: %s', (status, move) => {
    expect(dueMove(effect(status), INQUIRE)).toBe(move);
  });
  it('a question that is accepted is asked again', () => {
    expect(dueMove(effect('accepted', { kind: 'read' }), INQUIRE)).toBe('send');
    expect(dueMove(effect('parked', { kind: 'read' }), INQUIRE)).toBe('nothing');
  });
});

/**
 * Whatever happens in whatever order, answers of earlier sends included: where a repeat is not harmless, a request leaves
 * a second time only after proof that the one before has not happened and never will; a person's word alone is none.
 */
/** Rules under which an unknown request is sent again. */
const repeating = (rules: LifeRules): LifeRules => ({
  ...rules,
  whenUnknown: 'send-again',
  ability: { ...rules.ability, repeatable: 'by-key' },
});

describe('safety over any sequence of events', () => {
  type Happening = { readonly what: string; readonly passMs: number; readonly which: number };
  const happening: fc.Arbitrary<Happening> = fc.record({
    what: fc.constantFrom(...Object.keys(EVENTS), 'Sending', 'Sending'),
    passMs: fc.nat(4_000),
    which: fc.nat(3),
  });
  const anyRules = fc
    .record({
      whenUnknown: fc.constantFrom('send-again' as const, 'inquire' as const, 'ask-person' as const),
      repeatable: fc.constantFrom('by-key' as const, 'after-inquiry' as const, 'never' as const),
      afterAbsence: fc.constantFrom('same-key' as const, 'new-key' as const, 'ask-person' as const),
      patienceMs: fc.constantFrom(1_000, 100_000),
    })
    .filter(({ whenUnknown, repeatable }) => whenUnknown !== 'send-again' || repeatable !== 'by-key')
    .map(({ whenUnknown, patienceMs, ...ability }): LifeRules =>
      rulesWith({ whenUnknown, patienceMs, ability: ability satisfies Partial<OperationAbility> }),
    );

  const sendsWithoutProof = (rules: LifeRules, happenings: readonly Happening[], lives: typeof transition): string[] => {
    let nowMs = NOW;
    let now: EffectRecord = effect('planned', { attempt: 0, plannedAtMs: NOW, firstSentAtMs: null, lastSentAtMs: null, note: null });
    const sends: Pick<EffectRecord, 'generation' | 'lastSentAtMs'>[] = [];
    const wrong: string[] = [];
    let mayLeave = true;
    for (const { what, passMs, which } of happenings) {
      nowMs += passMs + 1;
      const template = EVENTS[what] as LifeEvent;
      const of = sends.at(-1 - (which % Math.max(1, sends.length))) ?? { generation: 1, lastSentAtMs: null };
      const askedAtMs = nowMs - (which % 2) * 3_000;
      const event =
        template.type === 'Answered'
          ? { ...template, of }
          : template.type === 'Inquired'
            ? { ...template, of, askedAtMs }
            : template.type === 'PersonSaid'
              ? {
                  ...template,
                  generation: Math.max(1, now.generation - (which % 2)),
                  ...(template.asked === undefined ? {} : { asked: { ...template.asked, askedAtMs } }),
                }
              : template;
      const next = lives(now, event, rules, nowMs);
      if (next === null) continue;
      const latest = sends.at(-1);
      if (event.type === 'Sending') {
        if (!mayLeave) wrong.push(`sent for the ${String(sends.length + 1)}th time after ${now.note ?? 'nothing'}`);
        sends.push({ generation: next.effect.generation, lastSentAtMs: next.effect.lastSentAtMs });
        mayLeave = false;
      } else if (event.type === 'PersonSaid')
        mayLeave ||=
          event.said === 'send-again' &&
          (event.asked?.inquiry.found === 'rejected' ||
            (event.asked?.inquiry.found === 'absent' && event.asked.askedAtMs >= (latest?.lastSentAtMs ?? 0) + LIFE_MS));
      else if (event.type === 'Answered') mayLeave ||= event.outcome.kind === 'retryable' && of === latest;
      else if (event.type === 'Inquired')
        mayLeave ||=
          event.inquiry.found === 'absent' && of.generation === latest?.generation && askedAtMs >= (latest.lastSentAtMs ?? 0) + LIFE_MS;
      now = next.effect;
    }
    return wrong;
  };
  const property = (lives: typeof transition): fc.IProperty<[LifeRules, Happening[]]> =>
    fc.property(anyRules, fc.array(happening, { minLength: 5, maxLength: 40 }), (rules, happenings) => {
      const wrong = sendsWithoutProof(rules, happenings, lives);
      // Not `expect`, which would take longer than all that happens.
      if (wrong.length > 0) throw new Error(wrong.join('; '));
    });

  it('holds', () => {
    fc.assert(property(transition), { numRuns: 20_000 });
  });
  it.each<[string, typeof transition]>([
    [
      'takes an orphan for planned',
      (now, event, rules, nowMs) =>
        event.type === 'Orphaned' && now.status === 'sending'
          ? { effect: { ...now, status: 'planned' }, end: null }
          : transition(now, event, rules, nowMs),
    ],
    [
      "takes a person's word alone",
      (now, event, rules, nowMs) =>
        transition(
          now,
          event.type === 'PersonSaid'
            ? { ...event, asked: { inquiry: { found: 'rejected', reason: 'unasked' }, askedAtMs: nowMs } }
            : event,
          rules,
          nowMs,
        ),
    ],
    [
      'believes "absent" at once',
      (now, event, rules, nowMs) => transition(now, event, { ...rules, ability: { ...rules.ability, longestLifeMs: 0 } }, nowMs),
    ],
    [
      'sends an unknown again',
      (now, event, rules, nowMs) => transition(now, event, event.type === 'Sending' ? repeating(rules) : rules, nowMs),
    ],
    [
      'takes the answer of any send for the last one',
      (now, event, rules, nowMs) => transition(now, event.type === 'Answered' ? { ...event, of: now } : event, rules, nowMs),
    ],
    [
      'takes an answer as a person would',
      (now, event, rules, nowMs) => {
        if (event.type !== 'Answered') return transition(now, event, rules, nowMs);
        return transition(now.status === 'parked' ? { ...now, status: 'unknown' } : now, { ...event, of: now }, rules, nowMs);
      },
    ],
  ])('convicts a life that %s', (_mistake, lives) => {
    expect(fc.check(property(lives), { numRuns: 20_000 }).failed).toBe(true);
  });
});
