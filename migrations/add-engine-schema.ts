import type { Knex } from 'knex';
import { engineOfTheFirstDay, schemaWithRole } from './0001-engine.js';
import { earlierRequests } from './0004-earlier-requests.js';
import { leanSteps } from './0005-lean-steps.js';
import { outboxOrder } from './0006-outbox-order.js';
import { journeyPolicy } from './0008-journey-policy.js';
import { decisionsOfPeople } from './0011-decisions-of-people.js';
import { readsStops } from './0013-stop-acts.js';
import { writeCheck } from './0014-write-check.js';
import { readsDataKeys } from './0020-sealed.js';

export type EngineChange = {
  /** The migration that makes this change in the schemas that exist. */
  readonly migration: string;
  readonly change: (schema: string) => string;
};

/** Everything that makes the engine's tables what they are, in its order. A later change of them is one more line at the end. */
export const ENGINE_CHANGES: readonly EngineChange[] = [
  { migration: '0001-engine', change: engineOfTheFirstDay },
  { migration: '0004-earlier-requests', change: earlierRequests },
  { migration: '0005-lean-steps', change: leanSteps },
  { migration: '0006-outbox-order', change: outboxOrder },
  { migration: '0008-journey-policy', change: journeyPolicy },
  { migration: '0011-decisions-of-people', change: decisionsOfPeople },
  { migration: '0013-stop-acts', change: readsStops },
  { migration: '0014-write-check', change: writeCheck },
  { migration: '0020-sealed', change: readsDataKeys },
];

const GOOD_NAME = /^[a-z][a-z0-9_]{0,40}$/;

const applied = async (knex: Knex): Promise<ReadonlySet<string>> => {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>('select name from public.migration');
  return new Set(rows.map(({ name }) => name));
};

/**
 * The schema of a new service that runs on the engine: its role, the tables, the rights. The whole migration of a new service is
 * `export const up = (knex: Knex) => addEngineSchema(knex, 'name');`
 *
 * It makes the tables as the migrations before it have left them: only changes that this database has recorded. A later change then
 * goes over this schema as over all others. So a fresh database and one that was upgraded end the same, whatever is added to the list.
 */
export const addEngineSchema = async (knex: Knex, name: string, changes: readonly EngineChange[] = ENGINE_CHANGES): Promise<void> => {
  if (!GOOD_NAME.test(name)) throw new RangeError(`"${name}" cannot be the name of a schema: lower-case letters, digits and _`);
  await knex.raw(schemaWithRole(name));
  const recorded = await applied(knex);
  for (const { migration, change } of changes) if (recorded.has(migration)) await knex.raw(change(name));
  await knex.raw('insert into public.engine_schema (name) values (?)', [name]);
};
