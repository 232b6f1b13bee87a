/**
 * Takes what is personal out of rows that stay: the books keep the amounts, statuses, references and history. Used by the erasure of one customer
 * and by the job that forgets what is over.
 */
import { personalFlows, personalMembersOfFlow } from '../../../contracts/internal/personal.js';
import { schemaOf, type EngineServiceName } from '../../../contracts/internal/services.js';
import type { Ask } from './portfolio-keys.js';

/** Which ended journeys are meant, in SQL over `j`, with its value as $3. */
const OF_PORTFOLIOS = 'j.portfolio_id = any($3::text[])';
const OLDER_THAN_DAYS = `j.since < now() - $3::int * interval '1 day'`;
/** So many journeys at a time: a statement never holds many rows. */
const MOST = 500;

export type Meant = { readonly portfolioIds: readonly string[] } | { readonly olderThanDays: number };

/** `$2`: the members of the flow. A sealed part goes whole. */
const without = (column: string): string =>
  `case when jsonb_typeof(${column}) = 'object' and ${column} ?| $2::text[] then (${column} - $2::text[]) || '{"erased": true}' else ${column} end`;
const holds = (column: string): string => `(jsonb_typeof(${column}) = 'object' and ${column} ?| $2::text[])`;

const statement = (schema: string, where: string): string => `
  with meant as (
    select j.id from ${schema}.journey j where j.ended and j.flow = $1 and ${where} and (${holds('j.state')}
      or exists (select from ${schema}.effect e where e.journey_id = j.id and (${holds('e.request')} or ${holds('e.result')}))
      or exists (select from ${schema}.effect e join ${schema}.earlier_request r on r.effect_id = e.id where e.journey_id = j.id and ${holds('r.request')}))
    limit ${String(MOST)}),
  effects as (
    update ${schema}.effect e set request = ${without('e.request')}, result = ${without('e.result')} from meant where e.journey_id = meant.id
      and (${holds('e.request')} or ${holds('e.result')}) returning 1),
  earlier as (
    update ${schema}.earlier_request r set request = ${without('r.request')} from ${schema}.effect e join meant on meant.id = e.journey_id
      where r.effect_id = e.id and ${holds('r.request')} returning 1),
  states as (update ${schema}.journey j set state = ${without('j.state')} from meant where j.id = meant.id and ${holds('j.state')} returning 1)
  select (select count(*) from effects) + (select count(*) from earlier) + (select count(*) from states) as count, (select count(*) from meant) as journeys`;

/** What is personal in ended journeys. Returns how many rows have changed. */
export const forgetJourneys = async (ask: Ask, service: EngineServiceName, meant: Meant): Promise<number> => {
  let changed = 0;
  for (const flow of personalFlows) {
    const [where, value] = 'portfolioIds' in meant ? [OF_PORTFOLIOS, meant.portfolioIds] : [OLDER_THAN_DAYS, meant.olderThanDays];
    for (;;) {
      const rows = await ask<{ count: string; journeys: string }>(statement(schemaOf(service), where), [
        flow,
        [...personalMembersOfFlow(flow), 'sealed'],
        value,
      ]);
      changed += Number(rows[0]?.count ?? 0);
      if (Number(rows[0]?.journeys ?? 0) < MOST) break;
    }
  }
  return changed;
};

/** Stands where a message or a body was. */
export const FORGOTTEN = '(erased)';

/** Messages that people have decided long ago. Those that wait stay whole. */
export const forgetQuarantine = async (ask: Ask, service: EngineServiceName, olderThanDays: number): Promise<number> => {
  const rows = await ask(
    `update ${schemaOf(service)}.quarantine set value = '${FORGOTTEN}', headers = '{}', key = null
     where event_id in (select event_id from ${schemaOf(service)}.quarantine where resolved_at < now() - $1::int * interval '1 day' and value <> '${FORGOTTEN}' limit ${String(MOST)})
     returning 1`,
    [olderThanDays],
  );
  return rows.length;
};

/** Bodies that the gateway has kept, once people have closed them. */
export const forgetBodies = async (ask: Ask, olderThanDays: number): Promise<number> => {
  const rows = await ask(
    `update gateway.quarantine set body = '${FORGOTTEN}'
     where event_id in (select event_id from gateway.quarantine where resolved_at < now() - $1::int * interval '1 day' and body <> '${FORGOTTEN}' limit ${String(MOST)})
     returning 1`,
    [olderThanDays],
  );
  return rows.length;
};

/** Copies of messages about these lanes that were handled: the rows stay, so that a repetition is still known. */
export const forgetMessages = async (ask: Ask, service: EngineServiceName, lanes: readonly string[]): Promise<number> => {
  const schema = schemaOf(service);
  const rows = await ask<{ count: string }>(
    `with lanes as (
       select unnest($1::text[]) as lane
       union select e.reference from ${schema}.effect e join ${schema}.journey j on j.id = e.journey_id where j.portfolio_id = any($1::text[]) and e.reference is not null
       union select r.reference from ${schema}.earlier_request r join ${schema}.effect e on e.id = r.effect_id join ${schema}.journey j on j.id = e.journey_id
         where j.portfolio_id = any($1::text[]) and r.reference is not null),
     events as (update ${schema}.inbox set value = '${FORGOTTEN}' where portfolio_id in (select lane from lanes) and handled_at is not null returning 1),
     sent as (update ${schema}.outbox set value = '${FORGOTTEN}' where key in (select lane from lanes) and sent_at is not null returning 1),
     letters as (update ${schema}.quarantine set value = '${FORGOTTEN}', headers = '{}', key = null
       where portfolio_id in (select lane from lanes) and resolved_at is not null returning 1)
     select (select count(*) from events) + (select count(*) from sent) + (select count(*) from letters) as count`,
    [lanes],
  );
  return Number(rows[0]?.count ?? 0);
};
