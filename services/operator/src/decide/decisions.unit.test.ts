import { describe, expect, it } from '@jest/globals';
import { JsonNumber } from '../../../../shared/kernel/json.js';
import { decisionOf, factsOf, progressOf } from './decisions.js';
import { targetOf, type Act, type AnswerFate, type Fate } from './operator.js';

const TEXT = 'a'.repeat(64);
const act: Act = {
  id: '7',
  kind: 'replay-dead-letter',
  target: 'withdrawal/e1',
  details: { service: 'withdrawal', eventId: 'e1', portfolioId: 'P1', attempts: '1', text: TEXT, correctedValue: null },
  why: 'mended',
  actId: 'act-0007',
  signature: 'signature of anna',
  approval: null,
  madeBy: 'anna',
  madeAt: 'now',
  needsSecond: false,
  approvedBy: null,
  approvedAt: null,
  carriedOutAt: null,
  withdrawnBy: null,
  failed: null,
  job: '1',
};

const signedByAnna = { actId: 'act-0007', by: 'anna', signature: 'signature of anna', approvedBy: null, approval: null };
const ofLetter = { service: 'withdrawal', eventId: 'e1', attempts: '1', text: TEXT, why: 'mended', ...signedByAnna };
const approved = { approvedBy: 'ben', approval: 'signature of ben' };

describe('a decision', () => {
  it.each<[string, Partial<Act>, unknown]>([
    ['a replay', {}, { kind: 'replay-dead-letter', ...ofLetter, correctedValue: null }],
    [
      'a corrected, approved replay',
      { ...approved, details: { ...act.details, correctedValue: '{}' } },
      { kind: 'replay-dead-letter', ...ofLetter, ...approved, correctedValue: '{}' },
    ],
    ['a discard', { kind: 'discard-dead-letter' }, { kind: 'discard-dead-letter', ...ofLetter }],
    [
      'an answer',
      {
        kind: 'answer-effect',
        needsSecond: true,
        ...approved,
        details: { service: 'payout', effectId: 'f', generation: new JsonNumber('2'), answer: 'applied', evidence: 'seen' },
      },
      {
        kind: 'answer-effect',
        ...{ service: 'payout', effectId: 'f', generation: 2, answer: 'applied', evidence: 'seen' },
        ...signedByAnna,
        ...approved,
      },
    ],
  ])('is told from %s', (_what, change, decision) => {
    expect(decisionOf({ ...act, ...change })?.decision).toEqual(decision);
  });

  it('is not told from an answer that nobody approved, from an act that nobody signed, or from nothing [A4]', () => {
    expect(decisionOf({ ...act, actId: null, signature: null })).toBeNull();
    expect(
      decisionOf({
        ...act,
        kind: 'answer-effect',
        needsSecond: true,
        details: { service: 'payout', effectId: 'f', generation: new JsonNumber('1'), answer: 'applied', evidence: 'seen' },
      }),
    ).toBeNull();
    expect(decisionOf({ ...act, details: {} })).toBeNull();
    expect(decisionOf({ ...act, details: { ...act.details, portfolioId: null } })?.portfolioId).toBeNull();
  });

  const fate: Fate = { lies: false, attempts: 1, reason: 'wrong', handled: true, note: null };
  const told = { carriedOutAt: 'now' };
  it.each<[string, Partial<Act>, Fate | undefined, boolean]>([
    ['failed: too large', { failed: 'too large' }, undefined, true],
    ['withdrawn by ben', { withdrawnBy: 'ben' }, undefined, true],
    ['waits for a second person to approve act 7', { needsSecond: true }, fate, true],
    ['queued', { needsSecond: true, approvedBy: 'ben' }, fate, false],
    ['discarded', { ...told, kind: 'discard-dead-letter', target: 'gateway/g1' }, undefined, true],
    ['sent to the service', told, undefined, false],
    ['sent to the service', told, { ...fate, lies: true }, false],
    ['quarantined again: wrong', told, { ...fate, lies: true, attempts: 2 }, true],
    ['quarantined again: wrong', { ...told, details: {} }, { ...fate, lies: true }, true],
    ['discarded', { ...told, kind: 'discard-dead-letter' }, fate, true],
    ['runs', told, { ...fate, handled: false }, false],
    ['ran', told, fate, true],
    ['ran: news', told, { ...fate, note: 'news' }, true],
  ])('has come so far: %s', (result, change, seen, settled) => {
    expect(progressOf({ ...act, ...change }, { letter: seen })).toEqual({ result, settled });
  });

  const parked: AnswerFate = { handled: true, overtaken: null, status: 'parked', note: 'not taken as applied: nothing there' };
  const late = 'no such parked effect; it was decided before';
  it.each<[string, AnswerFate | undefined]>([
    ['sent to the service, which has not taken it up yet', undefined],
    ['sent to the service, which has not taken it up yet', { ...parked, handled: false }],
    ['taken up; the request is now parked: not taken as applied: nothing there', parked],
    ['taken up; the request is now applied', { ...parked, status: 'applied', note: null }],
    [`changed nothing: ${late}`, { ...parked, overtaken: late }],
  ])('of an answer says what became of it: %s', (result, answer) => {
    expect(progressOf({ ...act, ...told, kind: 'answer-effect' }, { answer })).toEqual({ result, settled: true });
  });

  it('is signed over its facts, whoever has yet to approve it', () => {
    expect(factsOf({ ...act, needsSecond: true })).toMatchObject({ kind: 'replay-dead-letter', actId: 'act-0007', text: TEXT });
    expect(factsOf({ ...act, actId: null })).toBeNull();
  });
  it('that the service has not carried out says so, with the reason [A4]', () => {
    expect(progressOf({ ...act, ...told }, { letter: fate, refused: 'carl has no role for this' })).toEqual({
      result: 'failed: the service has not carried it out: carl has no role for this',
      settled: true,
    });
  });

  it('has a target of its own in each service', () => {
    expect(targetOf('payout', 'e1')).toBe('payout/e1');
  });
});
