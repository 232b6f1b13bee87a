/** What the engine is held against, in the same run: the same five calls without durability, and with the least durability that means anything. */
import { Pool } from 'pg';
import { bodyOf, type Call } from './five-calls.js';

export const CALLS_PER_JOURNEY = 5;

/** Runs journeys, so many at a time, until `untilMs`; gives the duration of each that started after `fromMs`. */
export type Journey = (wanted: string) => Promise<void>;

/** Nothing is written anywhere: a crash forgets what was paid. */
export const withoutDurability =
  (call: Call): Journey =>
  async (wanted) => {
    for (let n = 1; n <= CALLS_PER_JOURNEY; n++) await call(bodyOf(wanted, `${wanted}:${String(n)}`));
  };

const TABLE = `
drop table if exists minimal_loop;
create table minimal_loop (journey text not null, n int not null, body text not null, primary key (journey, n))`;
const INSERT = 'insert into minimal_loop (journey, n, body) select * from unnest($1::text[], $2::int[], $3::text[])';
const MOST_STATEMENTS = 2;
const MOST_ROWS = 1_000;

type Group = { readonly rows: readonly Row[]; readonly done: () => void; readonly failed: (error: unknown) => void }[];

type Row = { readonly journey: string; readonly n: number; readonly body: string };

/** Rows of many journeys travel in one insert: at most two under way, no timer. */
class GroupCommit {
  readonly #pool: Pool;
  #waiting: Group = [];
  #underWay = 0;
  #pumping = false;
  commits = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  write(rows: readonly Row[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ rows, done, failed });
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      while (this.#underWay < MOST_STATEMENTS && this.#waiting.length > 0) this.#insert(this.#waiting.splice(0, MOST_ROWS));
    });
  }

  #insert(group: Group): void {
    this.#underWay++;
    this.commits++;
    const rows = group.flatMap((one) => one.rows);
    const values = [rows.map((row) => row.journey), rows.map((row) => row.n), rows.map((row) => row.body)];
    void this.#pool
      .query({ name: 'minimal', text: INSERT, values })
      .then(
        () => {
          for (const one of group) one.done();
        },
        (error: unknown) => {
          for (const one of group) one.failed(error);
        },
      )
      .finally(() => {
        this.#underWay--;
        this.#pump();
      });
  }
}

export type MinimalLoop = { readonly journey: Journey; readonly commits: () => number; readonly stop: () => Promise<void> };

/**
 * Group-committed intents and nothing else: the intent of a call is durable before its first byte leaves, its result travels
 * with the next intent. Twelve rows a journey. No recovery, no order, no history, no second copy: a floor, not a product.
 */
export const startMinimalLoop = async (url: string, call: Call): Promise<MinimalLoop> => {
  const pool = new Pool({ connectionString: url, max: 4 });
  await pool.query(TABLE);
  const group = new GroupCommit(pool);
  return {
    commits: () => group.commits,
    journey: async (wanted) => {
      let rows: Row[] = [{ journey: wanted, n: 0, body: wanted }];
      for (let n = 1; n <= CALLS_PER_JOURNEY; n++) {
        const body = bodyOf(wanted, `${wanted}:${String(n)}`);
        await group.write([...rows, { journey: wanted, n: 2 * n - 1, body }]);
        const { id } = await call(body);
        rows = [{ journey: wanted, n: 2 * n, body: id }];
      }
      await group.write([...rows, { journey: wanted, n: 2 * CALLS_PER_JOURNEY + 1, body: 'done' }]);
    },
    stop: async () => {
      await pool.query('drop table minimal_loop');
      await pool.end();
    },
  };
};
