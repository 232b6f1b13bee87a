/** `engine`: five outside calls a journey, through the engine on a real Postgres, beside the same calls with less or no durability. */
import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import axios from 'axios';
import { Pool as Undici } from 'undici';
import { closedLoop, type Begin, type LoopTimes } from './closed-loop.js';
import { startRig, type Rig } from './engine-rig.js';
import { startMinimalLoop, withoutDurability, type Journey } from './floors.js';
import { fiveCalls, type Call } from './five-calls.js';
import {
  serverKinds,
  takeTurns,
  type Bench,
  type BenchContext,
  type Contestants,
  type Figure,
  type ProcessKinds,
  type Round,
} from './measure.js';

const IN_FLIGHT = 200;

const startOutside = async (context: BenchContext): Promise<string> => {
  const child = spawn(process.execPath, [join(__dirname, 'outside.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.atEnd(async () => {
    child.stdin.end();
    await new Promise((resolve) => child.once('exit', resolve));
  });
  const lines = createInterface(child.stdout);
  const port = await new Promise<string>((resolve) => lines.once('line', resolve));
  return `http://127.0.0.1:${port}`;
};

type Caller = { readonly call: Call; readonly close: () => Promise<void> };
const callWithUndici = (address: string, waitMs: number): Caller => {
  const pool = new Undici(address, { connections: 256 });
  const path = `/${String(waitMs)}`;
  const headers = { 'content-type': 'application/json' };
  return {
    call: async (body) => {
      const answer = await pool.request({ method: 'POST', path, headers, body });
      return (await answer.body.json()) as { id: string };
    },
    close: () => pool.close(),
  };
};

const callWithAxios = (address: string, waitMs: number): Caller => {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const client = axios.create({ baseURL: address, httpAgent: agent, headers: { 'content-type': 'application/json' } });
  return {
    call: async (body) => (await client.post<{ id: string }>(`/${String(waitMs)}`, body)).data,
    close: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
};

type Setting = { readonly inFlight: number; readonly waitMs: number; readonly times: LoopTimes };
type World = { readonly address: string; readonly database: string; readonly kinds: ProcessKinds };

const bare = async (world: World, setting: Setting, caller: Caller, journey: Journey): Promise<Round> => {
  const round = await closedLoop(setting.inFlight, setting.times, world.kinds, (onEnd) => ({
    begin: (wanted) => {
      for (const one of wanted)
        void journey(one).then(() => {
          onEnd(one);
        });
    },
  }));
  await caller.close();
  return round;
};

const minimal = async (world: World, setting: Setting): Promise<Round> => {
  const caller = callWithUndici(world.address, setting.waitMs);
  const loop = await startMinimalLoop(world.database, caller.call);
  const round = await closedLoop(setting.inFlight, setting.times, world.kinds, (onEnd) => ({
    begin: (wanted) => {
      for (const one of wanted)
        void loop.journey(one).then(() => {
          onEnd(one);
        });
    },
    counters: { statements: loop.commits },
  }));
  await loop.stop();
  await caller.close();
  return round;
};

/** As a consumer of one partition does: what comes while a fetch is taken in is the next fetch. */
const oneFetchAtATime = (rig: Rig): Begin => {
  let waiting: string[] = [];
  let isTaking = false;
  const takeAll = async (): Promise<void> => {
    isTaking = true;
    while (waiting.length > 0) await rig.take(waiting.splice(0));
    isTaking = false;
  };
  return (wanted) => {
    waiting = waiting.concat(wanted);
    if (!isTaking) void takeAll();
  };
};

const product = async (world: World, setting: Setting): Promise<Round> => {
  const caller = callWithUndici(world.address, setting.waitMs);
  let ended: (wanted: string) => void = () => undefined;
  const rig = await startRig(world.database, fiveCalls(caller.call), (rows) => {
    for (const row of rows) ended(row.key);
  });
  const round = await closedLoop(setting.inFlight, setting.times, world.kinds, (onEnd) => {
    ended = onEnd;
    return {
      begin: oneFetchAtATime(rig),
      counters: { statements: rig.statements },
    };
  });
  await rig.stop();
  await caller.close();
  return round;
};

const contestantsOf = (world: World, setting: Setting) =>
  ({
    undici: () => {
      const caller = callWithUndici(world.address, setting.waitMs);
      return bare(world, setting, caller, withoutDurability(caller.call));
    },
    axios: () => {
      const caller = callWithAxios(world.address, setting.waitMs);
      return bare(world, setting, caller, withoutDurability(caller.call));
    },
    minimal: () => minimal(world, setting),
    engine: () => product(world, setting),
  }) satisfies Contestants<string, Round>;

const at = (round: Round, name: string): number => round[name] ?? Number.NaN;
const cpuOf = (round: Round): number => at(round, 'benchMs') + at(round, 'postgresMs');

type Shown = Readonly<Record<'undici' | 'axios' | 'minimal' | 'engine', Round>>;
const CALL_MS = 50;
const IDEAL_PER_SECOND = (IN_FLIGHT * 1_000) / (5 * CALL_MS);
const FLOOR = {
  undici: 'the same calls with undici, nothing durable',
  axios: 'the same calls with axios, nothing durable',
  minimal: 'a minimal durable loop: group-committed intents, nothing else',
} as const;

const speedFigures = (what: string, { undici, axios, minimal: least, engine }: Shown): Figure[] => {
  const figure = (name: string, value: number, unit: string, floor: keyof typeof FLOOR, floorValue: number): Figure => ({
    name: `${what}: ${name}`,
    value,
    unit,
    floor: { name: FLOOR[floor], value: floorValue, unit },
  });
  return [
    figure('journeys', at(engine, 'perSecond'), 'journeys/s', 'minimal', at(least, 'perSecond')),
    figure('journeys', at(engine, 'perSecond'), 'journeys/s', 'undici', at(undici, 'perSecond')),
    figure('journeys', at(engine, 'perSecond'), 'journeys/s', 'axios', at(axios, 'perSecond')),
    figure('p50', at(engine, 'p50Ms'), 'ms', 'minimal', at(least, 'p50Ms')),
  ];
};

const figuresOf = (busy: Shown, slow: Shown, alone: Shown): Figure[] => [
  ...speedFigures('0 ms, 200 in flight', busy),
  {
    name: '0 ms, 200 in flight: share of the minimal durable loop',
    value: (100 * at(busy.engine, 'perSecond')) / at(busy.minimal, 'perSecond'),
    unit: '%',
    goal: { atLeast: 75 },
    note: 'The loop writes 12 rows into one table and can neither recover, order nor explain; the engine writes 24 and does.',
  },
  {
    name: '0 ms, 200 in flight: p99',
    value: at(busy.engine, 'p99Ms'),
    unit: 'ms',
    goal: { atMost: 250 },
    floor: { name: FLOOR.minimal, value: at(busy.minimal, 'p99Ms'), unit: 'ms' },
  },
  {
    name: '0 ms, 200 in flight: processor time a journey, Node and Postgres',
    value: cpuOf(busy.engine),
    unit: 'ms',
    goal: { atMost: 1 },
    floor: { name: FLOOR.minimal, value: cpuOf(busy.minimal), unit: 'ms' },
    note: `Node ${at(busy.engine, 'benchMs').toFixed(2)}, Postgres ${at(busy.engine, 'postgresMs').toFixed(2)}.`,
  },
  {
    name: '0 ms, 200 in flight: statements a journey',
    value: at(busy.engine, 'statements'),
    unit: 'statements',
    goal: { atMost: 0.2 },
    floor: { name: FLOOR.minimal, value: at(busy.minimal, 'statements'), unit: 'statements' },
    note: 'All of them: taking in, loading, steps, marking what was said, the sweep.',
  },
  ...speedFigures('50 ms, 200 in flight', slow),
  {
    name: '50 ms, 200 in flight: share of the ideal',
    value: (100 * at(slow.engine, 'perSecond')) / IDEAL_PER_SECOND,
    unit: '%',
    goal: { atLeast: 90 },
    note: `The ideal is ${String(IDEAL_PER_SECOND)} journeys/s: 200 in flight, each waiting 250 ms for the other side.`,
  },
  {
    name: '50 ms, 200 in flight: p99',
    value: at(slow.engine, 'p99Ms'),
    unit: 'ms',
    goal: { atMost: 320 },
    floor: { name: FLOOR.minimal, value: at(slow.minimal, 'p99Ms'), unit: 'ms' },
  },
  {
    name: '1 in flight: added p50 over five durable calls',
    value: at(alone.engine, 'p50Ms') - at(alone.undici, 'p50Ms'),
    unit: 'ms',
    goal: { atMost: 4 },
    floor: { name: FLOOR.minimal, value: at(alone.minimal, 'p50Ms') - at(alone.undici, 'p50Ms'), unit: 'ms' },
    note: 'Against the same five calls with undici; from handing the event over to the commit of the last step.',
  },
];

export const engineBench: Bench = {
  name: 'engine',
  does: 'five outside calls a journey on a real Postgres: 0 ms and 50 ms with 200 in flight, 0 ms with 1 in flight',
  run: async (context) => {
    const postgres = await context.postgres();
    const world: World = {
      address: await startOutside(context),
      database: await context.freshDatabase(),
      kinds: serverKinds({ postgres }),
    };
    const times: LoopTimes = context.quick ? { warmUpMs: 300, measuredMs: 700 } : { warmUpMs: 1_000, measuredMs: 3_000 };
    const rounds = context.quick ? 1 : 3;
    const run = async (what: string, setting: Setting): Promise<Shown> => {
      const measured = await takeTurns(rounds, contestantsOf(world, setting), (name, round) => {
        context.progress(`engine, ${what}: ${name}, round ${String(round + 1)} of ${String(rounds)}`);
      });
      const { undici, axios: slowest, minimal: least, engine } = measured;
      return { undici: undici.median, axios: slowest.median, minimal: least.median, engine: engine.median };
    };
    const busy = await run('0 ms, 200 in flight', { inFlight: IN_FLIGHT, waitMs: 0, times });
    const slow = await run('50 ms, 200 in flight', { inFlight: IN_FLIGHT, waitMs: CALL_MS, times });
    const alone = await run('0 ms, 1 in flight', { inFlight: 1, waitMs: 0, times });
    return { figures: figuresOf(busy, slow, alone) };
  },
};
