/**
 * The whole journey of a withdrawal over all processes, on real Kafka and Postgres, with the outside world simulated: from the customer's
 * divest request in the app to money on the counter account, booked and announced. So many journeys are under way at all times; who is done is
 * followed by the next. Measured in the middle, while all of them are.
 */
import { engineSchemaNames } from '../../contracts/internal/services.js';
import { Pool } from 'pg';
import { eventually } from '../support/eventually.js';
import { moneyDifferences } from '../world/customer-end.js';
import { MONEY_SERVICES } from '../world/journey-world.js';
import { startStack, type Stack } from '../world/stack.js';
import { doublesIn } from '../world/verdict.js';
import { World, type Customer } from '../world/world.js';
import {
  median,
  perSecond,
  quantile,
  startCpu,
  type Bench,
  type BenchContext,
  type CpuMs,
  type Figure,
  type ProcessKinds,
} from './measure.js';
import { payWithoutDurability } from './without-durability.js';

type Shape = {
  readonly name: string;
  readonly customers: number;
  readonly inFlight: number;
  readonly holds: { readonly cash: string; readonly positions: readonly { readonly isin: string; readonly units: string }[] };
  readonly asks: string;
};
const LOOK_EVERY_MS = 100;
const CREATE_AT_ONCE = 16;
const SILENCE_MS = 30_000;
const BOOKS_WITHIN_MS = 30_000;
const BOOKS_EVERY_MS = 500;

const shapes = (quick: boolean): readonly Shape[] => [
  {
    name: 'cash is there',
    customers: quick ? 300 : 1_500,
    inFlight: 150,
    holds: { cash: '1000.00', positions: [] },
    asks: '125.50',
  },
  {
    name: 'with a sale',
    customers: quick ? 200 : 800,
    inFlight: 150,
    holds: { cash: '10.00', positions: [{ isin: 'US0378331005', units: '20' }] },
    asks: '1100.00',
  },
];

const enter = async (context: BenchContext, world: World, shape: Shape, firstNumber: number): Promise<Customer[]> => {
  const customers: Customer[] = [];
  for (let from = 0; from < shape.customers; from += CREATE_AT_ONCE) {
    const count = Math.min(CREATE_AT_ONCE, shape.customers - from);
    const made = Array.from({ length: count }, (_, index) => world.createCustomer({ ...shape.holds, number: firstNumber + from + index }));
    customers.push(...(await Promise.all(made)));
    if (from % (CREATE_AT_ONCE * 25) === 0) context.progress(`${shape.name}: ${customers.length} of ${shape.customers} customers`);
  }
  return customers;
};

/** Portfolios whose withdrawal is over, all of them so far. Read from the owner's side: it costs the services nothing. */
const completed = async (pool: Pool, since: Date): Promise<{ readonly portfolioId: string; readonly at: Date }[]> => {
  const { rows } = await pool.query<{ portfolio_id: string; since: Date }>(
    `select portfolio_id, since from withdrawal.journey where ended and since > $1`,
    [since],
  );
  return rows.map((row) => ({ portfolioId: row.portfolio_id, at: row.since }));
};

/** For the message of a run that has come to a halt. */
const whereTheyAre = async (pool: Pool): Promise<string> => {
  const journeys = engineSchemaNames
    .map((one) => `select flow, status, held, waits_for from ${one}.journey where not ended`)
    .join(' union all ');
  const effects = engineSchemaNames
    .map((one) => `select name, status, note, due_at from ${one}.effect where status not in ('applied', 'rejected')`)
    .join(' union all ');
  const quarantined = engineSchemaNames.map((one) => `select reason from ${one}.quarantine`).join(' union all ');
  const { rows } = await pool.query<{ line: string }>(
    `select concat_ws(' ', count(*), flow, status, held, waits_for) as line from (${journeys}) j group by flow, status, held, waits_for
     union all select concat_ws(' ', count(*), name, status, note, 'due in s:', min(extract(epoch from due_at - now()))::int) from (${effects}) e group by name, status, note
     union all select concat_ws(' ', count(*), 'quarantined:', reason) from (${quarantined}) q group by reason`,
  );
  return rows.map(({ line }) => `  ${line}`).join('\n');
};

type Window = { readonly journeys: number; readonly durationMs: number; readonly cpu: CpuMs };
type Driven = { readonly window: Window; readonly toPaidMs: readonly number[]; readonly asked: readonly Customer[] };

/** The window begins when so many are done, for at first everything is cold; it ends when nobody follows any more. */
const WARM_SHARE = 0.15;
const WARM_MS = 8_000;
/** Nobody asks after this long, whatever the machine: the rest of the customers stay at home. */
const ASK_MS = 32_000;

class Drive {
  readonly #world: World;
  readonly #pool: Pool;
  readonly #shape: Shape;
  readonly #kinds: ProcessKinds;
  readonly #askedAtMs = new Map<string, number>();
  readonly #done = new Set<string>();
  readonly #startedAtMs = performance.now();
  #opened: { readonly atMs: number; readonly done: number; readonly cpu: () => CpuMs } | null = null;
  #window: Window | null = null;

  constructor(world: World, pool: Pool, shape: Shape, kinds: ProcessKinds) {
    this.#world = world;
    this.#pool = pool;
    this.#shape = shape;
    this.#kinds = kinds;
  }

  async run(context: BenchContext, customers: readonly Customer[]): Promise<Driven> {
    const waiting = [...customers].reverse();
    let lastNewsAtMs = Date.now();
    let shownAtMs = 0;
    const startedAt = new Date(Date.now() - 1_000);
    const lastAskAtMs = performance.now() + ASK_MS;
    while (waiting.length > 0 || this.#done.size < this.#askedAtMs.size) {
      if (performance.now() > lastAskAtMs) waiting.length = 0;
      await this.#ask(waiting);
      this.#mark(waiting.length);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const before = this.#done.size;
      for (const { portfolioId } of await completed(this.#pool, startedAt))
        if (this.#askedAtMs.has(portfolioId)) this.#done.add(portfolioId);
      if (this.#done.size > before) lastNewsAtMs = Date.now();
      if (Date.now() - lastNewsAtMs > SILENCE_MS)
        throw new Error(`${this.#done.size} of ${this.#askedAtMs.size} are done, and nothing moves:\n${await whereTheyAre(this.#pool)}`);
      if (Date.now() - shownAtMs > 5_000) {
        shownAtMs = Date.now();
        context.progress(`${this.#shape.name}: ${this.#done.size} of ${this.#askedAtMs.size} paid, booked and announced`);
      }
    }
    if (this.#window === null || this.#window.journeys === 0) throw new Error('too few journeys for a steady state');
    const asked = customers.filter(({ portfolioId }) => this.#askedAtMs.has(portfolioId));
    return { window: this.#window, toPaidMs: await this.#toPaid(), asked };
  }

  async #ask(waiting: Customer[]): Promise<void> {
    const free = this.#shape.inFlight - (this.#askedAtMs.size - this.#done.size);
    const next = waiting.splice(Math.max(0, waiting.length - free));
    await Promise.all(
      next.map(({ portfolioId }) => {
        this.#askedAtMs.set(portfolioId, Date.now());
        return this.#world.investSuite.actAsApp(portfolioId, { action: 'set', amount: this.#shape.asks });
      }),
    );
  }

  #mark(waiting: number): void {
    const done = this.#done.size;
    const isWarm = done >= WARM_SHARE * this.#shape.customers || (done > 0 && performance.now() - this.#startedAtMs > WARM_MS);
    if (this.#opened === null && isWarm) this.#opened = { atMs: performance.now(), done, cpu: startCpu(this.#kinds) };
    if (this.#opened !== null && this.#window === null && waiting === 0)
      this.#window = { journeys: done - this.#opened.done, durationMs: performance.now() - this.#opened.atMs, cpu: this.#opened.cpu() };
  }

  /** From the divest request in the app to the bank's word that the money is there, as the payout has written it down. */
  async #toPaid(): Promise<number[]> {
    const { rows } = await this.#pool.query<{ portfolio_id: string; at: Date }>(
      `select j.portfolio_id, h.at from payout.history h join payout.journey j on j.id = h.journey_id where h.status = 'Paid'`,
    );
    return rows.flatMap(({ portfolio_id: portfolioId, at }) => {
      const askedAtMs = this.#askedAtMs.get(portfolioId);
      return askedAtMs === undefined ? [] : [at.getTime() - askedAtMs];
    });
  }
}

/** Speed without this is worth nothing: everybody is paid, once, and bank, broker and InvestSuite agree on it. */
const checkBooks = async (world: World, customers: readonly Customer[], asks: string): Promise<void> => {
  const wrong = async (): Promise<readonly string[]> => {
    const books = await world.books();
    const ends = customers.flatMap((customer) =>
      moneyDifferences(books, { customer, paid: [asks] }).map((line) => `customer ${String(customer.number)}: ${line}`),
    );
    return [...doublesIn(books), ...ends];
  };
  // The last orders may still be settling after their withdrawal has come to its end.
  await eventually('the books agree', wrong, (found) => found.length === 0, BOOKS_WITHIN_MS, BOOKS_EVERY_MS);
};

const kindsOf = (stack: Stack): ProcessKinds => ({
  services: () => [...stack.services.values()].map(({ pid }) => pid),
  simulators: () => stack.simulators.map(({ pid }) => pid),
  postgres: () => [stack.postgres.pid],
  kafka: () => stack.kafka.pids,
  ...Object.fromEntries([...stack.services].map(([name, { pid }]) => [`service ${name}`, () => [pid]])),
});

const figuresOf = (shape: Shape, { window, toPaidMs }: Driven): { figures: Figure[]; note: string } => {
  const { cpu, journeys, durationMs } = window;
  const ms = (kind: string): number => (cpu[kind] ?? Number.NaN) / journeys;
  const speed = perSecond(journeys, durationMs);
  const ours = ms('services') + ms('postgres');
  const named = (figure: string): string => `${shape.name}: ${figure}`;
  const shares = ['services', 'postgres', 'kafka', 'simulators', 'bench'].map((kind) => `${kind} ${ms(kind).toFixed(1)}`).join(', ');
  const each = MONEY_SERVICES.map((name) => `${name} ${ms(`service ${name}`).toFixed(1)}`).join(', ');
  return {
    figures: [
      { name: named('journeys, whole machine'), value: speed, unit: 'journeys/s' },
      {
        name: named('journeys per vCPU of services and Postgres'),
        value: 1_000 / ours,
        unit: 'journeys/s',
        goal: { atLeast: 100 },
        note: 'per second of processor time of all services and Postgres together: what a vCPU of theirs carries. The broker of Kafka and the simulated outside share this machine, but would not share that vCPU',
      },
      { name: named('with Kafka counted in'), value: 1_000 / (ours + ms('kafka')), unit: 'journeys/s' },
      { name: named('p50 to paid'), value: median(toPaidMs), unit: 'ms' },
      { name: named('p99 to paid'), value: quantile(toPaidMs, 0.99), unit: 'ms' },
    ],
    note: `${shape.name}: ${journeys} journeys in ${(durationMs / 1_000).toFixed(1)} s with ${shape.inFlight} under way; processor ms per journey: ${shares}; of the services: ${each}`,
  };
};

const run: Bench['run'] = async (context) => {
  const stack = await startStack({
    seed: 1,
    say: context.progress,
    services: MONEY_SERVICES,
    tenant: { pendingWithdrawalsSchedule: null },
  });
  context.atEnd(() => stack.stop());
  const world = new World(stack);
  await world.prepare();
  const pool = new Pool({ connectionString: stack.postgres.url, max: 2 });
  context.atEnd(() => pool.end());
  const figures: Figure[] = [];
  const notes: string[] = [];
  let next = 1;
  for (const shape of shapes(context.quick)) {
    const customers = await enter(context, world, shape, next);
    next += shape.customers;
    const driven = await new Drive(world, pool, shape, kindsOf(stack)).run(context, customers);
    await checkBooks(world, driven.asked, shape.asks);
    const found = figuresOf(shape, driven);
    figures.push(...found.figures);
    notes.push(found.note);
  }
  const [cash] = shapes(context.quick);
  if (cash === undefined) throw new Error('there is no shape to compare with');
  const bare: Shape = { ...cash, name: 'without durability', customers: Math.ceil(cash.customers / 4) };
  const customers = await enter(context, world, bare, next);
  context.progress('the same outside calls without durability');
  const floor = await payWithoutDurability(stack, customers, cash.asks, cash.inFlight);
  notes.push(`without durability: ${customers.length} journeys; processor ms per journey: ${floor.benchMs.toFixed(1)}`);
  const [speed, perCpu, ...rest] = figures;
  if (speed === undefined || perCpu === undefined) throw new Error('nothing was measured');
  const name = 'the same outside calls by the same adapters in one process: nothing stored, no Kafka, no webhooks';
  return {
    figures: [
      { ...speed, floor: { name, value: floor.perSecond, unit: 'journeys/s' } },
      { ...perCpu, floor: { name, value: 1_000 / floor.benchMs, unit: 'journeys/s' } },
      ...rest,
    ],
    notes,
  };
};

export const withdrawal: Bench = { name: 'withdrawal', does: 'the whole journey over all processes, with and without a sale', run };
