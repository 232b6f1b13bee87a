import type { Pool, PoolClient } from 'pg';
import type { ActKind } from '../../../../contracts/internal/acts.js';
import { maskText } from '../../../../shared/kernel/account-mask.js';
import { printJson } from '../../../../shared/kernel/json.js';
import type { Act, ActFilter, Approval, MadeAct, NewAct } from '../decide/operator.js';
import { loggedTransaction } from './audit.store.js';
import { closeKeptBody } from './dead-letters.store.js';
import type { Opening } from './opening.js';
import { iso, isoOrNull, jsonOf, rowsOf, type Opened } from './rows.js';
import { aboutAct, WRITTEN_BY_PEOPLE } from './written-by-people.js';

type Row = {
  id: string;
  kind: ActKind;
  target: string;
  details: string;
  why: string;
  act_id: string | null;
  signature: string | null;
  made_by: string;
  made_at: Date;
  needs_second: boolean;
  approved_by: string | null;
  approval: string | null;
  approved_at: Date | null;
  carried_out_at: Date | null;
  withdrawn_by: string | null;
  failed: string | null;
  job: string | null;
};

const COLUMNS = `id, kind, target, details::text as details, why, act_id, signature, made_by, made_at, needs_second, approved_by, approval, approved_at, carried_out_at, withdrawn_by, failed, job`;
const OPEN = 'carried_out_at is null and withdrawn_at is null and failed is null';
/** What is older than signatures is taken up too, and ends at once: nobody has signed it. */
const READY = `${OPEN} and (not needs_second or approved_by is not null or act_id is null)`;
const SAME_PERSON = 'two_different_people';

const actsOf = async (rows: readonly Row[], opening: Opening): Promise<readonly Act[]> => {
  const stored = rows.map((row) => ({ row, details: jsonOf(row.details) as Act['details'] }));
  await opening.know(stored.flatMap(({ row, details }) => [row.why, ...WRITTEN_BY_PEOPLE.map((name) => details[name])]));
  return stored.map(({ row, details }) => actOf(row, opening.members(details, WRITTEN_BY_PEOPLE, aboutAct(row.act_id)), opening));
};
const oneOf = async (row: Row, opening: Opening): Promise<Act> => {
  const [act] = await actsOf([row], opening);
  if (act === undefined) throw new Error('a row is an act');
  return act;
};

const actOf = (row: Row, details: Act['details'], opening: Opening): Act => ({
  id: row.id,
  kind: row.kind,
  target: row.target,
  details,
  why: opening.text(row.why, aboutAct(row.act_id)),
  actId: row.act_id,
  signature: row.signature,
  madeBy: row.made_by,
  madeAt: iso(row.made_at),
  needsSecond: row.needs_second,
  approvedBy: row.approved_by,
  approval: row.approval,
  approvedAt: isoOrNull(row.approved_at),
  carriedOutAt: isoOrNull(row.carried_out_at),
  withdrawnBy: row.withdrawn_by,
  failed: row.failed,
  job: row.job,
});

const actById = async ({ from, opening }: Opened, id: string): Promise<Act | null> => {
  const [row] = await rowsOf<Row>(from, `select ${COLUMNS} from operator.act where id = $1::bigint`, [id]);
  return row === undefined ? null : oneOf(row, opening);
};

/** Newest first. */
export const listActs = async ({ from, opening }: Opened, filter: ActFilter): Promise<readonly Act[]> => {
  const { id = null, kind = null, target = null, job = null, waitingOnly, limit } = filter;
  const rows = await rowsOf<Row>(
    from,
    `select ${COLUMNS} from operator.act where ($1::bigint is null or id = $1) and ($2::text is null or kind = $2) and ($3::text is null or target = $3) and ($4::bigint is null or job = $4)
      and (not $5::boolean or (${OPEN} and needs_second and approved_by is null)) order by id desc limit $6`,
    [id, kind, target, job, waitingOnly, limit],
  );
  return actsOf(rows, opening);
};

/** The newest act of each target. */
export const newestActs = async (
  { from, opening }: Opened,
  kind: ActKind,
  targets: readonly string[],
): Promise<ReadonlyMap<string, Act>> => {
  const rows = await rowsOf<Row>(
    from,
    `select distinct on (target) ${COLUMNS} from operator.act where kind = $1 and target = any($2::text[]) order by target, id desc`,
    [kind, targets],
  );
  return new Map((await actsOf(rows, opening)).map((act) => [act.target, act]));
};

const portfolioOf = ({ details }: Pick<NewAct, 'details'>): string | null => {
  const { portfolioId } = details;
  return typeof portfolioId === 'string' && portfolioId !== '' ? portfolioId : null;
};

/** Whether a second person is needed, and what stands in the log, the database says: see migrations/0012-signed-acts.ts. */
const insertAct = async (
  client: PoolClient,
  opening: Opening,
  { kind, target, details, why, by, actId, signature }: NewAct,
  job: string,
): Promise<Act | null> => {
  const written = Object.fromEntries(WRITTEN_BY_PEOPLE.flatMap((name) => (details[name] === undefined ? [] : [[name, details[name]]])));
  const sealed = await opening.seal({ ...written, why }, portfolioOf({ details }), aboutAct(actId));
  const { why: sealedWhy, ...texts } = sealed;
  const [made] = await rowsOf<Row>(
    client,
    `insert into operator.act (kind, target, details, why, made_by, act_id, signature, job) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (kind, target) where ${OPEN} do nothing returning ${COLUMNS}`,
    [kind, target, printJson({ ...details, ...texts }), sealedWhy, by, actId, signature, job],
  );
  return made === undefined ? null : oneOf(made, opening);
};

const makeOne = async (client: PoolClient, opening: Opening, act: NewAct, job: string): Promise<MadeAct> => {
  const made = await insertAct(client, opening, act, job);
  if (made !== null) return { act: made, already: false };
  const [standing] = await rowsOf<Row>(client, `select ${COLUMNS} from operator.act where kind = $1 and target = $2 and ${OPEN}`, [
    act.kind,
    act.target,
  ]);
  if (standing === undefined) throw new Error('an act stood open and is gone within one transaction');
  return { act: await oneOf(standing, opening), already: true };
};

const nextJob = async (client: PoolClient): Promise<string> => {
  const [next] = await rowsOf<{ job: string }>(client, `select nextval('operator.job_id') as job`, []);
  return next?.job ?? '0';
};

const isSamePerson = (error: unknown): boolean => (error as { constraint?: unknown }).constraint === SAME_PERSON;

export class ActStore {
  readonly #pool: Pool;
  readonly #opening: Opening;

  constructor(pool: Pool, opening: Opening) {
    this.#pool = pool;
    this.#opening = opening;
  }

  async make(acts: readonly NewAct[]): Promise<{ readonly job: string; readonly made: readonly MadeAct[] }> {
    await this.#opening.prepare([...new Set(acts.map(portfolioOf).filter((id) => id !== null))]);
    return loggedTransaction(this.#pool, async (client) => {
      const job = await nextJob(client);
      const made: MadeAct[] = [];
      for (const act of acts) made.push(await makeOne(client, this.#opening, act, job));
      return { job, made };
    });
  }

  /** The database refuses the same person; what was tried is written down too. */
  async approve(id: string, who: string, approval: string): Promise<Approval> {
    try {
      return await loggedTransaction(this.#pool, async (client): Promise<Approval> => {
        const [row] = await rowsOf<Row>(
          client,
          `update operator.act set approved_by = $2, approval = $3, approved_at = now()
           where id = $1::bigint and needs_second and approved_by is null and ${OPEN} returning ${COLUMNS}`,
          [id, who, approval],
        );
        if (row !== undefined) return { kind: 'approved', act: await oneOf(row, this.#opening) };
        const known = await actById({ from: client, opening: this.#opening }, id);
        return known === null ? { kind: 'unknown' } : { kind: 'decided', act: known };
      });
    } catch (error) {
      if (!isSamePerson(error)) throw error;
      const act = await actById({ from: this.#pool, opening: this.#opening }, id);
      if (act === null) return { kind: 'unknown' };
      await this.noteRefusal(who, `approve ${act.kind}`, act.target, 'the same person asked for it');
      return { kind: 'same-person', act };
    }
  }

  async noteRefusal(who: string, what: string, target: string, because: string): Promise<void> {
    await this.#pool.query('select operator.note_refusal($1, $2, $3, $4)', [who, what, target, because]);
  }

  withdraw(id: string, who: string, why: string): Promise<boolean> {
    return loggedTransaction(this.#pool, async (client) => {
      const rows = await rowsOf(
        client,
        `update operator.act set withdrawn_by = $2, withdrawn_why = $3, withdrawn_at = now()
         where id = $1::bigint and needs_second and approved_by is null and ${OPEN} returning 1`,
        [id, who, maskText(why)],
      );
      return rows.length > 0;
    });
  }

  dropKeptBody(eventId: string, act: NewAct): Promise<Act | null> {
    return loggedTransaction(this.#pool, async (client) => {
      if (!(await closeKeptBody(client, eventId, `discarded by ${act.by}; act ${act.actId}`))) return null;
      const made = await insertAct(client, this.#opening, act, await nextJob(client));
      if (made === null) throw new Error('an act about a kept body stood open: such an act never does');
      await client.query('update operator.act set carried_out_at = now() where id = $1::bigint', [made.id]);
      return actById({ from: client, opening: this.#opening }, made.id);
    });
  }

  /** Acts that may be carried out now, oldest first. */
  async ready(limit: number): Promise<readonly Act[]> {
    const rows = await rowsOf<Row>(this.#pool, `select ${COLUMNS} from operator.act where ${READY} order by id limit $1`, [limit]);
    return actsOf(rows, this.#opening);
  }

  /** `failed`: why it can never be. A second copy that was as quick finds it done. */
  async finish(act: Act, failed: string | null): Promise<void> {
    const set = failed === null ? 'carried_out_at = now()' : 'failed = $2';
    await loggedTransaction(this.#pool, (client) =>
      rowsOf(
        client,
        `update operator.act set ${set} where id = $1::bigint and ${OPEN} returning 1`,
        failed === null ? [act.id] : [act.id, failed],
      ),
    );
  }
}
