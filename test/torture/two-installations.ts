/**
 * Two installations on the same outside, one of them by mistake: a recovery site, or a test with the credentials of production. Each has a
 * Postgres, a Kafka and signing keys of its own. The first one hears the webhooks; the second one finds the divest requests by the clock.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { z } from 'zod';
import { createPrng } from '../simulators/shared/prng.js';
import type { Facts } from '../world/facts.js';
import { labelOf } from '../world/mix.js';
import { createOperatorClient } from '../world/operator-client.js';
import { startStack, type Stack } from '../world/stack.js';
import { World, type Customer } from '../world/world.js';
import { countsOf, judgeTwo, type CustomerBetweenTwo, type CustomerOutside, type TwoInstallationsCounts } from './one-outside.js';
import type { Watcher } from './run.js';

export interface TwoInstallationsOptions {
  readonly customers: number;
  readonly seed: number;
  readonly keep: boolean;
}
export interface TwoInstallationsResult {
  readonly counts: TwoInstallationsCounts;
  readonly customers: readonly CustomerBetweenTwo[];
  readonly good: boolean;
}

/** The second one looks every five seconds (the demo's tenant says so). */
const LOOK_BY_CLOCK_MS = 5_000;
/** Customers who ask before one look by the clock. */
const PER_LOOK = 4;
/**
 * Every other customer asks right before it, and the request for a cash-out travels for a while. Both installations have looked, and neither
 * cash-out is there yet. The others ask earlier, and the cash-out of the first one stands there when the second one looks.
 */
const ASKS_BEFORE_MS = { atTheSameTime: 250, onTheWay: 3_000 } as const;
const CASH_OUT_TRAVELS_MS = 700;
const isAtTheSameTime = ({ number }: Pick<Customer, 'number'>): boolean => number % 2 === 0;
const LOOK_EVERY_MS = 500;
/** The books have to stand still over two looks by the clock. */
const CALM_MS = 2 * LOOK_BY_CLOCK_MS + 2_000;
const QUIET_WITHIN_MS = 150_000;
const CASH = '1000.00';
const ASKED = '250.00';

const brokerBooks = z.object({
  redemptions: z.array(z.object({ accountNo: z.string(), redemptionId: z.string(), status: z.string() })),
});

const installations = async ({ seed, keep }: TwoInstallationsOptions, say: Watcher['say']): Promise<readonly [Stack, Stack]> => {
  // Cash-outs and payments that take a while: the other one comes in between, and the level is still what was asked for.
  const first = await startStack({
    ...{ seed, keep },
    simulators: { REDEMPTION_MS: '1200', STATUS_MS: '4000' },
    tenant: { pendingWithdrawalsSchedule: null },
    say: (line) => {
      say(`first installation: ${line}`);
    },
  });
  try {
    const second = await startStack({
      ...{ seed, keep, outside: first.outside },
      say: (line) => {
        say(`second installation: ${line}`);
      },
    });
    return [first, second];
  } catch (error) {
    await first.stop();
    throw error;
  }
};

/** What the outside says of each customer. */
const outsideOf = async (world: World, customers: readonly Customer[]): Promise<readonly CustomerOutside[]> => {
  const [{ bank }, broker] = await Promise.all([world.books(), world.broker('GET', '/books')]);
  const { redemptions } = brokerBooks.parse(broker);
  return customers.map(({ number, portfolioId, accountNo, iban }) => {
    // A line for each status: the last one of a cash-out counts.
    const statuses = new Map(redemptions.filter((one) => one.accountNo === accountNo).map((one) => [one.redemptionId, one.status]));
    return {
      ...{ number, portfolioId },
      payments: bank.creditors.find((one) => one.creditorIban === iban)?.settledCount ?? 0,
      cashOutIds: [...statuses].filter(([, status]) => status !== 'FAILED').map(([id]) => id),
    };
  });
};

const ask = async (world: World, customers: readonly Customer[], seed: number, stopped: AbortSignal): Promise<void> => {
  // Each wait of a customer listens.
  setMaxListeners(0, stopped);
  const prng = createPrng(seed).fork('two installations');
  // The first look is two of them away, so that nobody is late.
  const firstLookMs = (Math.floor(Date.now() / LOOK_BY_CLOCK_MS) + 2) * LOOK_BY_CLOCK_MS;
  await Promise.all(
    customers.map(async ({ portfolioId, number }, index) => {
      const lookMs = firstLookMs + Math.floor(index / PER_LOOK) * LOOK_BY_CLOCK_MS;
      const beforeMs = prng.below(isAtTheSameTime({ number }) ? ASKS_BEFORE_MS.atTheSameTime : ASKS_BEFORE_MS.onTheWay);
      await pauseMs(lookMs - beforeMs - Date.now(), undefined, { signal: stopped }).catch(() => undefined);
      if (!stopped.aborted) await world.investSuite.actAsApp(portfolioId, { action: 'set', amount: ASKED });
    }),
  );
};

type Look = { readonly judged: readonly CustomerBetweenTwo[]; readonly facts: readonly Facts[] };

/** Until nothing changes any more and everybody is paid or on hold, or the deadline. */
const untilStill = async (look: () => Promise<Look>, watcher: Watcher): Promise<Look> => {
  const deadlineMs = Date.now() + QUIET_WITHIN_MS;
  let seen = '';
  let sinceMs = Date.now();
  for (;;) {
    const found = await look();
    const now = JSON.stringify([found.judged, found.facts.map(({ journeys }) => journeys.map(({ id, status }) => [id, status]))]);
    if (now !== seen) [seen, sinceMs] = [now, Date.now()];
    const isOver = found.judged.every(({ payments, held }) => payments > 0 || held.length > 0);
    watcher.progress(`${found.judged.filter(({ payments }) => payments > 0).length} of ${found.judged.length} customers are paid`);
    if ((isOver && Date.now() - sinceMs > CALM_MS) || Date.now() > deadlineMs || watcher.interrupted.aborted) return found;
    await pauseMs(LOOK_EVERY_MS);
  }
};

/** null: interrupted. */
export const twoInstallations = async (options: TwoInstallationsOptions, watcher: Watcher): Promise<TwoInstallationsResult | null> => {
  const { customers: count, seed } = options;
  const both = await installations(options, watcher.say);
  try {
    const [first] = both;
    const world = new World(first);
    await world.prepare();
    const customers: Customer[] = [];
    for (let number = 1; number <= count; number++) customers.push(await world.createCustomer({ number, cash: CASH, positions: [] }));
    for (const { accountNo } of customers.filter(isAtTheSameTime))
      await world.switchFault('broker', {
        ...{ fault: 'apply-late', operation: 'create-redemption', subject: accountNo, delayMs: CASH_OUT_TRAVELS_MS },
      });
    watcher.say(`${count} customers ask for cash, ${PER_LOOK} right before each look of the second installation`);
    await ask(world, customers, seed, watcher.interrupted);
    const operators = both.map(({ urls, operators: { anna } }) => createOperatorClient(urls.operator, anna));
    const { judged } = await untilStill(async () => {
      // What the two say first, then the books: what has ended for them must show there.
      const facts = await Promise.all(operators.map((one) => one.facts()));
      return { facts, judged: judgeTwo(await outsideOf(world, customers), facts) };
    }, watcher);
    if (watcher.interrupted.aborted) return null;
    return { counts: countsOf(judged), customers: judged, good: judged.every(({ problems }) => problems.length === 0) };
  } finally {
    await Promise.all(both.map((one) => one.stop()));
  }
};

export const twoInstallationsLines = ({ counts, customers, good }: TwoInstallationsResult): readonly string[] => [
  `${customers.length} customers, each asked for by both installations or by one:`,
  `  paid twice             ${counts.paidTwice}`,
  `  paid once              ${counts.paidOnce}`,
  `  on hold in one         ${counts.heldByOne}`,
  `  on hold in both        ${counts.heldByBoth}`,
  `  second cash-outs       ${counts.secondCashOuts}, of them on hold and listed ${counts.secondCashOutsHeld}`,
  ...customers.filter(({ problems }) => problems.length > 0).map(({ number, problems }) => `  ${labelOf(number)}: ${problems.join('; ')}`),
  good ? 'Nobody is paid twice, and whatever stands still says why.' : 'The books do NOT agree.',
];
