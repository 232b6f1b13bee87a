import { Client, DatabaseError, Pool, types, type ClientConfig, type PoolConfig } from 'pg';
import { Bug } from '../../kernel/bug.js';
import type { TlsMaterial, TlsNow } from '../../kernel/tls.js';
import { databaseAddressOf } from './database-url.js';

// int8 is a bigint of theirs and text for us: amounts and offsets never become floats.
types.setTypeParser(types.builtins.DATE, (text) => text);

/** Where the database is, and how we speak with it. */
export type DatabaseReached = {
  readonly url: string;
  /** Absent: without TLS. */
  readonly tls?: TlsNow;
};
export type DatabaseOptions = DatabaseReached & {
  /** One schema and one role per service: the connection sees nothing else. */
  readonly schema: string;
  /** Taken on at connection time; null keeps the login role. */
  readonly role: string | null;
  readonly applicationName: string;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  /** Default 5 s. */
  readonly connectTimeoutMs?: number;
};

/**
 * The planner is pinned on these connections: statistics of a fresh table flip it to hash joins or sequential scans, which
 * was measured at three to six times the processor time. A row looked at counts a hundred times what it does by default: rows are then looked up by their
 * index, each of a batch, even where statistics say that a table is all but empty. It may hold a backlog long before they are renewed.
 */
const startOptions = (options: DatabaseOptions): string =>
  [
    `-c search_path=${options.schema}`,
    ...(options.role === null ? [] : [`-c role=${options.role}`]),
    '-c enable_hashjoin=off',
    '-c enable_mergejoin=off',
    '-c enable_seqscan=off',
    '-c cpu_tuple_cost=1',
    '-c jit=off',
    '-c plan_cache_mode=force_generic_plan',
    `-c statement_timeout=${String(options.statementTimeoutMs)}`,
    '-c lock_timeout=10000',
    '-c idle_in_transaction_session_timeout=15000',
  ].join(' ');

/** Asked for at each connection, so that a certificate that has changed is used by the next one. */
const sslOf = (tls: TlsNow): ClientConfig['ssl'] => {
  const part = (name: keyof TlsMaterial): PropertyDescriptor => ({ get: () => tls()[name], enumerable: true, configurable: true });
  return Object.defineProperties({ rejectUnauthorized: true }, { ca: part('ca'), cert: part('cert'), key: part('key') });
};

/** Place, login and TLS. Nothing else of the address is taken, so that nothing in it wins over ours. */
export const placeOf = ({ url, tls }: DatabaseReached): ClientConfig => {
  const { host, port, user, password, database } = databaseAddressOf(url);
  return {
    ...{ host, port, ssl: tls === undefined ? false : sslOf(tls) },
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
  };
};

const connection = (options: DatabaseOptions): PoolConfig => ({
  ...placeOf(options),
  options: startOptions(options),
  application_name: options.applicationName,
  keepAlive: true,
  keepAliveInitialDelayMillis: 2_000,
  connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
  // The server's own limit comes first; this one ends waiting on a line that went silent.
  query_timeout: options.statementTimeoutMs + 2_000,
});

export const openPool = (options: DatabaseOptions, onError: (error: Error) => void): Pool => {
  const pool = new Pool({ ...connection(options), max: options.maxConnections, idleTimeoutMillis: 30_000 });
  // An idle connection that breaks must not end the process.
  pool.on('error', onError);
  return pool;
};

/** A connection of its own, straight to Postgres: it holds the owner's advisory lock. */
export const openClient = async (options: DatabaseOptions): Promise<Client> => {
  const client = new Client(connection(options));
  await client.connect();
  return client;
};

const MOST_APART_MS = 30_000;

/**
 * Null while our clock and the database's agree. What is due is written by ours and looked for by the database's, so that a clock that is ahead
 * puts off work and alarms alike; and "absent" is believed by it. One clock that is wrong for a moment is enough.
 */
export const clockProblem = async (pool: Pool, nowMs: () => number = Date.now): Promise<string | null> => {
  const beforeMs = nowMs();
  const { rows } = await pool.query<{ ms: string }>('select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms');
  const databaseMs = Number(rows[0]?.ms);
  const apartMs = Math.max(beforeMs - databaseMs, databaseMs - nowMs());
  return apartMs <= MOST_APART_MS
    ? null
    : `the clocks of this machine and of the database are ${String(Math.round(apartMs / 1_000))} s apart`;
};

/**
 * The SQLSTATEs that speak about what was to be written, and not about the database or our login there. The classes stand in appendix A of
 * the manual of Postgres. Class 21: two rows of one statement are the same. Class 22: a value. Class 23: a constraint. Class 44: the condition of a view.
 * Of class 54 only 54000, a row too large for its index. Of class P0 only P0001, a trigger of ours that refuses. CMW are our own.
 * Not 42: a missing table, column or right is a mistake of ours or of an administrator, and every row would meet it.
 */
const OF_A_ROW = /^(21|22|23|44)|^(54000|P0001)$|^CMW/;

/** Mistakes of our own code while it prepares a statement: the next try would make them again. */
const isOwnMistake = (error: Error): boolean =>
  error instanceof Bug || error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;

/**
 * True when the error says something about what was to be written. Only then may a row be blamed. Everything else says nothing about it, and
 * the same may be tried again: read only, shutting down, out of space, a login or a right that is gone, a line that is cut.
 */
export const isOfRow = (error: unknown): boolean => {
  if (!(error instanceof Error)) return true;
  if (error instanceof DatabaseError) return OF_A_ROW.test(error.code ?? '');
  return isOwnMistake(error);
};

/** True when the error says nothing about what was to be written: the same may be tried again. */
export const isAway = (error: unknown): boolean => !isOfRow(error);
