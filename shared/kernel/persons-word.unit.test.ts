import { describe, expect, it } from '@jest/globals';
import { transition, type EffectRecord, type LifeEvent, type LifeRules } from './effect-life.js';
import type { Inquiry, WordChecked } from './outcome.js';

const NOW = 1_000_000;
const effect: EffectRecord = {
  ...{ id: 'j:Pay', name: 'Pay', kind: 'once', status: 'parked', generation: 1, attempt: 1, reference: 'R', note: 'refused' },
  ...{ plannedAtMs: 0, firstSentAtMs: 0, lastSentAtMs: 0, dueAtMs: null },
};
const INQUIRE: LifeRules = {
  whenUnknown: 'inquire',
  ability: { repeatable: 'after-inquiry', longestLifeMs: 1_000, afterAbsence: 'new-key' },
  ...{ firstWaitMs: 100, longestWaitMs: 10_000, patienceMs: 3_600_000 },
};
const person = (said: 'applied' | 'rejected' | 'send-again', inquiry?: Inquiry<unknown>): Extract<LifeEvent, { type: 'PersonSaid' }> => ({
  ...{ type: 'PersonSaid', said, generation: 1, result: 'R!', evidence: 'saw the statement' },
  ...(inquiry === undefined ? {} : { asked: { inquiry, askedAtMs: NOW } }),
});

describe('the word of people', () => {
  const parked = (event: LifeEvent, rules = INQUIRE) => transition(effect, event, rules, NOW);
  const SHOWN: LifeRules = { ...INQUIRE, shownWhenDone: true };
  it('that it happened is not taken while the other side, which would show it, shows nothing [A8]', () => {
    const absent = person('applied', { found: 'absent' });
    expect(parked(absent, SHOWN)).toMatchObject({
      end: null,
      effect: { status: 'parked', note: expect.stringContaining('not taken as applied: they do not have it') },
    });
    expect(parked(absent)).toMatchObject({ end: 'applied' });
    expect(parked(person('rejected', { found: 'absent' }), SHOWN)).toMatchObject({ end: 'rejected' });
  });
  it('that was held against the other side counts as that went [A8]', () => {
    const checked = (said: 'applied' | 'rejected' | 'send-again', word: WordChecked<unknown>): LifeEvent => ({
      ...person(said),
      checked: word,
    });
    for (const said of ['applied', 'rejected'] as const)
      expect(parked(checked(said, { taken: false, why: 'the bank shows no payment X' }))).toMatchObject({
        end: null,
        effect: { status: 'parked', note: expect.stringContaining(`not taken as ${said}: the bank shows no payment X`) },
      });
    expect(parked(checked('applied', { taken: true }))).toMatchObject({ end: 'applied', result: 'R!' });
    expect(parked(checked('applied', { taken: true, result: 'as shown' }))).toMatchObject({ end: 'applied', result: 'as shown' });
    expect(parked(checked('send-again', { taken: true }))).toMatchObject({ effect: { status: 'planned', generation: 2 } });
  });
  it('brings no result of its own where the other side shows one [A8]', () => {
    expect(parked(person('applied', { found: 'applied', result: 'as shown' }))).toMatchObject({ end: 'applied', result: 'as shown' });
  });
});
