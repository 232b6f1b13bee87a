/** The log of acts. The database writes it, by triggers of its own (migrations/0012-signed-acts.ts); here it is read and judged. */
import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { EMPTY_CHAIN, verifyNext, type ChainEnd, type Sha256, type StoredLine } from '../decide/audit-chain.js';
import type { AuditHead, AuditLine, AuditVerdict, KeptHeads } from '../decide/operator.js';
import { iso, jsonOf, rowsOf, type Opened, type Queryable } from './rows.js';
import { aboutAct, WRITTEN_BY_PEOPLE } from './written-by-people.js';
import { isJsonObject } from '../../../../contracts/tokens.js';
import type { Json } from '../../../../shared/kernel/json.js';

export const sha256: Sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** The same number as in `operator.write_line`: one writer of the log at a time, so that no number is left out. */
const LOCK = 7_215_003;
const VERIFY_PAGE = 1_000;

/** One transaction that the log hears of. The log's lock comes first, so that two acts cannot wait for one another. */
export const loggedTransaction = async <T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> => {
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
    const result = await work(client);
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

type Row = {
  seq: string;
  at: Date;
  exact_at: string;
  who: string;
  what: string;
  target: string;
  details: string;
  previous: string;
  hash: string;
  form: number;
};
const lineOf = (row: Row): StoredLine => ({
  line: {
    seq: Number(row.seq),
    at: iso(row.at),
    who: row.who,
    what: row.what,
    target: row.target,
    details: jsonOf(row.details),
    previous: row.previous,
    hash: row.hash,
  },
  form: row.form,
  exactAt: row.exact_at,
  detailsText: row.details,
});

const storedLines = async (from: Queryable, after: number, limit: number): Promise<readonly StoredLine[]> => {
  const rows = await rowsOf<Row>(
    from,
    `select seq, at, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as exact_at, who, what, target, details::text as details, previous, hash, form
     from operator.audit where seq > $1 order by seq limit $2`,
    [after, limit],
  );
  return rows.map(lineOf);
};

/** For people: what is sealed in a line is opened. Its hash is of the sealed text. */
export const auditLines = async ({ from, opening }: Opened, after: number, limit: number): Promise<readonly AuditLine[]> => {
  const lines = (await storedLines(from, after, limit)).map(({ line }) => line);
  const detailsOf = ({ details }: AuditLine): { readonly [key: string]: Json } => (isJsonObject(details) ? details : {});
  await opening.know(lines.flatMap((line) => WRITTEN_BY_PEOPLE.map((name) => detailsOf(line)[name])));
  return lines.map((line) => {
    const { actId } = detailsOf(line);
    return typeof actId === 'string' ? { ...line, details: opening.members(detailsOf(line), WRITTEN_BY_PEOPLE, aboutAct(actId)) } : line;
  });
};

/** The last line; null while there is none. */
export const auditHead = async (from: Queryable): Promise<AuditHead | null> => {
  const [row] = await rowsOf<{ seq: string; hash: string }>(from, 'select seq, hash from operator.audit order by seq desc limit 1', []);
  return row === undefined ? null : { seq: Number(row.seq), hash: row.hash };
};

type Chain = { readonly end: ChainEnd; readonly broken: AuditVerdict | null };

const verifyChain = async (from: Queryable): Promise<Chain> => {
  let end = EMPTY_CHAIN;
  for (;;) {
    const lines = await storedLines(from, end.lines === 0 ? -1 : end.lines, VERIFY_PAGE);
    if (lines.length === 0) return { end, broken: null };
    const next = verifyNext(end, lines, sha256);
    if (!next.whole) return { end, broken: { ...next, kind: 'tampered' } };
    end = next;
  }
};

/**
 * Acts and lines belong together. Each act has the line of its asking, with the very content. Each approval has a line by the same person,
 * and so has each later step. Each line about an act has its act. Null when all this holds. Lines of the releases before say less: their content is not compared.
 */
const mismatch = async (from: Queryable): Promise<string | null> => {
  const [act] = await rowsOf<{ id: string; problem: string }>(
    from,
    `with line as (select seq, who, what, details ->> 'act' as act, details from operator.audit where details ? 'act')
     select a.id, case
       when asked.seq is null then 'has no line of its asking'
       when asked.who <> a.made_by then 'is not by the person of its line'
       when asked.details ? 'content' and asked.details ->> 'content' <> operator.hash_of_act(a) then 'is not what its line says'
       when a.approved_by is not null and approved.seq is null then 'was approved without a line'
       when a.approved_by is not null and (approved.who <> a.approved_by or approved.details ->> 'approval' is distinct from a.approval) then 'was approved by another person than its line says'
       when a.approved_by is null and approved.seq is not null then 'was approved, and does not say so'
       when a.withdrawn_by is not null and withdrawn.seq is null then 'was withdrawn without a line'
       when a.carried_out_at is not null and done.seq is null then 'was carried out without a line'
       else null end as problem
     from operator.act a
       left join line asked on asked.act = a.id::text and asked.what = 'asked: ' || a.kind
       left join line approved on approved.act = a.id::text and approved.what = 'approved: ' || a.kind
       left join line withdrawn on withdrawn.act = a.id::text and withdrawn.what = 'withdrew: ' || a.kind
       left join line done on done.act = a.id::text and done.what = 'carried out: ' || a.kind
     where case
       when asked.seq is null or asked.who <> a.made_by then true
       when asked.details ? 'content' and asked.details ->> 'content' <> operator.hash_of_act(a) then true
       when (a.approved_by is null) <> (approved.seq is null) then true
       when a.approved_by is not null and (approved.who <> a.approved_by or approved.details ->> 'approval' is distinct from a.approval) then true
       when a.withdrawn_by is not null and withdrawn.seq is null then true
       when a.carried_out_at is not null and done.seq is null then true
       else false end
     order by a.id limit 1`,
    [],
  );
  if (act !== undefined) return `act ${act.id} ${act.problem}`;
  const [line] = await rowsOf<{ seq: string; act: string }>(
    from,
    `select l.seq, l.details ->> 'act' as act from operator.audit l
     where l.details ? 'act' and l.what !~ '^refused' and not exists (select from operator.act a where a.id::text = l.details ->> 'act') order by l.seq limit 1`,
    [],
  );
  return line === undefined ? null : `line ${line.seq} is about act ${line.act}, which is not there`;
};

const NOTICED = 'noticed: the database was restored';
/** The line right behind the last one that came back; it says up to which number lines were lost. */
const RESTORES = `select seq - 1 as after, (details ->> 'lostTo')::bigint as lost_to from operator.audit
  where what = '${NOTICED}' and (details ->> 'restoredAfter')::bigint = seq - 1`;

/** `because`: what speaks for a restore. */
type Contradiction = { readonly kind: 'restored' | 'tampered'; readonly problem: string; readonly because: string };

/** A head that was kept outside says what a line was. Null when every one of them still holds, but for those that a restore has lost and the log says so. */
const contradiction = async (from: Queryable, heads: readonly AuditHead[]): Promise<Contradiction | null> => {
  const wrong = await rowsOf<{ seq: string; is_gone: boolean }>(
    from,
    `with restore as (${RESTORES})
     select head.seq, l.seq is null as is_gone from unnest($1::bigint[], $2::text[]) as head (seq, hash)
     left join operator.audit l on l.seq = head.seq where l.hash is distinct from head.hash
       and not exists (select from restore r where head.seq > r.after and head.seq <= r.lost_to) order by head.seq`,
    [heads.map(({ seq }) => seq), heads.map(({ hash }) => hash)],
  );
  const [first] = wrong;
  const last = wrong.at(-1);
  if (first === undefined || last === undefined) return null;
  // An older copy of the log is its beginning: whole, with every head that it can have.
  if (wrong.every((one) => one.is_gone))
    return {
      kind: 'restored',
      problem: `line ${first.seq} is gone: a head on Kafka names it`,
      because:
        `. All that is there agrees, as after a restore from an older copy; lines up to ${last.seq} are lost. ` +
        'If nobody has restored the database, somebody has cut the log',
    };
  const other = wrong.find((one) => !one.is_gone) ?? first;
  return { kind: 'tampered', problem: `line ${other.seq} is another one than a head on Kafka says`, because: '' };
};

/** Lines that were lost by restores which the log itself tells of. */
const restoresOf = async (from: Queryable): Promise<readonly { readonly after: number; readonly lostTo: number }[]> =>
  (await rowsOf<{ after: string; lost_to: string }>(from, `${RESTORES} order by seq`, [])).map((row) => ({
    after: Number(row.after),
    lostTo: Number(row.lost_to),
  }));

/** Writes into the log that the database is older than the log was, before anything else is written. Does nothing when it is not, or was cut in another way. */
export const noteRestored = async (from: Queryable, heads: readonly AuditHead[]): Promise<boolean> => {
  const found = await contradiction(from, heads);
  // An act without its line is no restore: an older copy lacks both.
  if (found?.kind !== 'restored' || (await mismatch(from)) !== null) return false;
  await rowsOf(from, 'select operator.note_restored($1::bigint)', [Math.max(...heads.map(({ seq }) => seq))]);
  return true;
};

/** `kept`: the heads on Kafka. */
export const verifyAudit = async (from: Queryable, kept: KeptHeads): Promise<AuditVerdict> => {
  const { end, broken } = await verifyChain(from);
  if (broken !== null) return broken;
  const heads = 'unread' in kept ? [] : kept;
  const found = await contradiction(from, heads);
  const problem = await mismatch(from);
  if (found !== null) {
    const kind = problem === null ? found.kind : 'tampered';
    const why = problem === null ? found.because : `, and ${problem}`;
    return { whole: false, kind, lines: end.lines, brokenAt: 0, problem: `${found.problem}${why}` };
  }
  if (problem !== null) return { whole: false, kind: 'tampered', lines: end.lines, brokenAt: 0, problem };
  const without = 'unread' in kept ? `the heads on Kafka cannot be read: ${kept.unread}` : 'Kafka keeps no head of this log';
  const notCompared = end.lines > 0 && heads.length === 0 ? without : null;
  return { whole: true, lines: end.lines, lastHash: end.lastHash, heads: heads.length, notCompared, restores: await restoresOf(from) };
};
