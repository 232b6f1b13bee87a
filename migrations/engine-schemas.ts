import type { Knex } from 'knex';

/** The schemas that hold the engine's tables in this database, by name. */
export const engineSchemas = async (knex: Knex): Promise<readonly string[]> => {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>('select name from public.engine_schema order by name collate "C"');
  return rows.map(({ name }) => name);
};

/**
 * A change of the engine's tables, in every schema that has them. The migration that calls this also puts `change` at the end of
 * ENGINE_CHANGES in add-engine-schema.ts, so that the schema of a new service gets it, too.
 */
export const forEachEngineSchema = async (knex: Knex, change: (schema: string) => string): Promise<void> => {
  for (const schema of await engineSchemas(knex)) await knex.raw(change(schema));
};
