/** migrations/schema.sql: what the migrations make, as the server itself tells it. For reading and for reviews of a change. */
import type { Client } from 'pg';

export type Named = { readonly schema: string; readonly name: string };
export type Column = {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly generated: string | null;
  readonly fallback: string | null;
};
export type Table = Named & {
  readonly options: string | null;
  readonly columns: readonly Column[];
  readonly constraints: readonly string[];
};
/** `what` is the rest of the sentence, as in `usage on schema payout`. */
export type Grant = { readonly schema: string; readonly what: string; readonly to: string };
export type Definition = { readonly schema: string; readonly text: string };
export type Catalogue = {
  readonly schemas: readonly string[];
  readonly functions: readonly Definition[];
  /** Composite types of their own, not those that every table has. */
  readonly types: readonly Definition[];
  readonly sequences: readonly (Named & { readonly type: string })[];
  readonly tables: readonly Table[];
  readonly indexes: readonly Definition[];
  readonly triggers: readonly Definition[];
  readonly grants: readonly Grant[];
  /** Schemas that hold the engine's tables, as the database itself lists them. */
  readonly engineSchemas: readonly string[];
};

const OURS = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
/** An identity column makes its sequence by itself. */
const OF_AN_IDENTITY = `exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'i')`;

/** Text of the catalogue depends on the language of the server's sorting; `collate "C"` does not. */
const QUERIES: Readonly<Record<Exclude<keyof Catalogue, 'grants' | 'engineSchemas'>, string>> = {
  schemas: `select n.nspname as name from pg_namespace n where ${OURS} order by n.nspname collate "C"`,
  types: `select n.nspname as schema, format('create type %I.%I as (%s)', n.nspname, c.relname,
      string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)) as text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'c' and ${OURS} group by n.nspname, c.relname order by n.nspname collate "C", c.relname collate "C"`,
  functions: `select n.nspname as schema, pg_get_functiondef(p.oid) as text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${OURS} order by n.nspname collate "C", p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`,
  sequences: `select n.nspname as schema, c.relname as name, format_type(s.seqtypid, null) as type
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
    where ${OURS} and not ${OF_AN_IDENTITY} order by n.nspname collate "C", c.relname collate "C"`,
  tables: `select n.nspname as schema, format('%I', c.relname) as name, array_to_string(c.reloptions, ', ') as options,
      (select json_agg(json_build_object('name', format('%I', a.attname), 'type', format_type(a.atttypid, a.atttypmod) || case when a.attcollation in (0, 100) then '' else format(' collate %I', (select collname from pg_collation where oid = a.attcollation)) end,
          'notNull', a.attnotnull,
          'generated', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end, 'fallback', pg_get_expr(f.adbin, f.adrelid)) order by a.attnum)
        from pg_attribute a left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      (select coalesce(json_agg(format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid)) order by k.contype = 'p' desc, k.conname collate "C"), '[]')
        from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n') as constraints
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${OURS} and c.relkind in ('r', 'p') order by n.nspname collate "C", c.relname collate "C"`,
  indexes: `select n.nspname as schema, pg_get_indexdef(i.indexrelid) as text
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where ${OURS} and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)
    order by n.nspname collate "C", c.relname collate "C"`,
  triggers: `select n.nspname as schema, pg_get_triggerdef(t.oid) as text
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where ${OURS} and not t.tgisinternal order by n.nspname collate "C", c.relname collate "C", t.tgname collate "C"`,
};

/** Rights of the owner and those of everybody on the schema public are the server's own and left out. */
const GRANTS = `
  with granted as (
    select n.nspname as schema, 'schema' as kind, 0 as place, format('%I', n.nspname) as thing, null::name as col, g.*
      from pg_namespace n, aclexplode(n.nspacl) g where ${OURS} and n.nspname <> 'public' and g.grantee <> n.nspowner
    union all
    select n.nspname, case when c.relkind = 'S' then 'sequence' else 'table' end, 1, format('%I.%I', n.nspname, c.relname), null, g.*
      from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) g where ${OURS} and g.grantee <> c.relowner
    union all
    select n.nspname, 'table', 2, format('%I.%I', n.nspname, c.relname), a.attname, g.*
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(a.attacl) g
      where ${OURS} and g.grantee <> c.relowner
    union all
    select n.nspname, 'function', 3, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), null, g.*
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(p.proacl) g where ${OURS} and g.grantee <> p.proowner
  ), by_privilege as (
    select schema, kind, place, thing, case when grantee = 0 then 'public' else pg_get_userbyid(grantee)::text end as "to", lower(privilege_type) as privilege,
      string_agg(format('%I', col), ', ' order by col collate "C") filter (where col is not null) as cols
    from granted group by schema, kind, place, thing, grantee, privilege_type
  )
  select schema, "to", string_agg(privilege || coalesce(' (' || cols || ')', ''), ', ' order by privilege collate "C") || ' on ' || kind || ' ' || thing as what
  from by_privilege group by schema, kind, place, thing, "to" order by schema collate "C", place, thing collate "C", "to" = 'cmw_' || schema, "to" collate "C"`;

/** A database of before migration 0007 has no such list. */
const readEngineSchemas = async (client: Client): Promise<readonly string[]> => {
  const { rows } = await client.query<{ listed: boolean }>(`select to_regclass('public.engine_schema') is not null as listed`);
  if (rows[0]?.listed !== true) return [];
  return (await client.query<{ name: string }>('select name from public.engine_schema order by name collate "C"')).rows.map(
    ({ name }) => name,
  );
};

/** Reads the catalogue of the database that the client is connected to. */
export const readCatalogue = async (client: Client): Promise<Catalogue> => {
  // Then every name in a definition is printed with its schema.
  await client.query(`set search_path = ''`);
  const rows = async <T>(sql: string): Promise<readonly T[]> => (await client.query(sql)).rows as T[];
  return {
    schemas: (await rows<{ name: string }>(QUERIES.schemas)).map(({ name }) => name),
    functions: await rows<Definition>(QUERIES.functions),
    types: await rows<Definition>(QUERIES.types),
    sequences: await rows<Named & { type: string }>(QUERIES.sequences),
    tables: await rows<Table>(QUERIES.tables),
    indexes: await rows<Definition>(QUERIES.indexes),
    triggers: await rows<Definition>(QUERIES.triggers),
    grants: await rows<Grant>(GRANTS),
    engineSchemas: await readEngineSchemas(client),
  };
};

const column = ({ name, type, notNull, generated, fallback }: Column): string =>
  [
    name,
    type,
    ...(generated === null ? [] : [`generated ${generated} as identity`]),
    ...(fallback === null ? [] : [`default ${fallback}`]),
    ...(notNull ? ['not null'] : []),
  ].join(' ');

const table = ({ schema, name, options, columns, constraints }: Table): string => {
  const lines = [...columns.map(column), ...constraints].map((line) => `  ${line}`);
  return `create table ${schema}.${name} (\n${lines.join(',\n')}\n)${options === null ? '' : ` with (${options})`};`;
};

const HEAD = '-- What the migrations make, told by the server itself. Generated by `npm run contracts`; do not edit.';

const sectionOf = (catalogue: Catalogue, schema: string): string => {
  const here = <T extends { readonly schema: string }>(all: readonly T[]): T[] => all.filter((one) => one.schema === schema);
  const statements = (all: readonly Definition[]): string =>
    here(all)
      .map(({ text }) => `${text.trim()};`)
      .join('\n');
  const parts = [
    ...(schema === 'public' ? [] : [`create schema ${schema};`]),
    here(catalogue.sequences)
      .map(({ name, type }) => `create sequence ${schema}.${name} as ${type};`)
      .join('\n'),
    statements(catalogue.types),
    ...here(catalogue.functions).map(({ text }) => `${text.trim()};`),
    ...here(catalogue.tables).map(table),
    statements(catalogue.indexes),
    statements(catalogue.triggers),
    here(catalogue.grants)
      .map(({ what, to }) => `grant ${what} to ${to};`)
      .join('\n'),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
};

/** Stands for the schema of any service on the engine. A service may be called as one of the engine's tables is. */
const ANY_SERVICE = 'service';
const ofAnyService = (section: string, schema: string): string =>
  section.replaceAll(new RegExp(`(?<=\\bschema |\\bcmw_)${schema}\\b|(?<![a-z0-9_.])${schema}(?=\\.)`, 'g'), ANY_SERVICE);

/** The engine's schema, once. @throws Error when two services do not have the same, with the first line that differs. */
export const engineSection = (catalogue: Catalogue): string | null => {
  const [first, ...others] = catalogue.engineSchemas.map((schema) => ({
    schema,
    lines: ofAnyService(sectionOf(catalogue, schema), schema).split('\n'),
  }));
  if (first === undefined) return null;
  for (const other of others) {
    const longest = Math.max(first.lines.length, other.lines.length);
    const at = Array.from({ length: longest }, (_, index) => index).find((index) => first.lines[index] !== other.lines[index]);
    if (at !== undefined)
      throw new Error(
        `the engine's schemas ${first.schema} and ${other.schema} differ: "${first.lines[at] ?? 'nothing'}" and "${other.lines[at] ?? 'nothing'}"`,
      );
  }
  return first.lines.join('\n');
};

/** The same catalogue gives the same text. The engine's schema stands in it once. */
export const printCatalogue = (catalogue: Catalogue): string => {
  const engine = engineSection(catalogue);
  const parts =
    engine === null
      ? []
      : [
          `-- ${ANY_SERVICE}: the schema of each service on the engine (${catalogue.engineSchemas.join(', ')}), all of them the same`,
          engine,
        ];
  for (const schema of catalogue.schemas.filter((name) => !catalogue.engineSchemas.includes(name)))
    parts.push(`-- ${schema}`, sectionOf(catalogue, schema));
  return `${[HEAD, ...parts.filter((part) => part !== '')].join('\n\n')}\n`;
};
