import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { person, personAtOf, resumeBy, stopBy } from '../../../test/builders/people.js';
import { parseScope, stopText, type StopAct } from './stop-acts.js';
import { covers, standing, stopInWords, stopOf, stoppedMs, stopsOf, whyNotCounted, type Leaving } from './stop-rules.js';

const [anna, ben, carl] = [person('anna'), person('ben'), person('carl', ['look'])];
const personAt = personAtOf([anna, ben, carl]);
const AT_MS = Date.parse('2026-03-04T10:00:00Z');
const scopesOf = (acts: readonly StopAct[]): readonly string[] => standing(stopsOf(acts)).map(({ scope }) => scope);

describe('a row among the stops', () => {
  const stop = stopBy(anna);
  it('counts when one person has stopped, or two people have let go [A9]', () => {
    expect(whyNotCounted(stop, personAt)).toBeNull();
    expect(whyNotCounted(resumeBy(anna, ben, stop), personAt)).toBeNull();
  });
  it.each<[string, StopAct, RegExp]>([
    ['is of somebody unknown', { ...stop, by: { name: 'mallory', signature: stop.by.signature } }, /mallory is not known/],
    ['is of somebody who only looks', stopBy(carl), /carl has no role/],
    ['stops something else than was signed', { ...stop, scope: 'portfolio:P1' }, /is not theirs/],
    ['gives another reason than was signed', { ...stop, why: 'nothing' }, /is not theirs/],
    ['is of nobody', { ...stop, by: { name: 'anna', signature: '' } }, /is not theirs/],
    ['has a scope that nobody understands', stopBy(anna, { scope: 'everything' }), /cannot be understood/],
    ['resumes by one person', { ...resumeBy(anna, ben, stop), approvedBy: null }, /second person/],
    ['resumes by the same person twice', resumeBy(anna, anna, stop), /the same person/],
    ['resumes with a signature of asking in place of approving', approvedByAsking(), /signature of ben/],
    ['ends another stop than was signed', { ...resumeBy(anna, ben, stop), ends: ['another-stop-00001'] }, /is not theirs/],
  ])('does not count when it %s [A9]', (_what, act, problem) => {
    expect(whyNotCounted(act, personAt)).toMatch(problem);
  });
  it('of a person who has left since counts on: nobody goes by leaving [A9]', () => {
    const left = person('dora', ['act'], '2026-03-05');
    const at = personAtOf([left]);
    expect(whyNotCounted(stopBy(left), at)).toBeNull();
    expect(whyNotCounted(stopBy(left, { atMs: Date.parse('2026-03-05T00:00:00Z') }), at)).toMatch(/not known/);
  });
});

function approvedByAsking(): StopAct {
  const act = resumeBy(anna, ben, stopBy(anna));
  const asked = resumeBy(ben, anna, stopBy(anna));
  return { ...act, approvedBy: asked.by };
}

describe('stops', () => {
  const first = stopBy(anna, { seq: '1', actId: 'first-stop-00000001' });
  const later = stopBy(anna, { seq: '3', actId: 'later-stop-00000003', atMs: AT_MS + 5_000 });
  const resume = resumeBy(anna, ben, first, { seq: '2', atMs: AT_MS + 1_000 });
  it('stand until a resume names them; one that is said again ends no later stop [A9]', () => {
    expect(scopesOf([first])).toEqual(['all']);
    expect(scopesOf([first, resume])).toEqual([]);
    expect(scopesOf([first, resume, later, { ...resume, seq: '4' }])).toEqual(['all']);
    expect(standing(stopsOf([first, resume, later]))).toEqual([later]);
  });
  it('that are written again stay ended, and a resume of another scope ends nothing [A9]', () => {
    expect(scopesOf([first, resume, { ...first, seq: '9' }])).toEqual([]);
    expect(scopesOf([first, { ...resume, scope: 'portfolio:P1' }])).toEqual(['all']);
  });
  it('are the same in whatever order their rows come, and however often [A9]', () => {
    const other = stopBy(ben, { seq: '5', actId: 'other-stop-00000005', scope: 'system:broker' });
    const rows = [first, resume, later, other];
    fc.assert(
      fc.property(fc.shuffledSubarray([...rows, ...rows], { minLength: 0 }), (some) => {
        const all = [...some, ...rows];
        expect([...scopesOf(all)].sort()).toEqual(['all', 'system:broker']);
      }),
    );
  });
  it('say in words what, since when and by whom', () => {
    expect(stopInWords(first)).toBe('stopped: all, since 2026-03-04T10:00:00Z, by anna');
    expect(stopText(resume).about).toEqual({ scope: 'all', why: 'a test', ends: first.actId });
  });
});

describe('a scope', () => {
  const pays: Leaving = { service: 'payout', system: 'core-banking', operation: 'PayCounterAccount', portfolioId: 'P1', changes: true };
  it.each([
    ['all', true],
    ['service:payout', true],
    ['service:withdrawal', false],
    ['system:core-banking', true],
    ['system:broker', false],
    ['operation:PayCounterAccount', true],
    ['operation:CreateCashOut', false],
    ['portfolio:P1', true],
    ['portfolio:P11', false],
    ['', false],
    ['everything', false],
  ])('%s stops a payment of P1: %s [A9]', (scope, stops) => {
    expect(covers(scope, pays)).toBe(stops);
  });
  it('stops questions only where a whole system is to be left alone, and never what stays with us [A9]', () => {
    const asks = { ...pays, changes: false };
    const scopes = ['all', 'service:payout', 'system:core-banking', 'operation:PayCounterAccount', 'portfolio:P1'];
    expect(scopes.filter((scope) => covers(scope, asks))).toEqual(['system:core-banking']);
    for (const system of ['people', 'limits']) expect(scopes.filter((scope) => covers(scope, { ...pays, system }))).toEqual([]);
    expect(stopOf([stopBy(anna, { scope: 'portfolio:P2' })], pays)).toBeNull();
  });
  it('is read strictly', () => {
    expect(parseScope('portfolio:a b')).toBeNull();
    expect(parseScope('portfolio:')).toBeNull();
    expect(parseScope(`portfolio:${'x'.repeat(201)}`)).toBeNull();
    expect(parseScope('operation:Pay:1')).toEqual({ kind: 'operation', name: 'Pay:1' });
  });
  it('counts the time of stops that overlap once [A9]', () => {
    const one = stopBy(anna, { actId: 'one-stop-0000000001', atMs: 1_000 });
    const two = stopBy(anna, { actId: 'two-stop-0000000002', atMs: 2_000, scope: 'portfolio:P1' });
    const acts = [one, two, resumeBy(anna, ben, one, { atMs: 3_000 })];
    expect(stoppedMs(stopsOf(acts), pays, 0, 10_000)).toBe(9_000);
    expect(stoppedMs(stopsOf(acts), pays, 1_500, 2_500)).toBe(1_000);
    expect(stoppedMs(stopsOf(acts), { ...pays, portfolioId: 'P2' }, 0, 10_000)).toBe(2_000);
    expect(stoppedMs(stopsOf(acts), { ...pays, portfolioId: 'P2' }, 4_000, 10_000)).toBe(0);
  });
});
