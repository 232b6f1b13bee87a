/** Whether the database takes a write of ours now. After a failover it may answer every question and refuse every write. */
import { DatabaseError, type Pool } from 'pg';
import { NotReady } from '../http/server.js';

/** Who asks more often hears the same answer: readiness is open to everybody, and each write costs the database a commit. */
const ONE_ANSWER_FOR_MS = 1_000;

const WRITE = 'insert into write_check (only_row, at) values (true, now()) on conflict (only_row) do update set at = excluded.at';

const write = async (pool: Pick<Pool, 'query'>): Promise<void> => {
  try {
    await pool.query(WRITE);
  } catch (error) {
    if (error instanceof DatabaseError) throw new NotReady(`Postgres refuses to write: SQLSTATE ${error.code ?? 'unknown'}`);
    throw error;
  }
};

/**
 * A check that writes one row of our own, always the same one. At most one write is under way, and its answer counts for a second.
 * @throws NotReady when the database refuses; the driver's own error when it cannot be reached.
 */
export const writeCheck = (pool: Pick<Pool, 'query'>, monotonicMs: () => number = () => performance.now()): (() => Promise<void>) => {
  let underWay: Promise<void> | null = null;
  let last: { readonly answer: Promise<void>; readonly untilMs: number } | null = null;
  return () => {
    if (underWay !== null) return underWay;
    if (last !== null && monotonicMs() < last.untilMs) return last.answer;
    const answer = write(pool);
    underWay = answer;
    const done = (): void => {
      underWay = null;
      last = { answer, untilMs: monotonicMs() + ONE_ANSWER_FOR_MS };
    };
    answer.then(done, done);
    return answer;
  };
};
