/**
 * Seals anew with the first key of SEAL_KEYS_FILE what is sealed with an older one, and seals what releases before have left in clear. Services may
 * run meanwhile. Afterwards an older key is needed only for messages, which go by themselves.
 */
import { Client } from 'pg';
import { personalFlows, personalMembersOfFlow } from '../../contracts/internal/personal.js';
import { engineServiceNames, schemaOf } from '../../contracts/internal/services.js';
import { askOf, DataKeys, unwrapDataKey, wrapDataKey, type Ask } from '../../shared/runtime/sealing/portfolio-keys.js';
import type { SealKeys } from '../../shared/runtime/sealing/seal-keys-file.js';
import { openedBody, sealedBody, sealedText } from '../../shared/runtime/sealing/sealed-message.js';
import { sealedJson } from '../../shared/runtime/sealing/sealed-rows.js';
import { sealedBy, Sealer } from '../../shared/runtime/sealing/sealer.js';
import { engineSchemasOf } from '../../migrations/index.js';
import { placeOf, type DatabaseReached } from '../../shared/runtime/postgres/database.js';

export type Resealed = {
  /** Data keys that are wrapped by the first key now. */
  readonly dataKeys: number;
  /** Rows that were in clear. */
  readonly rows: number;
  /** Kept messages and bodies. */
  readonly messages: number;
  /** How many texts an older key is still needed for, by its id. Those of an inbox and an outbox go after 60 days, those on topics with Kafka's retention. */
  readonly stillNeeded: Readonly<Record<string, number>>;
};

const MOST = 500;

const rewrapDataKeys = async (ask: Ask, keys: SealKeys): Promise<number> => {
  let count = 0;
  for (;;) {
    const rows = await ask<{ id: string; portfolio_id: string; wrapped_by: string; wrapped: string }>(
      `select id, portfolio_id, wrapped_by, wrapped from public.data_key where wrapped_by <> $1 limit ${String(MOST)}`,
      [keys.first.id],
    );
    if (rows.length === 0) return count;
    for (const row of rows) {
      const { wrapped_by, wrapped } = wrapDataKey(keys, row.id, row.portfolio_id, unwrapDataKey(keys, row));
      await ask('update public.data_key set wrapped_by = $2, wrapped = $3 where id = $1', [row.id, wrapped_by, wrapped]);
    }
    count += rows.length;
  }
};

/** Tables and columns that hold something of a flow, and the id that it is sealed with. */
const PLACES = [
  { table: 'journey', column: 'state', id: 'r.id', key: 'id', journey: 'r' },
  { table: 'effect', column: 'request', id: 'r.id', key: 'id', journey: 'j' },
  { table: 'effect', column: 'result', id: 'r.id', key: 'id', journey: 'j' },
  { table: 'earlier_request', column: 'request', id: 'r.effect_id', key: 'effect_id', journey: 'j' },
] as const;
const JOIN = {
  journey: '',
  effect: (schema: string) => `join ${schema}.journey j on j.id = r.journey_id`,
  earlier_request: (schema: string) => `join ${schema}.effect e on e.id = r.effect_id join ${schema}.journey j on j.id = e.journey_id`,
} as const;

type Clear = { id: string; portfolio_id: string; value: string };

/** A row that somebody has changed since it was read is left as it is: what changed it has sealed it. */
const sealClear = async (ask: Ask, dataKeys: DataKeys, schema: string, flow: string): Promise<number> => {
  const members = personalMembersOfFlow(flow);
  let count = 0;
  for (const { table, column, id, key, journey } of PLACES) {
    const join = JOIN[table];
    for (let after = ''; ;) {
      const rows = await ask<Clear>(
        `select ${id} as id, ${journey}.portfolio_id, r.${column}::text as value from ${schema}.${table} r ${typeof join === 'string' ? join : join(schema)}
         where ${journey}.flow = $1 and jsonb_typeof(r.${column}) = 'object' and ${id} > $3
           and exists (select from unnest($2::text[]) as m(name) where r.${column} ? m.name and r.${column} -> m.name <> 'null')
         order by ${id} limit ${String(MOST)}`,
        [flow, members, after],
      );
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
      await dataKeys.prepare([...new Set(rows.map((row) => row.portfolio_id))]);
      for (const row of rows) {
        const sealed = sealedJson(row.value, members, dataKeys.toSeal(row.portfolio_id), row.id);
        const done = await ask(
          `update ${schema}.${table} set ${column} = $2::jsonb where ${key} = $1 and ${column} = $3::jsonb returning 1`,
          [row.id, sealed, row.value],
        );
        count += done.length;
      }
    }
  }
  return count;
};

const isOld = (text: string, keys: SealKeys): boolean => {
  const sealed = sealedBy(text);
  return sealed?.by === 'master' && sealed.keyId !== keys.first.id;
};

/** What waits for people may wait long. */
const resealQuarantine = async (ask: Ask, sealer: Sealer, keys: SealKeys, schema: string): Promise<number> => {
  const rows = await ask<{ event_id: string; value: string }>(
    `select event_id, value from ${schema}.quarantine where value like 'sealed:1:m:%' and value not like 'sealed:1:m:' || $1 || ':%'`,
    [keys.first.id],
  );
  for (const { event_id, value } of rows.filter((row) => isOld(row.value, keys))) {
    const fresh = sealedText(sealer, sealer.open(value, 'text'));
    // The inbox may hold the same text: whether people have corrected it is told by comparing the two.
    await ask(
      `with kept as (update ${schema}.quarantine set value = $2 where event_id = $1 and value = $3)
       update ${schema}.inbox set value = $2 where event_id = $1 and value = $3`,
      [event_id, fresh, value],
    );
  }
  return rows.length;
};

const resealBodies = async (ask: Ask, sealer: Sealer, keys: SealKeys): Promise<number> => {
  const rows = await ask<{ event_id: string; body: Buffer }>('select event_id, body from gateway.quarantine where resolved_at is null', []);
  const old = rows.filter(({ body }) => sealedBy(body.toString('latin1')) === null || isOld(body.toString('latin1'), keys));
  for (const { event_id, body } of old)
    await ask('update gateway.quarantine set body = $2 where event_id = $1', [
      event_id,
      Buffer.from(sealedBody(sealer, openedBody(sealer, body))),
    ]);
  return old.length;
};

const SEALED_TEXT = `substring(value from 'sealed:1:m:([a-z0-9-]+):')`;
const stillNeeded = async (ask: Ask, schemas: readonly string[], keys: SealKeys): Promise<Record<string, number>> => {
  const all = schemas.flatMap((schema) =>
    ['inbox', 'outbox', 'quarantine'].map(
      (table) => `select ${SEALED_TEXT} as id from ${schema}.${table} where value like '%sealed:1:m:%'`,
    ),
  );
  const rows = await ask<{ id: string | null; count: string }>(
    `select id, count(*) as count from (${all.join(' union all ')}
       union all select wrapped_by from public.data_key) every where id <> $1 group by id`,
    [keys.first.id],
  );
  return Object.fromEntries(rows.map(({ id, count }) => [id ?? '', Number(count)]));
};

/** @throws SealKeyMissing when the file lacks a key that is still needed: nothing is lost, it is put back. */
export const reseal = async (database: DatabaseReached, keys: SealKeys): Promise<Resealed> => {
  const client = new Client({ ...placeOf(database), application_name: 'reseal' });
  await client.connect();
  try {
    const ask = askOf(client);
    const known = await engineSchemasOf(database);
    const schemas = engineServiceNames.map(schemaOf).filter((schema) => known.includes(schema));
    const sealer = new Sealer(() => keys);
    const dataKeys = new DataKeys({ ask, keys: () => keys, isErased: () => false, nowMs: Date.now });
    const wrapped = await rewrapDataKeys(ask, keys);
    let [rows, messages] = [0, await resealBodies(ask, sealer, keys)];
    for (const schema of schemas) {
      for (const flow of personalFlows) rows += await sealClear(ask, dataKeys, schema, flow);
      messages += await resealQuarantine(ask, sealer, keys, schema);
    }
    return { dataKeys: wrapped, rows, messages, stillNeeded: await stillNeeded(ask, schemas, keys) };
  } finally {
    await client.end();
  }
};
