import type { Pool, PoolClient, QueryResultRow } from 'pg';
import type { Opening } from './opening.js';
import { parseJson, type Json } from '../../../../shared/kernel/json.js';

export type Queryable = Pick<Pool | PoolClient, 'query'>;
/** With what opens the sealed members of rows. */
export type Opened = { readonly from: Queryable; readonly opening: Opening };

export const rowsOf = async <R extends QueryResultRow>(from: Queryable, text: string, values: readonly unknown[]): Promise<R[]> =>
  (await from.query<R>(text, [...values])).rows;

/** Milliseconds are what we show: `at` of the database has more. */
export const iso = (at: Date): string => at.toISOString();
export const isoOrNull = (at: Date | null): string | null => (at === null ? null : at.toISOString());

/** jsonb comes as text, so that numbers keep their digits. */
export const jsonOf = (text: string | null): Json => (text === null ? null : parseJson(text));

/** The first `limit`; the statement asked for one more. */
export const pageOf = <T>(items: readonly T[], limit: number): { readonly items: readonly T[]; readonly more: boolean } => ({
  items: items.slice(0, limit),
  more: items.length > limit,
});
