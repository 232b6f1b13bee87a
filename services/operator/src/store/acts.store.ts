import type { Pool, PoolClient } from 'pg';
import { printJson } from '../../../../shared/kernel/json.js';
import type { Act, ActFilter, ActKind, Approval, MadeAct, NewAct } from '../decide/operator.js';
import { audited, sha256, type AuditWriter } from './audit.store.js';
import { closeKeptBody } from './dead-letters.store.js';
import { iso, isoOrNull, jsonOf, rowsOf, type Queryable } from './rows.js';

type Row = {
  id: string;
  kind: ActKind;
  target: string;
  details: string;
  why: string;
  made_by: string;
  made_at: Date;
  needs_second: boolean;
  approved_by: string | null;
  approved_at: Date | null;
  carried_out_at: Date | null;
  withdrawn_by: string | null;
  failed: string | null;
  job: string | null;
};

const COLUMNS = `id, kind, target, details::text as details, why, made_by, made_at, needs_second, approved_by, approved_at, carried_out_at, withdrawn_by, failed, job`;
const OPEN = 'carried_out_at is null and withdrawn_at is null and failed is null';
const SAME_PERSON = 'two_different_people';

const actOf = (row: Row): Act => ({
  id: row.id,
  kind: row.kind,
  target: row.target,
  details: jsonOf(row.details) as Act['details'],
  why: row.why,
  madeBy: row.made_by,
  madeAt: iso(row.made_at),
  needsSecond: row.needs_second,
  approvedBy: row.approved_by,
  approvedAt: isoOrNull(row.approved_at),
  carriedOutAt: isoOrNull(row.carried_out_at),
  withdrawnBy: row.withdrawn_by,
  failed: row.failed,
  job: row.job,
});

const actById = async (from: Queryable, id: string): Promise<Act | null> => {
  const [row] = await rowsOf<Row>(from, `select ${COLUMNS} from operator.act where id = $1::bigint`, [id]);
  return row === undefined ? null : actOf(row);
};

/** Newest first. */
export const listActs = async (from: Queryable, filter: ActFilter): Promise<readonly Act[]> => {
  const { id = null, kind = null, target = null, job = null, waitingOnly, limit } = filter;
  const rows = await rowsOf<Row>(
    from,
    `select ${COLUMNS} from operator.act where ($1::bigint is null or id = $1) and ($2::text is null or kind = $2) and ($3::text is null or target = $3) and ($4::bigint is null or job = $4)
      and (not $5::boolean or (${OPEN} and needs_second and approved_by is null)) order by id desc limit $6`,
    [id, kind, target, job, waitingOnly, limit],
  );
  return rows.map(actOf);
};

/** The newest act of each target. */
export const newestActs = async (from: Queryable, kind: ActKind, targets: readonly string[]): Promise<ReadonlyMap<string, Act>> => {
  const rows = await rowsOf<Row>(
    from,
    `select distinct on (target) ${COLUMNS} from operator.act where kind = $1 and target = any($2::text[]) order by target, id desc`,
    [kind, targets],
  );
  return new Map(rows.map((row) => [row.target, actOf(row)]));
};

/** A corrected message stands in the act; the log names it by its hash. */
const withoutBody = ({ correctedValue, ...rest }: NewAct['details']): NewAct['details'] =>
  typeof correctedValue === 'string' ? { ...rest, correctedValueSha256: sha256(correctedValue) } : rest;

const makeOne = async (client: PoolClient, audit: AuditWriter, act: NewAct, job: string): Promise<MadeAct> => {
  const { kind, target, details, why, by, needsSecond } = act;
  const [made] = await rowsOf<Row>(
    client,
    `insert into operator.act (kind, target, details, why, made_by, needs_second, job) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (kind, target) where ${OPEN} do nothing returning ${COLUMNS}`,
    [kind, target, printJson(details), why, by, needsSecond, job],
  );
  if (made !== undefined) {
    await audit({ who: by, what: `asked: ${kind}`, target, details: { act: made.id, job, why, needsSecond, ...withoutBody(details) } });
    return { act: actOf(made), already: false };
  }
  const [standing] = await rowsOf<Row>(client, `select ${COLUMNS} from operator.act where kind = $1 and target = $2 and ${OPEN}`, [
    kind,
    target,
  ]);
  if (standing === undefined) throw new Error('an act stood open and is gone within one transaction');
  return { act: actOf(standing), already: true };
};

const isSamePerson = (error: unknown): boolean => (error as { constraint?: unknown }).constraint === SAME_PERSON;

export class ActStore {
  readonly #pool: Pool;
  readonly #nowMs: () => number;

  constructor(pool: Pool, nowMs: () => number) {
    this.#pool = pool;
    this.#nowMs = nowMs;
  }

  make(acts: readonly NewAct[]): Promise<{ readonly job: string; readonly made: readonly MadeAct[] }> {
    return audited(this.#pool, this.#nowMs, async (client, audit) => {
      const [next] = await rowsOf<{ job: string }>(client, `select nextval('operator.job_id') as job`, []);
      const job = next?.job ?? '0';
      const made: MadeAct[] = [];
      for (const act of acts) made.push(await makeOne(client, audit, act, job));
      return { job, made };
    });
  }

  /** The database refuses the same person; what was tried is written down too. */
  async approve(id: string, who: string): Promise<Approval> {
    try {
      return await audited(this.#pool, this.#nowMs, async (client, audit): Promise<Approval> => {
        const [row] = await rowsOf<Row>(
          client,
          `update operator.act set approved_by = $2, approved_at = now() where id = $1::bigint and needs_second and approved_by is null and ${OPEN} returning ${COLUMNS}`,
          [id, who],
        );
        if (row !== undefined) {
          await audit({ who, what: `approved: ${row.kind}`, target: row.target, details: { act: id, madeBy: row.made_by } });
          return { kind: 'approved', act: actOf(row) };
        }
        const known = await actById(client, id);
        return known === null ? { kind: 'unknown' } : { kind: 'decided', act: known };
      });
    } catch (error) {
      if (!isSamePerson(error)) throw error;
      const act = await actById(this.#pool, id);
      if (act === null) return { kind: 'unknown' };
      await audited(this.#pool, this.#nowMs, (_client, audit) =>
        audit({
          who,
          what: `refused to approve: ${act.kind}`,
          target: act.target,
          details: { act: id, because: 'the same person asked for it' },
        }),
      );
      return { kind: 'same-person', act };
    }
  }

  withdraw(id: string, who: string, why: string): Promise<boolean> {
    return audited(this.#pool, this.#nowMs, async (client, audit) => {
      const [row] = await rowsOf<Row>(
        client,
        `update operator.act set withdrawn_by = $2, withdrawn_at = now() where id = $1::bigint and needs_second and approved_by is null and ${OPEN} returning ${COLUMNS}`,
        [id, who],
      );
      if (row === undefined) return false;
      await audit({ who, what: `withdrew: ${row.kind}`, target: row.target, details: { act: id, why } });
      return true;
    });
  }

  closeKeptBody(eventId: string, who: string, why: string): Promise<boolean> {
    return audited(this.#pool, this.#nowMs, async (client, audit) => {
      const closed = await closeKeptBody(client, eventId, `discarded by ${who}: ${why}`);
      if (closed) await audit({ who, what: 'carried out: discard-dead-letter', target: `gateway/${eventId}`, details: { why } });
      return closed;
    });
  }

  /** Acts that may be carried out now, oldest first. */
  async ready(limit: number): Promise<readonly Act[]> {
    const rows = await rowsOf<Row>(
      this.#pool,
      `select ${COLUMNS} from operator.act where ${OPEN} and (not needs_second or approved_by is not null) order by id limit $1`,
      [limit],
    );
    return rows.map(actOf);
  }

  /** `failed`: why it can never be. A second copy that was as quick finds it done. */
  finish(act: Act, failed: string | null): Promise<void> {
    return audited(this.#pool, this.#nowMs, async (client, audit) => {
      const set = failed === null ? 'carried_out_at = now()' : 'failed = $2';
      const done = await rowsOf(
        client,
        `update operator.act set ${set} where id = $1::bigint and ${OPEN} returning 1`,
        failed === null ? [act.id] : [act.id, failed],
      );
      if (done.length === 0) return;
      const what = `${failed === null ? 'carried out' : 'failed'}: ${act.kind}`;
      await audit({
        who: act.madeBy,
        what,
        target: act.target,
        details: { act: act.id, approvedBy: act.approvedBy, ...(failed === null ? {} : { failed }) },
      });
    });
  }
}
