import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { isoOf } from '../../../../shared/kernel/instant.js';
import type { Printable } from '../../../../shared/kernel/json.js';
import { printJson } from '../../../../shared/kernel/json.js';
import { EMPTY_CHAIN, FIRST_PREVIOUS, hashOfLine, verifyNext, type Sha256 } from '../decide/audit-chain.js';
import type { AuditLine, AuditVerdict } from '../decide/operator.js';
import { iso, jsonOf, rowsOf, type Queryable } from './rows.js';

export const sha256: Sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** Any fixed number: one writer of the log at a time, so that no number is left out. */
const LOCK = 7_215_003;
const VERIFY_PAGE = 1_000;

export type NewLine = {
  readonly who: string;
  readonly what: string;
  readonly target: string;
  readonly details: { readonly [key: string]: Printable };
};

/** Writes to the log; lives as long as its transaction. */
export type AuditWriter = (line: NewLine) => Promise<void>;

const writerOf =
  (client: PoolClient, nowMs: () => number): AuditWriter =>
  async ({ who, what, target, details }) => {
    const [last] = await rowsOf<{ seq: string; hash: string }>(
      client,
      'select seq, hash from operator.audit order by seq desc limit 1',
      [],
    );
    const line = {
      seq: Number(last?.seq ?? 0) + 1,
      at: isoOf(nowMs()),
      who,
      what,
      target,
      details,
      previous: last?.hash ?? FIRST_PREVIOUS,
    };
    await client.query(
      'insert into operator.audit (seq, at, who, what, target, details, previous, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)',
      [line.seq, line.at, who, what, target, printJson(details), line.previous, hashOfLine(line, sha256)],
    );
  };

/** One transaction that may write to the log. The log's lock comes first, so that two acts cannot wait for one another. */
export const audited = async <T>(
  pool: Pool,
  nowMs: () => number,
  work: (client: PoolClient, audit: AuditWriter) => Promise<T>,
): Promise<T> => {
  const client = await pool.connect();
  let broken = false;
  // Out of the pool nobody else listens: a connection that breaks in mid-act would end the process.
  const onBroken = (): void => {
    broken = true;
  };
  client.on('error', onBroken);
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const result = await work(client, writerOf(client, nowMs));
    await client.query('commit');
    return result;
  } catch (error) {
    // A line that cannot even roll back is closed; the server rolls back by itself.
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.off('error', onBroken);
    client.release(broken);
  }
};

export const auditLines = async (from: Queryable, after: number, limit: number): Promise<readonly AuditLine[]> => {
  type Row = { seq: string; at: Date; who: string; what: string; target: string; details: string; previous: string; hash: string };
  const rows = await rowsOf<Row>(
    from,
    'select seq, at, who, what, target, details::text as details, previous, hash from operator.audit where seq > $1 order by seq limit $2',
    [after, limit],
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq), at: iso(row.at), details: jsonOf(row.details) }));
};

export const verifyAudit = async (from: Queryable): Promise<AuditVerdict> => {
  let verdict: AuditVerdict = { whole: true, ...EMPTY_CHAIN };
  let after = -1;
  for (;;) {
    const lines = await auditLines(from, after, VERIFY_PAGE);
    const last = lines.at(-1);
    if (last === undefined) return verdict;
    verdict = verifyNext(verdict, lines, sha256);
    if (!verdict.whole) return verdict;
    after = last.seq;
  }
};
