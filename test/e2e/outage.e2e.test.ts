/**
 * While Postgres or Kafka is away everything waits and health says which of them it is; nothing is lost, and all of it goes on by
 * itself, in the same processes, once they are back. Ten seconds here, so that the suite stays quick: longer than any single wait.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Customer } from '../world/world.js';
import type { CustomerEnd } from '../world/customer-end.js';
import { eventually } from '../support/eventually.js';
import { JourneyWorld } from '../world/journey-world.js';

const AWAY_MS = Number(process.env['OUTAGE_MS'] ?? '10000');
const RECOVERS_WITHIN_MS = 60_000;

interface Health {
  readonly http: number;
  readonly away: readonly string[];
}

describe('an outage', () => {
  let world: JourneyWorld;
  const ends: CustomerEnd[] = [];
  let pids: ReadonlyMap<string, number>;

  beforeAll(async () => {
    world = await JourneyWorld.start();
    pids = pidsNow();
  }, 120_000);
  afterAll(() => world.stop(), 120_000);

  const pidsNow = (): ReadonlyMap<string, number> => new Map([...world.stack.services].map(([name, service]) => [name, service.pid]));

  const request = async (sells: boolean): Promise<Customer> => {
    const customer = await world.customer({
      cash: sells ? '100.00' : '1000.00',
      positions: sells ? [{ isin: 'US0378331005', units: '20' }] : [],
    });
    ends.push({ customer, paid: ['900'] });
    await world.app(customer, { action: 'set', amount: '900.00' });
    return customer;
  };
  /** Somebody is in the middle of everything when it begins. */
  const somebodyUnderWay = async (): Promise<void> => {
    for (const sells of [true, false, true]) await request(sells);
    const last = await request(true);
    await world.untilJourney(last, 'withdrawal', 'is under way', (row) => !row.ended);
  };

  const health = async (url: string): Promise<Health> => {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(10_000) });
    const { away } = (await answer.json()) as { readonly away: readonly string[] };
    // While Postgres is away, a service with steps to write says of `messages` too that they wait for it.
    return { http: answer.status, away: away.filter((name) => name !== 'messages' || !away.includes('postgres')) };
  };
  const allHealth = async (): Promise<Readonly<Record<string, Health>>> =>
    Object.fromEntries(await Promise.all([...world.stack.services].map(async ([name, { url }]) => [name, await health(url)] as const)));
  const untilHealthSays = (what: string, wanted: Health): Promise<unknown> =>
    eventually(
      what,
      allHealth,
      (seen) => Object.values(seen).every((one) => JSON.stringify(one) === JSON.stringify(wanted)),
      RECOVERS_WITHIN_MS,
      250,
    );
  const untilOver = (sinceMs: number): Promise<unknown> =>
    eventually(
      'the outage lasts',
      () => Date.now() - sinceMs,
      (lasted) => lasted >= AWAY_MS,
      AWAY_MS + 5_000,
      100,
    );

  const alive = async (): Promise<readonly number[]> =>
    Promise.all([...world.stack.services.values()].map(async ({ url }) => (await fetch(`${url}/health/live`)).status));

  /** HTTP statuses that InvestSuite's webhooks were answered with. */
  const answersToInvestSuite = async (): Promise<readonly (number | null)[]> => {
    const books = (await (await fetch(`${world.stack.urls.investSuite}/simulator/books`)).json()) as {
      readonly deliveries: readonly { readonly status: number | null }[];
    };
    return books.deliveries.map((line) => line.status);
  };

  it('of Postgres: health names it, divest requests are still taken in, and all goes on when it is back', async () => {
    await somebodyUnderWay();
    await world.stack.postgres.crash();
    const sinceMs = Date.now();
    const answeredBefore = (await answersToInvestSuite()).length;
    await request(false);
    await untilHealthSays('health says that Postgres is away', { http: 503, away: ['postgres'] });
    // Kafka has them: the sender need not come again.
    await eventually('the divest request is answered', answersToInvestSuite, (seen) => seen.length > answeredBefore);
    expect(new Set((await answersToInvestSuite()).slice(answeredBefore))).toEqual(new Set([202]));
    await untilOver(sinceMs);
    expect(new Set(await alive())).toEqual(new Set([200]));
    await world.stack.postgres.start();
    await untilHealthSays('health says ready', { http: 200, away: [] });
    await world.untilBooksAgree(ends, RECOVERS_WITHIN_MS);
    expect(pidsNow()).toEqual(pids);
  }, 240_000);

  it('of Kafka: health names it, webhooks are asked to come again, and all goes on when it is back', async () => {
    await somebodyUnderWay();
    await world.stack.kafka.crash();
    const sinceMs = Date.now();
    const late = await request(false);
    await untilHealthSays('health says that Kafka is away', { http: 503, away: ['kafka'] });
    await eventually('a webhook is asked to come again', answersToInvestSuite, (seen) => seen.includes(503), 30_000, 100);
    await untilOver(sinceMs);
    expect(new Set(await alive())).toEqual(new Set([200]));
    expect((await world.look()).journeys.filter((journey) => journey.portfolioId === late.portfolioId)).toEqual([]);
    await world.stack.kafka.start();
    await untilHealthSays('health says ready', { http: 200, away: [] });
    await world.untilBooksAgree(ends, RECOVERS_WITHIN_MS);
    expect(pidsNow()).toEqual(pids);
    await world.untilQuiet();
  }, 240_000);
});
