/** `public.stop_act` on a connection of its own, so that no other work of the service delays a read. */
import { openClient, type DatabaseOptions } from '../postgres/database.js';
import type { StopAct } from './stop-acts.js';
import type { StopTable } from './stop-watch.js';

/** A read that takes longer is given up: the lease is nearly over by then. */
const READ_TIMEOUT_MS = 400;
const CONNECT_TIMEOUT_MS = 1_000;

type Row = {
  readonly until: string;
  readonly seq: string | null;
  readonly act_id: string;
  readonly does: StopAct['does'];
  readonly scope: string;
  readonly ends: readonly string[];
  readonly why: string;
  readonly made_by: string;
  readonly signature: string;
  readonly approved_by: string | null;
  readonly approval: string | null;
  readonly at_ms: string;
};

/**
 * A row that a read has not seen is of a transaction that had not ended then. So it is not older than the oldest one that ran.
 * The numbers of rows do not say this: a smaller one may become visible later.
 */
const READ = `
  select now_at.until, a.seq, a.act_id, a.does, a.scope, a.ends, a.why, a.made_by, a.signature, a.approved_by, a.approval,
    (extract(epoch from a.at) * 1000)::bigint as at_ms
  from (select pg_snapshot_xmin(pg_current_snapshot())::text as until) now_at
    left join public.stop_act a on a.written_by >= $1::text::xid8
  order by a.seq`;

export const stopActOf = (row: Omit<Row, 'until'>): StopAct => ({
  seq: row.seq ?? '',
  actId: row.act_id,
  does: row.does,
  scope: row.scope,
  ends: row.ends,
  why: row.why,
  by: { name: row.made_by, signature: row.signature },
  approvedBy: row.approved_by === null || row.approval === null ? null : { name: row.approved_by, signature: row.approval },
  atMs: Number(row.at_ms),
});

export const connectStops = async (options: DatabaseOptions): Promise<StopTable> => {
  const client = await openClient({ ...options, statementTimeoutMs: READ_TIMEOUT_MS, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  // A line that breaks ends the read with the same error.
  client.on('error', () => undefined);
  return {
    read: async (since) => {
      const { rows } = await client.query<Row>({ name: 'stops', text: READ, values: [since] });
      return { until: rows[0]?.until ?? since, acts: rows.flatMap((row) => (row.seq === null ? [] : [stopActOf(row)])) };
    },
    end: () => client.end(),
  };
};
