/**
 * Whatever happens on the way, each customer is paid exactly what was asked, once, and bank, broker and InvestSuite agree on it.
 * Who cannot be paid is held where people see it, with the reason.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Customer } from '../world/world.js';
import { parseJson, printJson, type Json } from '../../shared/kernel/json.js';
import { JourneyWorld } from '../world/journey-world.js';
import { eventually } from '../support/eventually.js';
import { differencesAtLast, type CustomerEnd } from '../world/customer-end.js';

const AAPL = 'US0378331005';
const VOO = 'US9229083632';
const NEW_IBAN = 'DE89370400440532013000';
const SHARES = [{ isin: AAPL, units: '20' }];

const effectOf = async (world: JourneyWorld, customer: Customer, name: string) =>
  (await world.look()).effects.filter((effect) => effect.portfolioId === customer.portfolioId && effect.name === name);

/** Two people answer for the parked effect of this name. Returns the generation that they saw. */
const answerParked = async (
  world: JourneyWorld,
  customer: Customer,
  name: string,
  answer: 'applied' | 'rejected' | 'send-again',
  evidence: string,
): Promise<number> => {
  const parked = await eventually(
    `customer ${String(customer.number)}: ${name} waits for people`,
    async () => (await effectOf(world, customer, name)).find(({ status }) => status === 'parked'),
    (effect) => effect !== undefined,
    60_000,
    150,
  );
  if (parked === undefined) throw new Error('nothing to answer');
  const { id: effectId, generation } = parked;
  await world.decide({ kind: 'answer-effect', service: 'payout', effectId, generation, answer, evidence }, customer.portfolioId);
  return generation;
};

/** The bank refuses after the cash-out, people give the transfer up, and the look by the clock finds the divest request still open. */
const untilInSuspense = async (world: JourneyWorld): Promise<Customer> => {
  const customer = await world.customer({ cash: '1000.00', positions: [] });
  await world.fault('bank', { fault: 'refuse', operation: 'create-payment', subject: customer.iban, times: 1, detail: 'AC04' });
  await world.app(customer, { action: 'set', amount: '250.00' });
  await answerParked(world, customer, 'PayCounterAccount', 'rejected', 'the bank refuses it for good');
  await world.untilJourney(customer, 'payout', 'is held in suspense', (row) => row.status === 'InSuspense' && row.held !== null);
  const looked = await world.findPendingWithdrawal(customer);
  await handled(world, 'withdrawal', looked);
  const { journeys, books } = await world.look();
  const own = journeys.filter(({ portfolioId }) => portfolioId === customer.portfolioId);
  expect(own.filter(({ flow }) => flow === 'withdrawal').map(({ status, ended }) => [status, ended])).toEqual([['Paying', false]]);
  expect(own.filter(({ flow }) => flow === 'payout').map(({ status }) => status)).toEqual(['InSuspense']);
  expect(books.broker.accounts.find(({ accountNo }) => accountNo === customer.accountNo)?.cashOuts).toMatchObject({
    count: 1,
    returnedCount: 0,
  });
  expect(books.bank.creditors.find(({ creditorIban }) => creditorIban === customer.iban)?.settledCount ?? 0).toBe(0);
  return customer;
};

/** Everything that happens to one customer; says how it must have ended. */
interface Journey {
  readonly title: string;
  readonly run: (world: JourneyWorld) => Promise<CustomerEnd>;
}

const JOURNEYS: readonly Journey[] = [
  {
    title: 'cash enough: it is paid from cash, nothing is sold',
    run: async (world) => {
      const customer = await world.customer({ cash: '1000.00', positions: [] });
      await world.app(customer, { action: 'set', amount: '250.00' });
      return { customer, paid: ['250'] };
    },
  },
  {
    title: 'sale needed: shares are sold first, settled cash is paid',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.app(customer, { action: 'set', amount: '900.00' });
      return { customer, paid: ['900'] };
    },
  },
  {
    title: 'raised while it waits for cash: one payment of the new amount',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      // Otherwise a busy machine may look only after the cash has settled.
      await world.fault('broker', { fault: 'settle-late', subject: customer.accountNo, delayMs: 8_000 });
      await world.app(customer, { action: 'set', amount: '900.00' });
      await world.untilStatus(customer, 'withdrawal', 'AwaitingCash');
      await world.app(customer, { action: 'raise', amount: '500.00' });
      return { customer, paid: ['1400'] };
    },
  },
  {
    title: 'cancelled while it waits for cash: nothing is paid, what was sold stays as cash',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.fault('broker', { fault: 'settle-late', subject: customer.accountNo, delayMs: 8_000 });
      await world.app(customer, { action: 'set', amount: '900.00' });
      await world.untilStatus(customer, 'withdrawal', 'AwaitingCash');
      // A divest request that is taken back sooner sells nothing at all.
      await world.untilStatus(customer, 'order', 'AwaitingSettlement');
      await world.app(customer, { action: 'cancel' });
      return { customer, paid: [], withdrawals: ['Cancelled'] };
    },
  },
  {
    title: 'asked for again while the payout is on its way: two payments, no divest request lost',
    run: async (world) => {
      const customer = await world.customer({ cash: '1000.00', positions: [] });
      await world.fault('broker', { fault: 'redemption-on-hold', subject: customer.accountNo, delayMs: 8_000, times: 1 });
      await world.app(customer, { action: 'set', amount: '250.00' });
      await world.untilStatus(customer, 'payout', 'ConfirmingCashOut');
      await world.app(customer, { action: 'raise', amount: '100.00' });
      return { customer, paid: ['250', '100'] };
    },
  },
  {
    title: 'everything (1e100): all is sold and all cash is paid in one payment',
    run: async (world) => {
      const customer = await world.customer({
        cash: '50.00',
        positions: [
          { isin: AAPL, units: '3' },
          { isin: VOO, units: '4' },
        ],
      });
      await world.app(customer, { action: 'everything' });
      return { customer, paid: 'everything' };
    },
  },
  {
    title: 'every event twice',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.fault('investSuite', { fault: 'event-duplicated', subject: customer.portfolioId });
      await world.fault('broker', { fault: 'event-twice', subject: customer.accountNo });
      await world.fault('bank', { fault: 'event-twice', subject: customer.iban });
      await world.app(customer, { action: 'set', amount: '900.00' });
      return { customer, paid: ['900'] };
    },
  },
  {
    title: 'events out of order',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.fault('investSuite', { fault: 'event-reordered', subject: customer.portfolioId });
      await world.fault('broker', { fault: 'events-reordered', subject: customer.accountNo });
      await world.fault('bank', { fault: 'events-reordered', subject: customer.iban });
      await world.app(customer, { action: 'set', amount: '900.00' });
      return { customer, paid: ['900'] };
    },
  },
  {
    title: 'broker and bank never call back: what has become of it is asked',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.fault('broker', { fault: 'event-lost', subject: customer.accountNo });
      await world.fault('bank', { fault: 'never-calls-back', subject: customer.iban });
      await world.app(customer, { action: 'set', amount: '900.00' });
      return { customer, paid: ['900'] };
    },
  },
  {
    title: 'a partial fill, then the broker cancels the rest: it is sold anew, and paid once',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.fault('broker', { fault: 'partial-then-cancel', subject: customer.accountNo, times: 1 });
      await world.app(customer, { action: 'set', amount: '900.00' });
      return { customer, paid: ['900'] };
    },
  },
  {
    title: 'a refused transfer is held where people see it; their word to send again pays once, under a new reference',
    run: async (world) => {
      const customer = await world.customer({ cash: '1000.00', positions: [] });
      await world.fault('bank', { fault: 'refuse', operation: 'create-payment', subject: customer.iban, times: 1, detail: 'AC04' });
      await world.app(customer, { action: 'set', amount: '250.00' });
      const held = await world.untilJourney(customer, 'payout', 'is held', (row) => row.held !== null);
      expect(held).toMatchObject({ status: 'Transferring', ended: false });
      expect(held.held).toMatch(/^cash-out done but the bank refused: /);
      expect(await answerParked(world, customer, 'PayCounterAccount', 'send-again', 'the bank has opened the account again')).toBe(1);
      return { customer, paid: ['250'] };
    },
  },
  {
    title:
      'a refused transfer that people give up: their word alone ends nothing; paid by hand, it is paid, and the divest request is not taken up before [A8]',
    run: async (world) => {
      const customer = await untilInSuspense(world);
      // Two people may be mistaken, or lie: the bank shows no such payment, and the broker no cash that came back.
      for (const [answer, why] of [
        ['applied', 'the bank shows no payment PMT-INVENTED'],
        ['rejected', 'the cash-out has not come back at the broker'],
      ] as const) {
        await answerParked(world, customer, 'ClearSuspense', answer, 'PMT-INVENTED on the statement');
        const isRefused = (held: string | null): boolean => held?.startsWith(`not taken as ${answer}: ${why}`) === true;
        await world.untilJourney(customer, 'payout', `is not ended by a mere word: ${answer}`, (row) => isRefused(row.held));
      }
      const paymentId = await world.world.payByHand(customer, '250.00');
      // An open payment is none yet.
      const settled = async (): Promise<number> =>
        (await world.look()).books.bank.creditors.find(({ creditorIban }) => creditorIban === customer.iban)?.settledCount ?? 0;
      await eventually('the payment by hand is settled', settled, (count) => count === 1, 60_000, 150);
      await answerParked(world, customer, 'ClearSuspense', 'applied', `${paymentId} on the statement`);
      return { customer, paid: ['250'] };
    },
  },
  {
    title: 'a refused transfer that people give up: moved back to the broker account, the divest request is taken up again and paid once',
    run: async (world) => {
      const customer = await untilInSuspense(world);
      await world.world.moveBack(customer);
      await answerParked(world, customer, 'ClearSuspense', 'rejected', 'the redemption was returned at the broker');
      return { customer, paid: ['250'], movedBack: 1, withdrawals: ['Refused', 'Completed'] };
    },
  },
  {
    title: 'the counter account changes at the bank while the cash-out is on its way: neither account is paid, people decide',
    run: async (world) => {
      const customer = await world.customer({ cash: '1000.00', positions: [] });
      await world.fault('broker', { fault: 'redemption-on-hold', subject: customer.accountNo, delayMs: 8_000, times: 1 });
      await world.app(customer, { action: 'set', amount: '250.00' });
      await world.untilStatus(customer, 'payout', 'ConfirmingCashOut');
      await world.world.bank('POST', `/customers/${customer.externalId}/counter-account`, { iban: NEW_IBAN });
      const held = await world.untilJourney(customer, 'payout', 'is held', (row) => row.held !== null);
      expect(held).toMatchObject({ status: 'TransferringAnew', ended: false });
      expect(held.held).toBe('cash-out done but not sent: the counter account at the bank is another one now');
      await answerParked(world, customer, 'PayCounterAccountAnew', 'rejected', 'the customer has moved to another bank');
      await world.world.moveBack(customer);
      await answerParked(world, customer, 'ClearSuspense', 'rejected', 'the redemption was returned at the broker');
      expect((await world.look()).books.bank.creditors.filter(({ creditorIban }) => creditorIban === NEW_IBAN)).toEqual([]);
      return { customer, paid: [], level: '250', movedBack: 1, withdrawals: ['Refused'] };
    },
  },
  {
    title: 'the customer calls it off while the cash-out is on its way: nothing is paid, and people move the cash back [E2]',
    run: async (world) => {
      const customer = await world.customer({ cash: '1000.00', positions: [] });
      await world.fault('broker', { fault: 'redemption-on-hold', subject: customer.accountNo, delayMs: 8_000, times: 1 });
      await world.app(customer, { action: 'set', amount: '250.00' });
      await world.untilStatus(customer, 'payout', 'ConfirmingCashOut');
      await world.app(customer, { action: 'cancel' });
      const held = await world.untilJourney(customer, 'payout', 'is held', (row) => row.held !== null);
      expect(held).toMatchObject({ status: 'InSuspense', ended: false });
      expect(held.held).toMatch(/the divest request was called off$/);
      await world.world.moveBack(customer);
      await answerParked(world, customer, 'ClearSuspense', 'rejected', 'the redemption was returned at the broker');
      return { customer, paid: [], movedBack: 1, withdrawals: ['Refused'] };
    },
  },
  {
    title: 'somebody else wrote just before us and no event tells what: a person is asked, and a divest request said anew is paid',
    run: async (world) => {
      const customer = await world.customer({ cash: '1000.00', positions: [] });
      const subject = customer.portfolioId;
      await world.fault('investSuite', { fault: 'version-gap', operation: 'patch-portfolio', subject, times: 1, detail: 'settings' });
      await world.app(customer, { action: 'set', amount: '250.00' });
      const review = await world.untilStatus(customer, 'lost-request', 'AwaitingReview');
      expect(review.reason).toMatch(/nothing tells what was asked for/);
      await world.app(customer, { action: 'set', amount: '50.00' });
      return { customer, paid: ['250', '50'] };
    },
  },
  {
    title: 'lost answers of the order, the cash-out and the transfer: each is found by asking, none is sent twice',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.fault('broker', { fault: 'apply-and-cut', operation: 'create-order', subject: customer.accountNo, times: 1 });
      await world.fault('broker', { fault: 'apply-and-cut', operation: 'create-redemption', subject: customer.accountNo, times: 1 });
      await world.fault('bank', { fault: 'apply-and-cut', operation: 'create-payment', subject: customer.iban, times: 1 });
      await world.app(customer, { action: 'set', amount: '900.00' });
      return { customer, paid: ['900'] };
    },
  },
  {
    title: 'the bank sends a settled payment back: it is with an operator, and nothing is paid a second time',
    run: async (world) => {
      const customer = await world.customer({ cash: '1000.00', positions: [] });
      await world.fault('bank', { fault: 'return-after-settled', subject: customer.iban, times: 1, detail: 'AC04' });
      await world.app(customer, { action: 'set', amount: '250.00' });
      const payout = await world.untilStatus(customer, 'payout', 'Returned');
      expect(payout).toMatchObject({ ended: false, waitsFor: 'an operator: the bank returned the payment' });
      expect(payout.reason).toMatch(/^the bank sent the payment back: /);
      return { customer, paid: ['250'], returned: 1, withdrawals: ['Returned'] };
    },
  },
  {
    title: 'an optimisation that is told again, as another event, places no second order',
    run: async (world) => {
      const customer = await world.customer({ cash: '100.00', positions: SHARES });
      await world.app(customer, { action: 'set', amount: '900.00' });
      await world.untilStatus(customer, 'withdrawal', 'Completed');
      const placed = await ordersOf(world, customer);
      expect(placed).toBeGreaterThan(0);
      for (const id of await tellOptimisationsAgain(world, customer)) await handled(world, 'rebalancing', `investsuite:${id}`);
      expect(await ordersOf(world, customer)).toBe(placed);
      return { customer, paid: ['900'] };
    },
  },
];

const ordersOf = async (world: JourneyWorld, customer: Customer): Promise<number> =>
  (await world.look()).books.broker.accounts.find((one) => one.accountNo === customer.accountNo)?.orders.placed ?? 0;

/** Sends each optimisation event that was taken in once more, under a new id: it cannot be found by its id. */
const tellOptimisationsAgain = async (world: JourneyWorld, customer: Customer): Promise<readonly string[]> => {
  const { rows } = await world.pool.query<{ value: string }>(
    `select value from rebalancing.inbox where topic = 'optimisations.status-update' and portfolio_id = $1`,
    [customer.portfolioId],
  );
  expect(rows.length).toBeGreaterThan(0);
  const ids: string[] = [];
  for (const { value } of rows) {
    const { data: taken } = parseJson(world.clear(value)) as { readonly data: { readonly original: { readonly [name: string]: Json } } };
    const id = randomUUID();
    await world.world.investSuite.deliver(`again-${id}`, printJson({ ...taken.original, id }));
    ids.push(id);
  }
  return ids;
};

const handled = (world: JourneyWorld, service: string, eventId: string): Promise<unknown> =>
  eventually(
    `${service} has handled ${eventId}`,
    async () =>
      (await world.pool.query(`select handled_at, note from ${service}.inbox where event_id = $1`, [eventId])).rows[0] as
        { handled_at: Date | null } | undefined,
    (row) => row !== undefined && row.handled_at !== null,
    30_000,
    100,
  );

describe('journeys, each service a process, on real Kafka and Postgres', () => {
  let world: JourneyWorld;
  /** All at once: customers do not wait for each other. */
  const running = new Map<string, Promise<CustomerEnd>>();

  beforeAll(async () => {
    world = await JourneyWorld.start();
    for (const { title, run } of JOURNEYS) {
      const journey = run(world);
      // The test of this title tells it.
      journey.catch(() => undefined);
      running.set(title, journey);
    }
  }, 120_000);
  afterAll(async () => {
    await Promise.allSettled(running.values());
    await world.stop();
  }, 120_000);

  it.each(JOURNEYS.map(({ title }) => [title] as const))(
    '%s',
    async (title) => {
      const end = await running.get(title);
      if (end === undefined) throw new Error('no such journey');
      await world.untilBooksAgree([end]);
    },
    120_000,
  );

  it('every fault has struck, and the lost answers were found by asking', async () => {
    expect(await world.faultsThatNeverStruck()).toEqual([]);
    const found = (await world.look()).effects.filter((effect) => effect.note === 'found by inquiry').map((effect) => effect.name);
    expect(found).toEqual(expect.arrayContaining(['PayCounterAccount', 'CreateCashOut', 'PlaceOrder']));
  });

  it('at the end nothing is double, nothing is under way, and every customer still stands where it stood', async () => {
    const ends = await Promise.all(running.values());
    const snapshot = await world.untilQuiet();
    expect(differencesAtLast(snapshot)).toEqual([]);
    await world.untilBooksAgree(ends, 5_000);
  }, 120_000);
});
