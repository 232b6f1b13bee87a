/** `engine`: five outside calls a journey, through the engine on a real Postgres, beside the same calls with less or no durability. */
import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import axios from 'axios';
import { Pool as Undici } from 'undici';
import { closedLoop, type LoopTimes } from './closed-loop.js';
import { startRig } from './engine-rig.js';
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

const product = async (world: World, setting: Setting): Promise<Round> => {
  const caller = callWithUndici(world.address, setting.waitMs);
  let ended: (wanted: string) => void = () => undefined;
  const rig = await startRig(world.database, fiveCalls(caller.call), (rows) => {
    for (const row of rows) ended(row.key);
  });
  const round = await closedLoop(setting.inFlight, setting.times, world.kinds, (onEnd) => {
    ended = onEnd;
    return {
      begin: (wanted) => {
        void rig.take(wanted);
      },
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

const cpuOf = (round: Round): number => (round['benchMs'] ?? Number.NaN) + (round['postgresMs'] ?? Number.NaN);
const at = (round: Round, name: string): number => round[name] ?? Number.NaN;

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
    const times: LoopTimes = context.quick ? { warmUpMs: 300, measuredMs: 700 } : { warmUpMs: 1_000, measuredMs: 4_000 };
    const rounds = context.quick ? 1 : 3;
    const run = (what: string, setting: Setting) =>
      takeTurns(rounds, contestantsOf(world, setting), (name, round) => {
        context.progress(`${what}, ${name}, round ${String(round + 1)} of ${String(rounds)}`);
      });
    const busy = await run('0 ms, 200 in flight', { inFlight: IN_FLIGHT, waitMs: 0, times });
    const slow = await run('50 ms, 200 in flight', { inFlight: IN_FLIGHT, waitMs: 50, times });
    const alone = await run('0 ms, 1 in flight', { inFlight: 1, waitMs: 0, times });
    for (const [name, setting] of Object.entries({ busy, slow, alone }))
      for (const [who, { median, rounds: all }] of Object.entries(setting))
        context.say(
          `${name} ${who}: ${Object.entries(median)
            .map(([key, value]) => `${key} ${value.toFixed(2)}`)
            .join(', ')}  [${all.map((one) => at(one, 'perSecond').toFixed(0)).join(' ')}]`,
        );
    const figures: Figure[] = [];
    const e = busy.engine.median;
    const m = busy.minimal.median;
    figures.push({ name: 'cpu', value: cpuOf(e), unit: 'ms', floor: { name: 'minimal', value: cpuOf(m), unit: 'ms' } });
    return { figures };
  },
};
