/** What people do with the quarantine, and what goes there from the outbox, as statements. */
import { isUnset } from './step-statement.js';
import { NOT_SENDABLE, OTHER_BODY } from './store.js';

/** In SQL: what waits for people without stopping a lane. */
const STOPS_NO_LANE = `('${OTHER_BODY}', '${NOT_SENDABLE}')`;

/** A lane opens when what stopped it is released, unless another quarantined message waits for people: then that one stops it. */
const OPEN_LANE = `
  others as (
    select distinct on (q.portfolio_id) q.portfolio_id, q.event_id, q.reason from quarantine q join released r on r.portfolio_id = q.portfolio_id
    where q.resolved_at is null and q.error_class not in ${STOPS_NO_LANE} and q.event_id is distinct from r.event_id order by q.portfolio_id, q.first_seen),
  handed_on as (
    update blocked_lane b set event_id = o.event_id, reason = o.reason from others o join released r on r.portfolio_id = o.portfolio_id
    where b.portfolio_id = o.portfolio_id and b.event_id is not distinct from r.event_id),
  opened_lane as (
    delete from blocked_lane b using released r where b.portfolio_id = r.portfolio_id and b.event_id is not distinct from r.event_id
      and not exists (select 1 from others o where o.portfolio_id = b.portfolio_id))`;

/** How a message that was quarantined looked on Kafka, which the inbox does not keep. */
export const QUARANTINED =
  'q.key as kept_key, q.headers as kept_headers, q.attempts, q.first_seen, q.value is distinct from i.value as is_corrected';

/** Of $1 what is still to be sent leaves the outbox; $2 says why. */
export const SET_ASIDE = `
  with refused as (
    delete from outbox o using unnest($1::text[], $2::text[]) as r(event_id, reason) where o.event_id = r.event_id and ${isUnset('o.sent_at')}
    returning o.event_id, o.topic, o.key, o.headers, o.value, r.reason)
  insert into quarantine (event_id, portfolio_id, topic, key, headers, value, error_class, reason)
  select event_id, key, topic, key, headers, value, '${NOT_SENDABLE}', reason from refused
  on conflict (event_id) do update set attempts = quarantine.attempts + 1, reason = excluded.reason, value = excluded.value, resolved_at = null, resolution = null`;

/** $1 goes back to the outbox, with $3 as its value where that is given. */
export const SEND_AGAIN = `
  with released as (
    update quarantine set resolved_at = now(), resolution = $2 where event_id = $1 and resolved_at is null and error_class = '${NOT_SENDABLE}'
      and attempts = coalesce($4, attempts) returning *)
  insert into outbox (event_id, topic, key, headers, value)
  select event_id, topic, key, headers, coalesce($3::text, value) from released on conflict (event_id) do nothing returning event_id`;

/** $1 is to be handled again, with $3 as its value where that is given. */
export const REPLAY = `
  with released as (
    update quarantine set resolved_at = now(), resolution = $2 where event_id = $1 and resolved_at is null
      and attempts = coalesce($4, attempts) returning *),
  opened as (
    insert into inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value)
    select event_id, md5(coalesce($3::text, value)), topic, "partition", "offset", portfolio_id, coalesce($3::text, value) from released
    on conflict (event_id) do update set value = excluded.value, handled_at = null, note = null returning *),
  ${OPEN_LANE}
  select i.event_id, i.portfolio_id, i.value, i.topic, i.topic || '/' || i."partition" || '/' || i."offset" as source, ${QUARANTINED}
  from opened i join released q on q.event_id = i.event_id`;

/** $1 is decided: it is of no use. */
export const DISCARD = `
  with released as (
    update quarantine set resolved_at = now(), resolution = $2 where event_id = $1 and resolved_at is null
      and attempts = coalesce($3, attempts) returning *),
  ${OPEN_LANE}
  select 1 from released`;

/** What an answer had stopped, not a message. */
export const RELEASE_LANE = `
  with released as (select portfolio_id, null::text as event_id from blocked_lane where portfolio_id = $1 and event_id is null),
  ${OPEN_LANE}
  select 1`;

/** Lanes whose messages were all decided. */
export const OPEN_DECIDED_LANES = `
  delete from blocked_lane b where event_id is not null and since < now() - interval '1 second'
    and not exists (select 1 from quarantine q where q.portfolio_id = b.portfolio_id and q.resolved_at is null and q.error_class not in ${STOPS_NO_LANE})`;
