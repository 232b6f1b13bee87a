/** Scenarios of one operation that changes something, the same for every operation of every port. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../shared/runtime/engine/clock.js';
import { EffectRunner } from '../../shared/runtime/engine/effects/effect-runner.js';
import { NOTHING_STOPPED } from '../../shared/runtime/stopping/stop-source.js';
import type { StoredEffect } from '../../shared/runtime/engine/store/store.js';
import type { Outcome, Sending } from '../../shared/kernel/outcome.js';
import { carry, LONGEST_LIFE_MS, sendingOf, TIMEOUT_MS, type Carried, type CarryOptions, type Write } from './carry.js';
import { demand, NotApplicable, type Scenario } from './suite.js';

/** What can be made to happen to one operation. `done`: it has its effect, and its answer is lost in this way. */
export const WRITE_LEVERS = [
  'done, and silence',
  'nothing done, and silence',
  'done, and the line is cut',
  'nothing done, and the line is cut',
  'done, and a server error',
  'nothing done, and a server error',
  'done, and half an answer',
  'arrives late',
  'key forgotten',
  'too many requests',
  'login ends',
] as const;
export type WriteLever = (typeof WRITE_LEVERS)[number];

/** A lever, or the lever of one operation alone. */
export type LeverOf<Operation extends string> = WriteLever | `${Operation}: ${WriteLever}`;

/** How often it is to happen, and for `arrives late` after how long. For `too many requests` the pause that is asked for, whole seconds. */
export type LeverDetails = { readonly times?: number; readonly delayMs?: number };

/** One operation, ready to be carried out for the first time, and the other side's books about it. */
export type Bench = {
  readonly operation: string;
  readonly write: Write;
  /** The same operation under the same key with another body; null where the request has no body. */
  readonly altered: Write | null;
  /** An equal request of another process: the same body, a key of its own. Null where it cannot be sent twice. */
  readonly equal: Write | null;
  /** The same adapter on a machine whose clock is off. */
  readonly withClock: (aheadMs: number) => Write;
  /** How often it has happened, by the other side's books. */
  readonly bookings: () => number;
  /** How many requests of this operation have come in there. */
  readonly arrived: () => number;
  readonly make: (lever: WriteLever, details?: LeverDetails) => Promise<void>;
};

type BenchKit = { readonly bench: (operation: string) => Promise<Bench> };
type Check = { readonly name: string; readonly needs: readonly WriteLever[]; readonly run: (bench: Bench) => Promise<void> };

const PORTFOLIO = 'P-1';
const KEY = 'journey-1/effect-1';
const told = (carried: Carried): string => carried.story.join('; ');

const happenedOnce = (bench: Bench, carried: Carried): void => {
  demand(bench.bookings() === 1, `${bench.operation} has to happen once`, `${String(bench.bookings())} times: ${told(carried)}`);
};

/** What the adapter says has become of it must be what the books say, and one send is one request. */
const agrees = (bench: Bench, carried: Carried): void => {
  demand(bench.bookings() <= 1, 'it must not happen twice', `${String(bench.bookings())} times: ${told(carried)}`);
  demand(carried.end !== 'rejected' || bench.bookings() === 0, 'what has happened must not be called rejected', told(carried));
  demand(carried.end !== 'applied' || bench.bookings() === 1, 'what has not happened must not be called applied', told(carried));
  const sends = carried.outcomes.length;
  demand(bench.arrived() <= sends, 'an adapter sends once per send', `${String(bench.arrived())} requests for ${String(sends)} sends`);
};

const asksPeople = ({ write: { ability } }: Bench): boolean => ability.repeatable === 'never' || ability.afterAbsence === 'ask-person';

/** Nobody waits for these longer than has to be. */
const IS_SILENT: ReadonlySet<WriteLever> = new Set(['done, and silence', 'nothing done, and silence']);

/** The answer is lost: nobody may know what has become of it, and then it comes to its end. */
const lost = (name: string, lever: WriteLever, done: boolean): Check => ({
  name,
  needs: [lever],
  run: async (bench) => {
    await bench.make(lever, { times: 1 });
    const carried = await carry(bench.write, KEY, IS_SILENT.has(lever) ? { timeoutMs: TIMEOUT_MS } : {});
    // What never came in may be called not sent: on a busy machine the deadline is over sooner than the request is out.
    const maybeSent = carried.outcomes.filter(({ kind }) => kind !== 'retryable');
    demand(maybeSent[0]?.kind === 'unknown', 'a lost answer is unknown', told(carried));
    demand(bench.arrived() <= maybeSent.length, 'what came in was sent', `${String(bench.arrived())} requests: ${told(carried)}`);
    agrees(bench, carried);
    if (bench.write.ability.repeatable === 'never' || (!done && asksPeople(bench)))
      demand(carried.end === 'parked', 'declared so, people are asked', told(carried));
    else {
      demand(carried.end === 'applied', 'it has to come to its end without people', told(carried));
      happenedOnce(bench, carried);
    }
  },
});

const sameKeyTwice = async (bench: Bench): Promise<void> => {
  const { ability } = bench.write;
  if (ability.repeatable !== 'by-key' && ability.afterAbsence !== 'same-key')
    throw new NotApplicable('declares that a second request under the same key would happen again: nothing sends one');
};

const isOpenOrApplied = (outcome: Outcome<unknown>): boolean => outcome.kind !== 'rejected';

/** Requests that find the other side busy: how many, before one is taken. */
const STORM = 6;

const CHECKS: readonly Check[] = [
  lost('timeout-but-done', 'done, and silence', true),
  lost('timeout-not-done', 'nothing done, and silence', false),
  lost('cut-but-done', 'done, and the line is cut', true),
  lost('cut-not-done', 'nothing done, and the line is cut', false),
  lost('5xx-but-done', 'done, and a server error', true),
  lost('5xx-not-done', 'nothing done, and a server error', false),
  lost('half an answer', 'done, and half an answer', true),
  {
    name: 'duplicate submit, one after the other',
    needs: [],
    run: async (bench) => {
      await sameKeyTwice(bench);
      const outcomes = [await bench.write.send(sendingOf(KEY)), await bench.write.send(sendingOf(KEY))];
      demand(
        bench.bookings() === 1,
        'declared safe under the same key',
        `${String(bench.bookings())} bookings: ${JSON.stringify(outcomes)}`,
      );
      demand(outcomes.every(isOpenOrApplied), 'what has happened must not be called rejected', outcomes);
    },
  },
  {
    name: 'duplicate submit, both at once',
    needs: [],
    run: async (bench) => {
      await sameKeyTwice(bench);
      const outcomes = await Promise.all([bench.write.send(sendingOf(KEY)), bench.write.send(sendingOf(KEY))]);
      demand(
        bench.bookings() === 1,
        'declared safe under the same key',
        `${String(bench.bookings())} bookings: ${JSON.stringify(outcomes)}`,
      );
      demand(outcomes.every(isOpenOrApplied), 'what has happened must not be called rejected', outcomes);
    },
  },
  {
    name: 'another body under the same key',
    needs: [],
    run: async (bench) => {
      if (bench.altered === null) throw new NotApplicable('its request names a thing and says nothing else: there is no other body');
      await sameKeyTwice(bench);
      await bench.write.send(sendingOf(KEY));
      const outcome = await bench.altered.send(sendingOf(KEY));
      demand(bench.bookings() === 1, 'a key is used for one thing', `${String(bench.bookings())} bookings: ${JSON.stringify(outcome)}`);
      demand(isOpenOrApplied(outcome), 'the first has happened under this key', outcome);
    },
  },
  {
    name: 'repeated after the longest life',
    needs: [],
    run: async (bench) => {
      await sameKeyTwice(bench);
      await bench.write.send(sendingOf(KEY));
      await pause(bench.write.ability.longestLifeMs + 50);
      const outcome = await bench.write.send(sendingOf(KEY));
      demand(
        bench.bookings() === 1,
        'declared safe under the same key',
        `${String(bench.bookings())} bookings: ${JSON.stringify(outcome)}`,
      );
    },
  },
  {
    name: 'a late request, after an inquiry said absent',
    needs: ['arrives late'],
    run: async (bench) => {
      // It travels longer than anybody waits for an answer, and less than its declared life.
      await bench.make('arrives late', { times: 1, delayMs: TIMEOUT_MS + 700 });
      const carried = await carry(bench.write, KEY, { timeoutMs: TIMEOUT_MS });
      await pause(LONGEST_LIFE_MS);
      agrees(bench, carried);
      happenedOnce(bench, carried);
    },
  },
  {
    name: 'a request that lives longer than declared',
    needs: ['arrives late'],
    run: async (bench) => {
      if (bench.write.ability.repeatable !== 'by-key' && bench.write.ability.afterAbsence !== 'same-key')
        throw new NotApplicable('declares that only the longest life protects it');
      const lateMs = LONGEST_LIFE_MS + TIMEOUT_MS + 1_200;
      const startedMs = performance.now();
      await bench.make('arrives late', { times: 1, delayMs: lateMs });
      const carried = await carry(bench.write, KEY, { timeoutMs: TIMEOUT_MS });
      await pause(Math.max(0, startedMs + lateMs + 500 - performance.now()));
      agrees(bench, carried);
    },
  },
  {
    name: 'a key that the other side has forgotten',
    needs: ['key forgotten', 'done, and the line is cut'],
    run: async (bench) => {
      await bench.make('done, and the line is cut', { times: 1 });
      await bench.make('key forgotten');
      const carried = await carry(bench.write, KEY);
      agrees(bench, carried);
    },
  },
  {
    name: 'an inquiry says exactly what there is',
    needs: [],
    run: async (bench) => {
      const before = await bench.write.inquire(sendingOf(KEY));
      demand(before.found === 'absent', 'nothing was sent', before);
      const sent = await bench.write.send(sendingOf(KEY));
      const after = await bench.write.inquire(sendingOf(KEY));
      demand(after.found === 'applied' || after.found === 'pending', 'it is there', { sent, after });
    },
  },
  {
    name: 'two equal ones the same minute: another process has sent the other',
    needs: ['nothing done, and the line is cut'],
    run: async (bench) => {
      const { equal, write } = bench;
      if (equal === null) throw new NotApplicable('its request names one thing: there is no equal one');
      const theirs = await equal.send(sendingOf('journey-2/effect-1'));
      demand(theirs.kind === 'applied' || theirs.kind === 'accepted', 'the other one is sent', theirs);
      await bench.make('nothing done, and the line is cut', { times: 1 });
      const sentAtMs = Date.now();
      await write.send(sendingOf(KEY));
      const found = await write.inquire(sendingOf(KEY, sentAtMs));
      if (write.ability.inquiry !== 'by-key' && (found.found === 'applied' || found.found === 'pending'))
        throw new NotApplicable('declares that it finds by likeness: a single equal one is taken for ours, as seen here');
      demand(found.found === 'absent' || found.found === 'ambiguous', 'what another has sent is not ours', found);
    },
  },
  {
    name: 'the login ends in the middle of a call',
    needs: ['login ends'],
    run: async (bench) => {
      await bench.write.inquire(sendingOf('journey-2/effect-1'));
      await bench.make('login ends', { times: 1 });
      const carried = await carry(bench.write, KEY);
      demand(
        carried.outcomes.every(({ kind }) => kind !== 'unknown' && kind !== 'rejected'),
        'a login that has ended is no answer to the request',
        told(carried),
      );
      demand(carried.end === 'applied', 'it goes on with a new login', told(carried));
      happenedOnce(bench, carried);
    },
  },
  {
    name: 'a storm of "too many requests"',
    needs: ['too many requests'],
    run: async (bench) => {
      await bench.make('too many requests', { times: 1, delayMs: 1_000 });
      const first = await bench.write.send(sendingOf(KEY));
      demand(
        first.kind === 'retryable' && first.retryAfterMs === 1_000,
        'it was not done, and may be sent after the pause asked for',
        first,
      );
      await bench.make('too many requests', { times: STORM, delayMs: 0 });
      const carried = await carry(bench.write, KEY);
      demand(
        carried.outcomes.slice(0, STORM).every(({ kind }) => kind === 'retryable'),
        'each was not done',
        told(carried),
      );
      demand(carried.end === 'applied', 'it is done after the storm', told(carried));
      happenedOnce(bench, carried);
    },
  },
  ...[3_000, -3_000].map((aheadMs) => ({
    name: `our clock is ${String(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? 'fast' : 'slow'}`,
    needs: ['done, and the line is cut'] as const,
    run: (bench: Bench) => underAnotherClock(bench, aheadMs, { nowMs: () => Date.now() + aheadMs }),
  })),
  ...[3_600_000, -3_600_000].map((aheadMs) => ({
    name: `our clock is an hour ${aheadMs > 0 ? 'fast' : 'slow'}`,
    needs: ['done, and the line is cut'] as const,
    // Nothing can be found by its time any more. It must not happen twice for that.
    run: async (bench: Bench) => {
      await bench.make('done, and the line is cut', { times: 1 });
      agrees(bench, await carry(bench.withClock(aheadMs), KEY, { nowMs: () => Date.now() + aheadMs }));
    },
  })),
  {
    name: 'the kill switch between the intent and the first byte',
    needs: ['done, and silence'],
    run: killSwitch,
  },
  {
    name: 'what is declared is said in full',
    needs: [],
    run: async ({ write: { ability } }) => {
      demand(ability.source.trim().length > 20, 'every declaration names its source', ability.source);
      demand(ability.longestLifeMs > 0, 'a request lives for a while', ability.longestLifeMs);
      demand(
        ability.keyMemoryMs === null || ability.keyMemoryMs > ability.longestLifeMs,
        'a key that is forgotten while its request still travels protects nothing',
        ability,
      );
    },
  },
];

async function underAnotherClock(bench: Bench, aheadMs: number, options: CarryOptions): Promise<void> {
  await bench.make('done, and the line is cut', { times: 1 });
  const carried = await carry(bench.withClock(aheadMs), KEY, options);
  agrees(bench, carried);
  demand(carried.end === 'applied' || asksPeople(bench), 'it is found in spite of the clock', told(carried));
}

const stored = (id: string): StoredEffect => ({
  ...{ id, name: 'carried', kind: 'once', status: 'sending', generation: 1, attempt: 1, reference: null, note: null, dueAtMs: null },
  ...{ plannedAtMs: Date.now(), firstSentAtMs: Date.now(), lastSentAtMs: Date.now(), request: null, owner: 1 },
});

/** The engine's own sender: one request holds the only place, the next waits behind it, and meanwhile the process loses its right to send. */
async function killSwitch(bench: Bench): Promise<void> {
  let maySend = true;
  const sent: string[] = [];
  const sender = new EffectRunner({
    limitPerSystem: 1,
    breakerAfterFailures: 100,
    breakerOpenMs: 10,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    after: systemClock.after,
    maySend: () => maySend,
    stops: NOTHING_STOPPED,
    onBug: (error) => {
      throw error;
    },
  });
  const definition = {
    kind: 'once',
    perJourney: 'one',
    system: 'one',
    timing: { timeoutMs: TIMEOUT_MS, firstWaitMs: 10, longestWaitMs: 100, patienceMs: 1_000 },
    ability: bench.write.ability,
    request: () => null,
    send: (_request: unknown, sending: Sending) => {
      sent.push(sending.key);
      return bench.write.send(sending);
    },
    inquire: (_request: unknown, sending: Sending) => bench.write.inquire(sending),
    resultFromPerson: () => null,
  } as const;
  await bench.make('done, and silence', { times: 1 });
  const first = sender.send(definition, stored(KEY), performance.now(), PORTFOLIO);
  // More patient than the first, so that only the switch can stop it.
  const patient = { ...definition, timing: { ...definition.timing, timeoutMs: 10 * TIMEOUT_MS } };
  const second = sender.send(patient, stored('journey-2/effect-1'), performance.now(), PORTFOLIO);
  await pause(50);
  maySend = false;
  const [, answered] = await Promise.all([first, second]);
  demand(answered.type === 'Answered' && answered.outcome.kind === 'retryable', 'what was not sent may be sent again', answered);
  const told = `${JSON.stringify(sent)}, ${String(bench.arrived())} requests`;
  demand(sent.length === 1 && bench.arrived() <= 1, 'nothing leaves once the right to send is lost', told);
  maySend = true;
  const stale = await sender.send(definition, stored('journey-3/effect-1'), performance.now() - 2 * TIMEOUT_MS, PORTFOLIO);
  demand(stale.type === 'Answered' && stale.outcome.kind === 'retryable', 'an intent that is too old is not sent', stale);
  demand(sent.length === 1, 'an intent that is too old is not sent', sent);
}

/** The scenarios above for one operation of a kit. */
export const writeScenarios = <Kit extends BenchKit, Operation extends string>(
  operation: Operation,
): readonly Scenario<Kit, LeverOf<Operation>>[] =>
  CHECKS.map(({ name, needs, run }) => ({
    name: `${operation}: ${name}`,
    needs: needs.flatMap((lever): LeverOf<Operation>[] => [lever, `${operation}: ${lever}`]),
    run: async (kit: Kit) => run(await kit.bench(operation)),
  }));
