import type { Pool, QueryResultRow } from 'pg';
import { isAway } from '../../../../shared/runtime/postgres/database.js';
import type { OwnTablesAnswer } from '../decide/own-tables.js';

export type AskOwnTables = <R extends QueryResultRow, A>(
  text: string,
  values: readonly unknown[],
  answerOf: (rows: readonly R[]) => A,
) => Promise<OwnTablesAnswer<A>>;

/** `away` when the error says nothing about what was asked. @throws any other error: a bug of ours. */
export const askOwnTables =
  (pool: Pick<Pool, 'query'>): AskOwnTables =>
  async (text, values, answerOf) => {
    try {
      return { answer: answerOf((await pool.query(text, [...values])).rows) };
    } catch (error) {
      if (isAway(error)) return { away: `the database did not answer: ${error instanceof Error ? error.message : 'unknown'}` };
      throw error;
    }
  };
