import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Inquiry, Outcome, Sending } from '../../../kernel/outcome.js';
import type { AnyEffect } from '../catalogue.js';
import { systemClock } from '../clock.js';
import { NOTHING_STOPPED } from '../../stopping/stop-source.js';
import { EffectRunner, type EffectRunnerOptions } from './effect-runner.js';
import type { EffectSending, NotSent } from '../definition.js';
import type { StoredEffect } from '../store/store.js';

const timing = { timeoutMs: 1_000, firstWaitMs: 10, longestWaitMs: 100, patienceMs: 1_000 };
type Call = (request: unknown, sending: Sending) => Promise<Outcome<unknown>>;
const APPLIED: Outcome<unknown> = { kind: 'applied', result: 1 };
const UNKNOWN: Outcome<unknown> = { kind: 'unknown', evidence: 'cut' };

const writing = (
  send: Call,
  system = 'bank',
  inquire: () => Promise<Inquiry<unknown>> = () => Promise.resolve({ found: 'absent' }),
): Exclude<AnyEffect, { kind: 'read' }> => ({
  kind: 'once',
  system,
  timing,
  perJourney: 'one',
  request: () => null,
  send,
  inquire,
  resultFromPerson: () => null,
  ability: { repeatable: 'never', keyMemoryMs: null, longestLifeMs: 1, afterAbsence: 'ask-person', source: 'test' },
});
const reading = (read: Call, system = 'bank'): AnyEffect => ({ kind: 'read', system, timing, request: () => null, read });
const effect = (change: Partial<StoredEffect> = {}): StoredEffect => ({
  id: 'j:Pay',
  name: 'Pay',
  kind: 'once',
  status: 'sending',
  generation: 1,
  attempt: 1,
  reference: null,
  plannedAtMs: 5,
  firstSentAtMs: 6,
  lastSentAtMs: 7,
  dueAtMs: null,
  note: null,
  request: { to: 'NL' },
  owner: 1,
  ...change,
});
const bugs: unknown[] = [];
const effectRunner = (change: Partial<EffectRunnerOptions> = {}): EffectRunner =>
  new EffectRunner({
    limitPerSystem: 2,
    breakerAfterFailures: 3,
    breakerOpenMs: 500,
    nowMs: () => 42,
    monotonicMs: () => 1_000,
    after: systemClock.after,
    maySend: () => true,
    stops: NOTHING_STOPPED,
    onBug: (error) => bugs.push(error),
    ...change,
  });
const outcomeOf = async (sent: ReturnType<EffectRunner['send']>): Promise<Outcome<unknown>> => {
  const event = await sent;
  if (event.type !== 'Answered') throw new Error(event.type);
  return event.outcome;
};

beforeEach(() => {
  bugs.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

describe('sending', () => {
  it('hands over a deadline that is over by the clock, also while its timer has not rung', async () => {
    let monotonicMs = 1_000;
    let looks: readonly unknown[] = [];
    const send: Call = (_request, { signal }) => {
      monotonicMs = 1_999;
      looks = [signal.aborted, signal.isOver?.()];
      monotonicMs = 2_000;
      looks = [...looks, signal.aborted, signal.isOver?.()];
      return Promise.resolve(APPLIED);
    };
    await effectRunner({ monotonicMs: () => monotonicMs }).send(writing(send), effect(), 1_000, 'P1');
    expect(looks).toEqual([false, false, false, true]);
  });
  it('hands over the stored request, the key of its generation and when it first left; the answer names the send', async () => {
    const seen: unknown[] = [];
    const send: Call = (request, { key, firstSentAtMs }) => {
      seen.push([request, key, firstSentAtMs]);
      return Promise.resolve(APPLIED);
    };
    const event = await effectRunner().send(writing(send), effect({ generation: 2 }), 1_000, 'P1');
    expect(event).toMatchObject({ type: 'Answered', outcome: APPLIED, of: { generation: 2, lastSentAtMs: 7 } });
    await effectRunner().send(writing(send), effect({ firstSentAtMs: null }), 1_000, 'P1');
    expect(seen).toEqual([
      [{ to: 'NL' }, 'j:Pay:g2', 6],
      [{ to: 'NL' }, 'j:Pay', 5],
    ]);
  });
  it('ends a request at its deadline by its signal, and gives up on one that does not listen: nobody knows', async () => {
    jest.useFakeTimers();
    const heeds: Call = (_request, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve({ kind: 'unknown', evidence: 'aborted' });
        });
      });
    const [first, deaf] = [
      outcomeOf(effectRunner().send(writing(heeds), effect(), 1_000, 'P1')),
      outcomeOf(
        effectRunner().send(
          writing(() => new Promise(() => undefined)),
          effect(),
          1_000,
          'P1',
        ),
      ),
    ];
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await first).toEqual({ kind: 'unknown', evidence: 'aborted' });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await deaf).toEqual({ kind: 'unknown', evidence: 'no answer within 1000 ms' });
    expect(jest.getTimerCount()).toBe(0);
  });
  it('sends nothing when its owner is lost, or too long after it was decided', async () => {
    const send = jest.fn<Call>().mockResolvedValue(APPLIED);
    expect(await outcomeOf(effectRunner({ maySend: () => false }).send(writing(send), effect(), 1_000, 'P1'))).toMatchObject({
      kind: 'retryable',
    });
    expect(await outcomeOf(effectRunner({ monotonicMs: () => 2_001 }).send(writing(send), effect(), 1_000, 'P1'))).toMatchObject({
      kind: 'retryable',
      evidence: expect.stringContaining('not sent'),
    });
    expect(send).not.toHaveBeenCalled();
    expect(await outcomeOf(effectRunner({ monotonicMs: () => 1_999 }).send(writing(send), effect(), 1_000, 'P1'))).toEqual(APPLIED);
    // A question may be asked at any time.
    expect(await outcomeOf(effectRunner({ monotonicMs: () => 9_999 }).send(reading(send), effect({ kind: 'read' }), 1_000, 'P1'))).toEqual(
      APPLIED,
    );
  });
  it('sends nothing of what people have stopped, also when it was stopped while it stood in the queue [A9]', async () => {
    const stopped = { evidence: 'stopped: all, since now, by anna', retryAfterMs: 5_000 };
    const stops: { now: typeof stopped | null; asked: unknown } = { now: null, asked: null };
    const one = effectRunner({
      limitPerSystem: 1,
      stops: {
        whyStopped: (leaving) => {
          stops.asked = leaving;
          return stops.now;
        },
      },
    });
    let answer = (_outcome: Outcome<unknown>): void => undefined;
    const slow: Call = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const send = jest.fn<Call>().mockResolvedValue(APPLIED);
    const first = outcomeOf(one.send(writing(slow), effect(), 1_000, 'P1'));
    const queued = outcomeOf(one.send(writing(send), effect(), 1_000, 'P7'));
    await Promise.resolve();
    stops.now = stopped;
    answer(APPLIED);
    // What had left before counts.
    expect([await first, await queued]).toEqual([APPLIED, { kind: 'retryable', ...stopped }]);
    expect(stops.asked).toEqual({ system: 'bank', operation: 'Pay', portfolioId: 'P7', changes: true });
    expect(await one.inquire(writing(send), effect(), 'P1')).toMatchObject({ inquiry: { found: 'no-answer', ...stopped } });
    expect(stops.asked).toMatchObject({ changes: false });
    expect(send).not.toHaveBeenCalled();
  });
  it('says before the first byte that people have stopped it, and gives that as the evidence; the breaker does not count it [A9]', async () => {
    const stopped = { evidence: 'stopped: all, since now, by anna', retryAfterMs: 5_000 };
    let now: typeof stopped | null = null;
    const breaking = effectRunner({ breakerAfterFailures: 1, stops: { whyStopped: () => now } });
    let looks: readonly unknown[] = [];
    const send: Call = (_request, { signal }) => {
      looks = [signal.isOver?.()];
      now = stopped;
      looks = [...looks, signal.isOver?.()];
      return Promise.resolve({ kind: 'retryable', evidence: 'the deadline was over before the request was made' });
    };
    expect(await outcomeOf(breaking.send(writing(send), effect(), 1_000, 'P1'))).toEqual({ kind: 'retryable', ...stopped });
    expect(looks).toEqual([false, true]);
    now = null;
    const left: Call = (_request, { signal }) => {
      now = stopped;
      signal.isOver?.();
      return Promise.resolve(UNKNOWN);
    };
    // Bytes may have left before the stop: that stays unknown.
    expect(await outcomeOf(breaking.send(writing(left), effect(), 1_000, 'P1'))).toEqual(UNKNOWN);
  });
  it('takes an exception for a bug of ours, and what happened for unknown', async () => {
    expect(
      await outcomeOf(
        effectRunner().send(
          writing(() => Promise.reject(new Error('odd'))),
          effect(),
          1_000,
          'P1',
        ),
      ),
    ).toEqual({ kind: 'unknown', evidence: 'a bug of ours in the effect' });
    expect(
      await outcomeOf(
        effectRunner().send(
          writing(() => {
            throw new Error('at once');
          }),
          effect(),
          1_000,
          'P1',
        ),
      ),
    ).toMatchObject({ kind: 'unknown' });
    expect(bugs).toEqual([new Error('odd'), new Error('at once')]);
  });
  it('inquires, and says when it asked: before the answer', async () => {
    let nowMs = 42;
    const inquire = (): Promise<Inquiry<unknown>> => {
      nowMs = 99;
      return Promise.resolve({ found: 'absent' });
    };
    expect(
      await effectRunner({ nowMs: () => nowMs }).inquire(
        writing(() => Promise.resolve(APPLIED), 'bank', inquire),
        effect(),
        'P1',
      ),
    ).toMatchObject({ type: 'Inquired', inquiry: { found: 'absent' }, askedAtMs: 42, of: { generation: 1 } });
    expect(
      await effectRunner().inquire(
        writing(
          () => Promise.resolve(APPLIED),
          'bank',
          () => Promise.reject(new Error('odd')),
        ),
        effect(),
        'P1',
      ),
    ).toMatchObject({ inquiry: { found: 'no-answer' } });
  });
});

describe('limits of an outside system', () => {
  it('lets so many through at once, each system for itself, in order', async () => {
    const begun: string[] = [];
    const gates: (() => void)[] = [];
    const slow =
      (name: string): Call =>
      () => {
        begun.push(name);
        return new Promise((resolve) =>
          gates.push(() => {
            resolve(APPLIED);
          }),
        );
      };
    const limited = effectRunner();
    const turn = (): Promise<void> =>
      new Promise((resolve) => {
        setImmediate(resolve);
      });
    const all = ['a', 'b', 'c', 'd'].map((name) => limited.send(writing(slow(name)), effect(), 1_000, 'P1'));
    all.push(limited.send(writing(slow('other'), 'broker'), effect(), 1_000, 'P1'));
    await turn();
    expect(begun).toEqual(['a', 'b', 'other']);
    expect(limited.underWay).toBe(5);
    gates.shift()?.();
    await turn();
    expect(begun).toEqual(['a', 'b', 'other', 'c']);
    while (gates.length > 0) {
      gates.shift()?.();
      await turn();
    }
    await Promise.all(all);
    expect([begun.at(-1), limited.underWay]).toEqual(['d', 0]);
  });
  it('does not send a write that waited too long for its turn', async () => {
    let monotonicMs = 1_000;
    let open: () => void = () => undefined;
    const limited = effectRunner({ limitPerSystem: 1, monotonicMs: () => monotonicMs });
    const first = limited.send(
      writing(
        () =>
          new Promise((resolve) => {
            open = () => {
              resolve(APPLIED);
            };
          }),
      ),
      effect(),
      1_000,
      'P1',
    );
    const send = jest.fn<Call>().mockResolvedValue(APPLIED);
    const second = outcomeOf(limited.send(writing(send), effect(), 1_000, 'P1'));
    monotonicMs = 2_500;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    open();
    await first;
    expect(await second).toMatchObject({ kind: 'retryable' });
    expect(send).not.toHaveBeenCalled();
  });
  it('stops asking one that does not answer, says that nothing was sent, and tries again later', async () => {
    jest.useFakeTimers();
    const send = jest.fn<Call>().mockResolvedValue(UNKNOWN);
    const breaking = effectRunner();
    for (let n = 0; n < 3; n++) expect(await outcomeOf(breaking.send(writing(send), effect(), 1_000, 'P1'))).toEqual(UNKNOWN);
    expect(await outcomeOf(breaking.send(writing(send), effect(), 1_000, 'P1'))).toMatchObject({
      kind: 'retryable',
      retryAfterMs: 500,
      evidence: expect.stringContaining('bank'),
    });
    expect(await breaking.inquire(writing(send), effect(), 'P1')).toMatchObject({ inquiry: { found: 'no-answer' } });
    expect(send).toHaveBeenCalledTimes(3);
    expect(
      await outcomeOf(
        breaking.send(
          writing(() => Promise.resolve(APPLIED), 'broker'),
          effect(),
          1_000,
          'P1',
        ),
      ),
    ).toEqual(APPLIED);
    await jest.advanceTimersByTimeAsync(501);
    send.mockResolvedValue(APPLIED);
    expect(await outcomeOf(breaking.send(writing(send), effect(), 1_000, 'P1'))).toEqual(APPLIED);
    expect(await outcomeOf(breaking.send(writing(send), effect(), 1_000, 'P1'))).toEqual(APPLIED);
  });
  it('does not stop for refusals: an answer is an answer', async () => {
    const send = jest.fn<Call>().mockResolvedValue({ kind: 'rejected', reason: 'no' });
    const steady = effectRunner();
    for (let n = 0; n < 10; n++) await steady.send(writing(send), effect(), 1_000, 'P1');
    expect(send).toHaveBeenCalledTimes(10);
  });
});

describe('what a request rests on', () => {
  const resting = (restsOn: () => Promise<NotSent>, send: Call) => ({ ...writing(send), restsOn });
  it('is read again inside the sending; what has changed lets nothing leave [E2]', async () => {
    const asked: unknown[] = [];
    const send = jest.fn<Call>().mockResolvedValue(APPLIED);
    const answers: NotSent[] = [{ kind: 'rejected', reason: 'not sent: called off' }, { kind: 'retryable', evidence: 'unread' }, null];
    const definition = {
      ...writing(send),
      restsOn: (request: unknown, { portfolioId }: EffectSending) => {
        asked.push([request, portfolioId]);
        return Promise.resolve(answers.shift() ?? null);
      },
    };
    const runner = effectRunner();
    const outcomes = [];
    for (let n = 0; n < 3; n++) outcomes.push(await outcomeOf(runner.send(definition, effect(), 1_000, 'P1')));
    expect(outcomes).toEqual([{ kind: 'rejected', reason: 'not sent: called off' }, { kind: 'retryable', evidence: 'unread' }, APPLIED]);
    expect(send).toHaveBeenCalledTimes(1);
    expect(asked).toEqual([
      [{ to: 'NL' }, 'P1'],
      [{ to: 'NL' }, 'P1'],
      [{ to: 'NL' }, 'P1'],
    ]);
  });
  it('is fresh for 5 s: after that no first byte may leave, whatever time the request has left [E2]', async () => {
    let monotonicMs = 1_000;
    const over: unknown[] = [];
    const send: Call = (_request, { signal }) => {
      for (const at of [5_999, 6_000]) {
        monotonicMs = at;
        over.push(signal.isOver?.());
      }
      return Promise.resolve(APPLIED);
    };
    const patient = { ...resting(() => Promise.resolve(null), send), timing: { ...timing, timeoutMs: 60_000 } };
    await effectRunner({ monotonicMs: () => monotonicMs }).send(patient, effect(), 1_000, 'P1');
    expect(over).toEqual([false, true]);
  });
  it('lets nothing leave where reading took all the time there was', async () => {
    let monotonicMs = 1_000;
    const send = jest.fn<Call>().mockResolvedValue(APPLIED);
    const slow = (): Promise<NotSent> => {
      monotonicMs = 2_000;
      return Promise.resolve(null);
    };
    const runner = effectRunner({ monotonicMs: () => monotonicMs });
    expect(await outcomeOf(runner.send(resting(slow, send), effect(), 1_000, 'P1'))).toMatchObject({ kind: 'retryable' });
    expect(send).not.toHaveBeenCalled();
  });
  it('says nothing about the system that was to be asked: its breaker stays closed', async () => {
    const send = jest.fn<Call>().mockResolvedValue(APPLIED);
    const runner = effectRunner();
    const unread = resting(() => Promise.resolve({ kind: 'retryable', evidence: 'unread' }), send);
    for (let n = 0; n < 5; n++) await runner.send(unread, effect(), 1_000, 'P1');
    expect(await outcomeOf(runner.send(writing(send), effect(), 1_000, 'P1'))).toEqual(APPLIED);
  });
});
