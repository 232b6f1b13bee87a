import type { Queryable } from './rows.js';

/** Every schema of this database that holds journeys, whether a service of this release runs them or not. */
export const engineSchemasOf = async (from: Queryable): Promise<readonly string[]> => {
  const { rows } = await from.query<{ name: string }>('select name from public.engine_schema order by name collate "C"');
  return rows.map(({ name }) => name);
};
