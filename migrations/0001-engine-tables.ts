/**
 * The engine's tables as the first release began, the same in every service's schema. What each one guards is said beside it; the
 * steps that write them are in shared/runtime/engine/store/step-statement.ts. Frozen: later migrations change what this one has made.
 */
const TABLES = `
create sequence {schema}.owner_id as integer;

-- An event is taken in once. A second body under the same id is an alarm, found by its hash.
create table {schema}.inbox (
  event_id     text primary key,
  seq          bigint generated always as identity,
  content_hash text not null,
  topic        text,
  "partition"  integer,
  "offset"     bigint,
  portfolio_id text not null,
  value        text not null,
  received_at  timestamptz not null default now(),
  handled_at   timestamptz,
  note         text
) with (fillfactor = 70);
create index inbox_open on {schema}.inbox (seq) where handled_at is null;
create index inbox_portfolio on {schema}.inbox (portfolio_id, seq);

-- One open journey per flow and subject; the version fences every write.
create table {schema}.journey (
  id           text primary key,
  flow         text not null,
  subject      text not null,
  portfolio_id text not null,
  version      integer not null,
  status       text not null,
  state        jsonb not null,
  state_version integer not null,
  effect_id    text,
  held         text,
  waits_for    text,
  owned_by     text not null,
  amount       text,
  currency     text,
  ended        boolean not null,
  opened_at    timestamptz not null default now(),
  since        timestamptz not null default now(),
  due_at       timestamptz,
  overdue_at   timestamptz,
  alarmed_at   timestamptz,
  -- The last status that waited, and when that wait is overdue: looking again in between does not start it anew.
  wait_status  text,
  wait_overdue_at timestamptz
) with (fillfactor = 60);
create unique index journey_open on {schema}.journey (flow, subject) where not ended;
create index journey_due on {schema}.journey (due_at) where due_at is not null;
create index journey_portfolio on {schema}.journey (portfolio_id);

-- The same request can never be inserted twice. The request is frozen as it was sent.
create table {schema}.effect (
  id            text primary key,
  journey_id    text not null,
  name          text not null,
  kind          text not null check (kind in ('read', 'by-key', 'once')),
  generation    integer not null check (generation >= 1),
  status        text not null check (status in ('planned', 'sending', 'accepted', 'unknown', 'applied', 'rejected', 'parked')),
  owner         integer,
  attempt       integer not null,
  request       jsonb not null,
  reference     text,
  planned_at    timestamptz not null,
  first_sent_at timestamptz,
  last_sent_at  timestamptz,
  due_at        timestamptz,
  result        jsonb,
  note          text,
  -- A new key needs a written proof: absence shown, or what people said.
  proof         text,
  constraint a_new_generation_has_a_proof check (generation = 1 or proof is not null)
) with (fillfactor = 60);
create index effect_journey on {schema}.effect (journey_id);
create index effect_due on {schema}.effect (due_at) where due_at is not null;
create index effect_sending on {schema}.effect (owner) where status = 'sending';
create index effect_reference on {schema}.effect (reference) where reference is not null;

-- Append-only: what came in, what was decided, and why.
create table {schema}.history (
  journey_id text not null,
  version    integer not null,
  at         timestamptz not null default now(),
  occasion   text not null,
  source     text,
  status     text not null,
  effect_id  text,
  said       text,
  note       text,
  primary key (journey_id, version)
);
create function {schema}.history_is_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'history is append-only'; end $$;
create trigger history_is_append_only before update or delete on {schema}.history
  for each row execute function {schema}.history_is_append_only();

-- Said exactly when the step was written; gone to Kafka when sent_at is set.
create table {schema}.outbox (
  event_id   text primary key,
  topic      text not null,
  key        text not null,
  headers    text not null,
  value      text not null,
  created_at timestamptz not null default now(),
  sent_at    timestamptz
) with (fillfactor = 70);
create index outbox_open on {schema}.outbox (created_at) where sent_at is null;

-- Only lanes in trouble have a row.
create table {schema}.blocked_lane (
  portfolio_id text primary key,
  event_id     text,
  reason       text not null,
  since        timestamptz not null default now()
);

-- The whole message, why, and what people did about it.
create table {schema}.quarantine (
  event_id     text primary key,
  portfolio_id text not null,
  topic        text not null,
  "partition"  integer,
  "offset"     bigint,
  key          text,
  headers      text not null,
  value        text not null,
  error_class  text not null,
  reason       text not null,
  attempts     integer not null default 1,
  first_seen   timestamptz not null default now(),
  resolved_at  timestamptz,
  resolution   text
);
create index quarantine_open on {schema}.quarantine (first_seen) where resolved_at is null;

-- Fails the whole statement, so that nothing of it is written, when somebody else moved a journey first.
create function {schema}.expect_all(given bigint, done bigint) returns bigint language plpgsql as
  $$ begin if given <> done then raise exception 'stale: % of % rows', done, given using errcode = 'CMW01'; end if; return done; end $$;
`;

export const engineTables = (schema: string): string => TABLES.replaceAll('{schema}', schema);
