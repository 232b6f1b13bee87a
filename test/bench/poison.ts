/** `poison`: what one bad lane among 5,000 costs the others. Each sort of trouble takes turns with a run without any. */
import { Pool } from 'pg';
import { createLog } from '../../shared/runtime/process/log.js';
import { startEngineCopy, take, taken, task, taskValue, type Course, type EngineCopy } from '../support/engine-copy.js';
import {
  median,
  perSecond,
  serverKinds,
  startCpu,
  takeTurns,
  type Bench,
  type BenchContext,
  type Contestants,
  type Figure,
  type ProcessKinds,
  type Round,
} from './measure.js';

/** In a shared process the speed of one run differs by a few per cent from the next: the median of the pairs counts. */
const SORTS = {
  none: 'no trouble',
  unreadable: 'cannot be read',
  throws: 'is a bug to decide',
  refused: 'the database refuses',
  hangs: 'an outside system never answers',
  looks: 'cannot be looked at again',
} as const;
type Sort = keyof typeof SORTS;

const LANES = 5_000;
const FETCH = 500;
/** What goes on arriving in the bad lane. */
const BEHIND_PER_FETCH = 5;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

type World = { readonly url: string; readonly admin: Pool; readonly kinds: ProcessKinds; readonly lanes: number };

const untilDone = async (copy: EngineCopy, bad: string, wanted: number): Promise<void> => {
  let seen = 0;
  for (let done = 0; done < wanted;) {
    for (; seen < copy.published.length; seen++) {
      const said = copy.published[seen];
      if (said?.topic === 'payout.finished' && said.key !== bad) done++;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const round = async ({ url, admin, kinds, lanes }: World, sort: Sort, turn: number): Promise<Round> => {
  await admin.query('truncate inbox, journey, effect, outbox, blocked_lane, quarantine, history');
  const copy = await startEngineCopy({ url, log: createLog('poison', 'silent') });
  const name = (index: number): string => `${String(turn)}-${String(index)}`;
  const bad = name(-1);
  const trouble = sort === 'unreadable' ? taken(bad, '{"half') : task(bad, (sort === 'none' ? 'fine' : sort) satisfies Course);
  const behind = (fetch: number) =>
    Array.from({ length: BEHIND_PER_FETCH }, (_, index) =>
      taken(bad, taskValue(bad, 'fine', `behind-${bad}-${String(fetch)}-${String(index)}`)),
    );
  const cpu = startCpu(kinds);
  const beganMs = performance.now();
  for (let from = 0; from < lanes - 1; from += FETCH) {
    const good = Array.from({ length: Math.min(FETCH, lanes - 1 - from) }, (_, index) => task(name(from + index)));
    // After the first fetch, so that the others are well under way.
    await take(copy, [...good, ...(from === FETCH ? [trouble] : []), ...(from >= FETCH ? behind(from) : [])]);
  }
  await untilDone(copy, bad, lanes - 1);
  const spentMs = performance.now() - beganMs;
  const spent = Object.values(cpu()).reduce((sum, ms) => sum + ms, 0);
  await copy.stop();
  return { perSecond: perSecond(lanes - 1, spentMs), cpuMs: spent / (lanes - 1) };
};

const openWorld = async (context: BenchContext): Promise<World> => {
  const postgres = await context.postgres();
  const url = await context.freshDatabase();
  const admin = new Pool({ connectionString: url, max: 1, options: '-c search_path=payout' });
  context.atEnd(() => admin.end());
  return { url, admin, kinds: serverKinds({ postgres }), lanes: context.quick ? 1_000 : LANES };
};

export const poison: Bench = {
  name: 'poison',
  does: 'the speed of 4,999 lanes beside one bad one, by sort of trouble',
  run: async (context) => {
    const world = await openWorld(context);
    const sorts = Object.keys(SORTS) as Sort[];
    const contestants = {
      ...(Object.fromEntries(sorts.map((sort) => [sort, (turn: number) => round(world, sort, turn)])) as Contestants<Sort, Round>),
      noneAgain: (turn: number) => round(world, 'none', turn),
    };
    // The first run of all warms up, and counts for nothing.
    await round(world, 'none', -1);
    const measured = await takeTurns(context.quick ? 2 : 11, contestants, (sort, turn) => {
      context.progress(`round ${String(turn + 1)}: ${sort === 'noneAgain' ? 'no trouble, again' : SORTS[sort]}`);
    });
    const without = measured.none;
    // Beside the mean of both runs without trouble of its round: before it and after it.
    const shares = (sort: Sort, of: 'perSecond' | 'cpuMs'): number[] =>
      measured[sort].rounds.map((one, turn) => {
        const beside = [without, measured.noneAgain].map(({ rounds }) => rounds[turn]?.[of] ?? Number.NaN);
        return (100 * (one[of] ?? Number.NaN)) / mean(beside);
      });
    const figures = sorts
      .filter((sort) => sort !== 'none')
      .map((sort): Figure => {
        const speed = shares(sort, 'perSecond');
        return {
          name: `speed of the others, one lane: ${SORTS[sort]}`,
          value: median(speed),
          unit: '%',
          goal: { atLeast: 95 },
          note: `median of ${String(speed.length)} rounds, each beside the runs without trouble before and after it; from ${Math.min(...speed).toFixed(1)} to ${Math.max(...speed).toFixed(1)} %; processor time ${median(shares(sort, 'cpuMs')).toFixed(1)} %`,
        };
      });
    return {
      figures: [
        { name: 'speed without trouble, two calls a task', value: without.median['perSecond'] ?? Number.NaN, unit: 'tasks/s' },
        ...figures,
      ],
    };
  },
};
