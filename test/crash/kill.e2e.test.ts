/**
 * In one run each service, Postgres and Kafka are killed (-9) once while customers are on their way. The books must agree:
 * nobody is paid twice, nobody is forgotten, nobody is stuck where people do not see it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Customer } from '../../infra/demo/world.js';
import { SERVICES, type ServiceName } from '../../infra/services/launch.js';
import type { CustomerEnd } from '../support/books-agree.js';
import { JourneyWorld } from '../support/journey-world.js';

/** Where a service is when it dies: a request that moves something has left, and its answer is late. */
interface Moment {
  readonly flow: string;
  readonly status: string;
  readonly system: 'investSuite' | 'broker' | 'bank';
  readonly operation: string;
  readonly subjectOf: (customer: Customer) => string;
}
/** Gateway and operator have no journeys: they die while wishes come in. */
const MOMENTS: Readonly<Partial<Record<ServiceName, Moment>>> = {
  withdrawal: {
    flow: 'withdrawal',
    status: 'RecordingTransaction',
    system: 'investSuite',
    operation: 'post-transaction',
    subjectOf: (one) => one.portfolioId,
  },
  payout: { flow: 'payout', status: 'Transferring', system: 'bank', operation: 'create-payment', subjectOf: (one) => one.iban },
  rebalancing: { flow: 'order', status: 'Placing', system: 'broker', operation: 'create-order', subjectOf: (one) => one.accountNo },
  portfolio: {
    flow: 'portfolio',
    status: 'WritingPortfolio',
    system: 'investSuite',
    operation: 'patch-portfolio',
    subjectOf: (one) => one.portfolioId,
  },
};
const LATE_MS = 1_000;

describe('kill -9 of each part, once, in mid-journey', () => {
  let world: JourneyWorld;
  const ends: CustomerEnd[] = [];
  const killed: string[] = [];

  beforeAll(async () => {
    world = await JourneyWorld.start({ services: SERVICES, tenant: { requestTimeoutMs: 1_500, requestLongestLifeMs: 2_000 } });
  }, 120_000);
  afterAll(() => world.stop(), 120_000);

  /** Two who can be paid from cash, two for whom shares have to be sold. Returns the last of them. */
  const wishes = async (moment?: Moment): Promise<Customer> => {
    for (const sells of [false, true, false]) await wish(sells);
    return wish(true, moment);
  };
  const wish = async (sells: boolean, moment?: Moment): Promise<Customer> => {
    const customer = await world.customer({
      cash: sells ? '100.00' : '1000.00',
      positions: sells ? [{ isin: 'US0378331005', units: '20' }] : [],
    });
    ends.push({ customer, paid: ['900'] });
    if (moment !== undefined)
      await world.fault(moment.system, {
        fault: 'answer-late',
        operation: moment.operation,
        subject: moment.subjectOf(customer),
        delayMs: LATE_MS,
      });
    await world.app(customer, { action: 'set', amount: '900.00' });
    return customer;
  };

  it.each(SERVICES)(
    '%s dies and is started again',
    async (name) => {
      const moment = MOMENTS[name];
      const last = await wishes(moment);
      if (moment !== undefined) await world.untilStatus(last, moment.flow, moment.status);
      const service = world.stack.services.get(name);
      expect(service?.kill('SIGKILL')).toBe(true);
      expect(await service?.exited).toEqual({ code: null, signal: 'SIGKILL' });
      killed.push(name);
      await service?.restart();
    },
    60_000,
  );

  it('Postgres dies and is started again', async () => {
    const last = await wishes();
    await world.untilJourney(last, 'withdrawal', 'is under way', (row) => !row.ended);
    await world.stack.postgres.crash();
    killed.push('postgres');
    await wish(false);
    await world.stack.postgres.start();
  }, 60_000);

  it('Kafka dies and is started again', async () => {
    const last = await wishes();
    await world.untilJourney(last, 'withdrawal', 'is under way', (row) => !row.ended);
    await world.stack.kafka.crash();
    killed.push('kafka');
    await wish(false);
    await world.stack.kafka.start();
  }, 60_000);

  it('every customer is paid exactly once, and the books agree', async () => {
    expect(killed).toEqual([...SERVICES, 'postgres', 'kafka']);
    await world.untilBooksAgree(ends, 90_000);
    await world.untilQuiet();
    await world.untilBooksAgree(ends, 5_000);
  }, 180_000);
});
