/**
 * One copy of the engine on a real Postgres, wired as a service wires it, with a small flow that misbehaves where it is told to:
 * what is asked for decides. Messages are handed to its inbox writer, by a test or by a real consumer.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { printEnvelope } from '../../contracts/internal/envelope.js';
import type { Topic } from '../../contracts/internal/topics.js';
import { go, hold, ignored, impossible, type Flow } from '../../shared/kernel/flow.js';
import type { OperationAbility, Outcome } from '../../shared/kernel/outcome.js';
import { openClient, openPool, type DatabaseOptions } from '../../shared/runtime/postgres/database.js';
import { assemble } from '../../shared/runtime/engine/assembly.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import { systemClock as clock } from '../../shared/runtime/engine/clock.js';
import { bind, noPolicy, type ServiceDefinition, type Timing } from '../../shared/runtime/engine/definition.js';
import type { Engine } from '../../shared/runtime/engine/steps/step-loop.js';
import { Owner } from '../../shared/runtime/engine/effects/owner.js';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import type { InboxWriter, InboxWriterOptions } from '../../shared/runtime/engine/inbox/inbox-writer.js';
import { personNamed } from './signing-people.js';
import type { FetchedMessage } from '../../shared/runtime/kafka/consumer.js';
import type { Log } from '../../shared/runtime/process/log.js';
import { NOTHING_STOPPED } from '../../shared/runtime/stopping/stop-source.js';
import type { Admission } from '../../shared/runtime/engine/inbox/admission.js';
import { admitAll } from './admission.js';

const LOCK_CLASS = 4_712;
export const TASKS: Topic = 'payout.requested';
/** Another topic of the same tasks. */
export const MORE_TASKS: Topic = 'payout.finished';

/** How one task goes. `throws`: its decision is a bug. `refused`: a row that no database keeps. `looks`: looking again is a bug. */
export type Course = 'fine' | 'throws' | 'refused' | 'impossible' | 'hangs' | 'looks';

type State = { status: 'First' | 'Second' | 'Waiting' | 'Done'; wanted: string; course: Course; note: string };
type Input = { type: 'Wished'; wanted: string; course: Course };
type Call = { kind: 'by-key'; result: { receipt: string }; reason: string };
type Effects = { CallFirst: Call; CallSecond: Call };
type Said = { event: 'payout.finished'; data: { wanted: string } };

/** What a test changes while it runs. */
export type Ways = {
  /** A new version of ours: every task takes the good course. */
  mended: boolean;
  /** Our reading of this topic is broken: nothing can be read. */
  unreadableTopic: Topic | null;
};

const again = { Wished: ignored('it is known') };
const flowOf = (ways: Ways): Flow<State, Input, Effects, Said> => ({
  name: 'task',
  ownedBy: 'the task desk',
  opens: {
    Wished: (input) => {
      const { wanted, course } = input;
      if (ways.mended) return { open: { status: 'First', wanted, course: 'fine', note: '' } };
      if (course === 'throws') throw new Error('a bug of ours');
      if (course === 'impossible') return impossible('cannot be');
      return { open: { status: 'First', wanted, course, note: course === 'refused' ? '\u0000' : '' } };
    },
  },
  rows: {
    First: { does: 'CallFirst', whenUnknown: 'send-again', applied: go<State>('Second'), rejected: hold('refused'), on: again },
    Second: {
      does: 'CallSecond',
      whenUnknown: 'send-again',
      applied: (state) =>
        state.course === 'looks'
          ? { to: 'Waiting' }
          : { to: 'Done', emits: [{ event: 'payout.finished', data: { wanted: state.wanted } }] },
      rejected: hold('refused'),
      on: again,
    },
    Waiting: {
      waitsFor: 'a better time',
      overdueAfterHours: 1,
      looksAgain: {
        after: 'while',
        then: () => {
          throw new Error('a bug of ours in looking');
        },
      },
      on: again,
    },
    Done: { ends: 'done', on: again },
  },
});

const timing: Timing = { timeoutMs: 10_000, firstWaitMs: 250, longestWaitMs: 60_000, patienceMs: 3_600_000 };
const ability: OperationAbility = {
  repeatable: 'by-key',
  keyMemoryMs: null,
  longestLifeMs: 60_000,
  afterAbsence: 'same-key',
  source: 'the test',
};

const call = {
  kind: 'by-key' as const,
  perJourney: 'one' as const,
  system: 'outside',
  timing,
  ability,
  request: (state: State, _journey: unknown, key: string) => ({ wanted: state.wanted, course: state.course, key }),
  send: async (request: { course: Course; key: string }): Promise<Outcome<{ receipt: string }>> => {
    // As if over a network: never in the same turn.
    await new Promise<void>((resolve) => clock.soon(resolve));
    return request.course === 'hangs' ? new Promise(() => undefined) : { kind: 'applied', result: { receipt: request.key } };
  },
  inquire: () => Promise.resolve({ found: 'absent' as const }),
  resultFromPerson: () => ({ receipt: 'by hand' }),
};

const request = z.object({ wanted: z.string(), course: z.enum(['fine', 'throws', 'refused', 'impossible', 'hangs', 'looks']) });

const definitionOf = (ways: Ways): ServiceDefinition => ({
  name: 'payout',
  bindings: [
    bind<State, Input, Effects, Said, null>({
      flow: flowOf(ways),
      idPrefix: 'ta',
      personal: [],
      state: z.object({
        status: z.enum(['First', 'Second', 'Waiting', 'Done']),
        wanted: z.string(),
        course: request.shape.course,
        note: z.string(),
      }),
      policy: noPolicy,
      upgrades: [],
      oneJourneyPer: 'subject',
      effects: { CallFirst: call, CallSecond: call },
      shows: () => null,
      intervalsMs: { while: 100 },
    }),
  ],
  consumes: [TASKS, MORE_TASKS].map((topic) => ({
    topic,
    read: (event) => {
      if (ways.unreadableTopic === topic) throw new TypeError('a bug of ours in reading');
      const { wanted, course } = request.parse(event.data);
      return {
        deliver: { flow: 'task', subject: wanted, input: { type: 'Wished', wanted, course } },
        portfolioId: event.portfolioId ?? '',
      };
    },
  })),
});

export type EngineCopy = {
  readonly engine: Engine;
  readonly inboxWriter: InboxWriter;
  readonly store: PostgresStore;
  readonly pool: Pool;
  readonly ways: Ways;
  readonly published: OutboxRow[];
  readonly sweepOnce: () => Promise<void>;
  readonly stop: () => Promise<void>;
};
export type CopySettings = {
  readonly url: string;
  readonly log: Log;
  readonly tryEveryMs?: number;
  readonly sweepEveryMs?: number;
  /** Default: every message counts. */
  readonly admission?: Admission;
  readonly onRefused?: InboxWriterOptions['onRefused'];
};

const optionsFor = (url: string): DatabaseOptions => ({
  url,
  schema: 'payout',
  role: 'cmw_payout',
  applicationName: 'engine-copy',
  maxConnections: 8,
  statementTimeoutMs: 10_000,
});

export const startEngineCopy = async ({
  url,
  log,
  tryEveryMs = 30_000,
  sweepEveryMs = 1_000,
  admission = admitAll,
  onRefused = () => undefined,
}: CopySettings): Promise<EngineCopy> => {
  const options = optionsFor(url);
  const ways: Ways = { mended: false, unreadableTopic: null };
  const pool = openPool(options, () => undefined);
  const store = new PostgresStore(pool, LOCK_CLASS);
  const owner = new Owner({
    connect: () => openClient(options),
    lockClass: LOCK_CLASS,
    onLost: () => undefined,
    onTrouble: () => undefined,
  });
  await owner.start();
  const published: OutboxRow[] = [];
  const {
    engine,
    inboxWriter: inboxWriter,
    sweep,
    outboxPublisher: outboxPublisher,
  } = assemble({
    ...{ catalogue: new Catalogue(definitionOf(ways)), store, clock, log, failpoint: () => undefined, admission, onRefused },
    ownerId: () => owner.id,
    publish: (rows) => {
      published.push(...rows);
      return Promise.resolve([]);
    },
    onNotPublished: () => undefined,
    stops: NOTHING_STOPPED,
    personNamed,
    effectRunner: {
      limitPerSystem: 64,
      breakerAfterFailures: 30,
      breakerOpenMs: 1_000,
      onBug: (error) => {
        throw error;
      },
    },
    sweep: { everyMs: sweepEveryMs, graceMs: 3_000, random: Math.random },
    bounds: { tryEveryMs },
  });
  sweep.start();
  return {
    engine,
    inboxWriter: inboxWriter,
    store,
    pool,
    ways,
    published,
    sweepOnce: () => sweep.once(),
    stop: async () => {
      await sweep.stop();
      await engine.stop(1_000);
      await outboxPublisher.stop();
      await owner.stop();
      await pool.end();
    },
  };
};

/** The value of a message that asks for a task; its portfolio is the task's name. */
export const taskValue = (wanted: string, course: Course, eventId = `wish-${wanted}`, topic: string = TASKS): string =>
  printEnvelope({
    id: eventId,
    type: topic,
    version: '1',
    occurredAt: '2026-01-01T00:00:00Z',
    portfolioId: wanted,
    data: { wanted, course },
  });

let offset = 0;
export const taken = (key: string, value: string, topic: Topic = TASKS, partition = 0): FetchedMessage => ({
  topic,
  partition,
  offset: String(++offset),
  key,
  headers: {},
  timestampMs: 0,
  value: Buffer.from(value),
});
export const task = (wanted: string, course: Course = 'fine'): FetchedMessage => taken(wanted, taskValue(wanted, course));

const pulse = { stopping: () => false, heartbeat: () => Promise.resolve() };
/** Hands one fetch over. @throws HoldPartition as the consumer would see it. */
export const take = (copy: EngineCopy, messages: readonly FetchedMessage[]): Promise<void> => {
  const [first] = messages;
  return first === undefined
    ? Promise.resolve()
    : copy.inboxWriter.take({ topic: first.topic, partition: first.partition, messages }, pulse);
};
