/**
 * A service may die at any boundary of the engine, before or after each commit, request, answer and publication, again and again
 * and while it recovers from the last time: each customer is paid exactly once, and nobody is left behind.
 */
import type { EngineServiceName } from '../../contracts/internal/services.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Customer } from '../world/world.js';
import { launchService, type LaunchedService } from '../../infra/services/launch.js';
import type { FailpointName } from '../../shared/runtime/engine/failpoints.js';
import { eventually } from '../support/eventually.js';
import { JourneyWorld } from '../world/journey-world.js';

/** `boundary@what it is about`, in the order in which the service dies of them. Each life ends at one; the last life has none. */
const POINTS = {
  payout: [
    'before-ingest@payout.requested',
    'after-ingest@payout.requested',
    'before-step-commit@CashingOut',
    'after-step-commit@CashingOut',
    'before-send@CreateCashOut',
    'after-answer@CreateCashOut',
    'before-step-commit@Transferring',
    'after-step-commit@Transferring',
    'before-send@PayCounterAccount',
    'after-answer@PayCounterAccount',
    'before-publish@payout.finished',
    'after-publish@payout.finished',
  ],
  withdrawal: [
    'before-ingest@portfolio.withdrawal-request',
    'after-ingest@portfolio.withdrawal-request',
    'before-step-commit@Paying',
    'after-step-commit@Paying',
    'before-publish@payout.requested',
    'after-publish@payout.requested',
    'before-send@RecordTransaction',
    'after-answer@RecordTransaction',
    'before-send@AnnounceWithdrawal',
    'after-answer@AnnounceWithdrawal',
  ],
  rebalancing: [
    'before-ingest@optimisations.status-update',
    'after-ingest@optimisations.status-update',
    'before-step-commit@Placing',
    'after-step-commit@Placing',
    'before-send@PlaceOrder',
    'after-answer@PlaceOrder',
    'before-send@RecordSettlement',
    'after-answer@RecordSettlement',
    'before-publish@portfolio.change-requested',
    'after-publish@portfolio.change-requested',
  ],
  portfolio: [
    'before-ingest@portfolio.change-requested',
    'after-ingest@portfolio.change-requested',
    'before-step-commit@WritingPortfolio',
    'after-step-commit@WritingPortfolio',
    'before-send@WritePortfolio',
    'after-answer@WritePortfolio',
    'before-publish@portfolio.changed',
    'after-publish@portfolio.changed',
  ],
} as const satisfies Readonly<Partial<Record<EngineServiceName, readonly string[]>>>;
type Victim = keyof typeof POINTS;
/** All there are: a new boundary in the engine does not compile here until somebody dies of it. */
const BOUNDARIES: Readonly<Record<FailpointName, true>> = {
  'before-ingest': true,
  'after-ingest': true,
  'before-step-commit': true,
  'after-step-commit': true,
  'before-send': true,
  'after-answer': true,
  'before-publish': true,
  'after-publish': true,
};
const VICTIMS = Object.keys(POINTS) as Victim[];
/** Enough at once for every service to have something to die over. */
const AT_ONCE = 8;
const HIT_WITHIN_MS = 60_000;
/** Waits are short here, so whoever needs longer has been forgotten by somebody. */
const RECOVERS_WITHIN_MS = 30_000;

interface Hit {
  readonly service: string;
  readonly point: string;
  readonly livedMs: number;
}

describe('a service that dies at every boundary of the engine', () => {
  let world: JourneyWorld;
  const living = new Map<Victim, LaunchedService>();
  const customers: Customer[] = [];

  beforeAll(async () => {
    world = await JourneyWorld.start({ services: ['gateway'], tenant: { requestTimeoutMs: 1_500, requestLongestLifeMs: 2_000 } });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([...living.values()].map((service) => service.stop()));
    await world.stop();
  }, 120_000);

  const launch = async (name: Victim, crashPoint: string | undefined): Promise<LaunchedService> => {
    const service = await launchService({ name, env: { ...world.stack.env, CRASH_POINT: crashPoint }, folder: world.stack.folder });
    living.set(name, service);
    return service;
  };

  /** One life: until it dies of its point. It may die of it before it is ready, over what its last life has left. */
  const liveUntilDead = async (name: Victim, point: string): Promise<Hit> => {
    const startedMs = Date.now();
    const service = await launch(name, point).catch((error: unknown) => {
      if (error instanceof Error && error.message.includes('ended with SIGKILL before it was ready')) return null;
      throw error;
    });
    if (service !== null) {
      const exit = await eventually(
        `${name} dies at ${point}`,
        () => service.exit,
        (seen) => seen !== undefined,
        HIT_WITHIN_MS,
      );
      expect(exit).toEqual({ code: null, signal: 'SIGKILL' });
    }
    return { service: name, point, livedMs: Date.now() - startedMs };
  };

  const allLives = async (name: Victim): Promise<readonly Hit[]> => {
    const hits: Hit[] = [];
    for (const point of POINTS[name]) hits.push(await liveUntilDead(name, point));
    await launch(name, undefined);
    return hits;
  };

  const request = async (): Promise<void> => {
    // Every second one has to sell first: so all services are on the way.
    const sells = customers.length % 2 === 1;
    const customer = await world.customer({
      cash: sells ? '100.00' : '1000.00',
      positions: sells ? [{ isin: 'US0378331005', units: '20' }] : [],
    });
    customers.push(customer);
    await world.app(customer, { action: 'set', amount: '900.00' });
  };

  /** New divest requests as long as there is something left to die of. */
  const keepRequesting = (over: () => boolean): Promise<unknown> =>
    eventually(
      'all points are hit',
      async () => {
        const { journeys } = await world.look();
        const done = journeys.filter((journey) => journey.flow === 'withdrawal' && journey.status === 'Completed').length;
        if (!over() && customers.length - done < AT_ONCE) await request();
        return over();
      },
      (isOver) => isOver,
      240_000,
      100,
    );

  it.each(VICTIMS)('%s has a point at each boundary', (name) => {
    const boundaries = new Set(POINTS[name].map((point) => point.slice(0, point.indexOf('@'))));
    expect([...boundaries].sort()).toEqual(Object.keys(BOUNDARIES).sort());
  });

  it('pays every customer exactly once', async () => {
    let over = false;
    const lives = Promise.all(VICTIMS.map(allLives)).finally(() => {
      over = true;
    });
    const [hits] = await Promise.all([lives, keepRequesting(() => over)]);
    const table = hits
      .flat()
      .map((hit) => `  ${hit.service.padEnd(12)} ${hit.point.padEnd(46)} died after ${String(hit.livedMs).padStart(5)} ms`);
    process.stderr.write(`crash points hit, ${String(customers.length)} customers:\n${table.join('\n')}\n`);
    expect(hits.flat().map((hit) => hit.point)).toEqual(Object.values(POINTS).flat());
    await world.untilBooksAgree(
      customers.map((customer) => ({ customer, paid: ['900'] })),
      RECOVERS_WITHIN_MS,
    );
    await world.untilQuiet();
  }, 300_000);
});
