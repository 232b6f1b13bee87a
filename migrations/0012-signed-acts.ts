import type { Knex } from 'knex';

/**
 * The database does not believe the operator's role. Triggers of the owner of the tables decide what an act needs, and who may change it.
 * They write the log, too: the role itself cannot.
 *
 * Names and topics are those of their time, on purpose (README.md). A message that is not listed in `operator.one_person_replays` needs
 * two people. A service that comes later adds its own rows by a migration of its own.
 */
const RULES = `
  create table operator.act_kind (
    kind   text primary key,
    second text not null check (second in ('always', 'never', 'by-message'))
  );
  insert into operator.act_kind (kind, second) values
    ('replay-dead-letter', 'by-message'), ('discard-dead-letter', 'never'), ('answer-effect', 'always');
  create table operator.one_person_replays (
    service   text not null,
    topic     text not null,
    corrected boolean not null,
    primary key (service, topic, corrected)
  );
  -- It only makes us read again at the source, as it was stored and corrected.
  insert into operator.one_person_replays (service, topic, corrected)
    select service, topic, corrected from (values
      ('withdrawal', 'portfolio.withdrawal-request'), ('payout', 'broker.cash-status'), ('rebalancing', 'optimisations.status-update'),
      ('rebalancing', 'optimisations.owner-choice-update'), ('rebalancing', 'broker.order-status')) as again (service, topic),
      (values (false), (true)) as either (corrected);
  -- Its sender is believed, so a correction would be, too.
  insert into operator.one_person_replays (service, topic, corrected) values
    ('payout', 'core-banking.transfer-status', false), ('portfolio', 'portfolio.withdrawal-request', false);
`;

const COLUMNS = `
  alter table operator.act
    add column act_id text,
    add column signature text,
    add column approval text,
    add column withdrawn_why text,
    add constraint act_kind_known foreign key (kind) references operator.act_kind (kind),
    add constraint act_carried_out_once unique (act_id),
    -- One spelling of a person: two spellings are not two people.
    add constraint people_are_normalised check (
      made_by ~ '^[a-z][a-z0-9._-]{0,63}$' and coalesce(approved_by, 'a') ~ '^[a-z][a-z0-9._-]{0,63}$' and coalesce(withdrawn_by, 'a') ~ '^[a-z][a-z0-9._-]{0,63}$'),
    add constraint approved_with_a_signature check (approved_by is null or act_id is null or approval is not null);
  -- How the hash of a line is computed: 1 by the service, up to the second release; 2 here.
  alter table operator.audit add column form smallint not null default 1;
`;

/** Each field with its length before it, so that no two lines have the same text. */
const HASH = `
  create function operator.hash_of_fields(variadic fields text[]) returns text language sql immutable set search_path = pg_catalog as
    $$ select encode(sha256(convert_to(string_agg(octet_length(field)::text || ':' || field, '' order by place), 'UTF8')), 'hex')
       from unnest(fields) with ordinality as f (field, place) $$;
  create function operator.hash_of_act(a operator.act) returns text language sql stable set search_path = pg_catalog as
    $$ select operator.hash_of_fields(a.id::text, a.kind, a.target, a.details::text, a.why, a.made_by, a.needs_second::text, coalesce(a.act_id, ''), coalesce(a.signature, '')) $$;
`;

/** One writer at a time, so that no number is left out. Lines are written here and nowhere else. */
const LINES = `
  create function operator.write_line(who text, what text, target text, details jsonb) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
  declare
    before record;
    now_at timestamptz := clock_timestamp();
    next_seq bigint;
    prior text;
  begin
    perform pg_advisory_xact_lock(7215003);
    select seq, hash into before from operator.audit order by seq desc limit 1;
    next_seq := coalesce(before.seq, 0) + 1;
    prior := coalesce(before.hash, repeat('0', 64));
    insert into operator.audit (seq, at, who, what, target, details, previous, hash, form) values (next_seq, now_at, who, what, target, details, prior,
      operator.hash_of_fields('audit-2', next_seq::text, to_char(now_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), who, what, target, details::text, prior), 2);
  end $$;
  revoke all on function operator.write_line from public;

  -- What was refused to a person stands in the log, too. No such line looks like one about an act.
  create function operator.note_refusal(who text, what text, target text, because text) returns void
    language sql security definer set search_path = pg_catalog as
    $$ select operator.write_line(who, 'refused: ' || what, target, jsonb_build_object('because', because)) $$;
  revoke all on function operator.note_refusal from public;
`;

const BEFORE_INSERT = `
  -- The message itself says which topic it came from; what the act says about it is not asked.
  create function operator.act_needs_second(kind text, details jsonb) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog as $$
  declare
    rule text;
    of_service text := details ->> 'service';
    found_topic text;
  begin
    select k.second into rule from operator.act_kind k where k.kind = act_needs_second.kind;
    if rule is distinct from 'by-message' then return rule is distinct from 'never'; end if;
    if not exists (select from public.engine_schema where name = replace(of_service, '-', '_')) then return true; end if;
    execute format('select topic from %I.quarantine where event_id = $1', replace(of_service, '-', '_')) into found_topic using details ->> 'eventId';
    return not exists (select from operator.one_person_replays r
      where r.service = of_service and r.topic = found_topic and r.corrected = (coalesce(details ->> 'correctedValue', '') <> ''));
  end $$;
  revoke all on function operator.act_needs_second from public;

  create function operator.act_is_asked() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
  begin
    if new.act_id is null or new.signature is null then raise exception 'an act is signed by who asks for it' using errcode = 'check_violation'; end if;
    if new.act_id !~ '^[A-Za-z0-9-]{8,64}$' or octet_length(new.signature) > 100 then raise exception 'no id or no signature of an act' using errcode = 'check_violation'; end if;
    -- Nothing of what happens later can be there from the beginning, whatever was written.
    new.made_at := now();
    new.approved_by := null; new.approved_at := null; new.approval := null;
    new.withdrawn_by := null; new.withdrawn_at := null; new.withdrawn_why := null;
    new.carried_out_at := null; new.failed := null;
    new.needs_second := operator.act_needs_second(new.kind, new.details);
    return new;
  end $$;
  create trigger act_is_asked before insert on operator.act for each row execute function operator.act_is_asked();
`;

const BEFORE_UPDATE = `
  -- What was asked stays as it was asked; each of the ways on is taken once.
  create function operator.act_goes_on() returns trigger language plpgsql set search_path = pg_catalog as $$
  begin
    if (old.id, old.kind, old.target, old.details, old.why, old.made_by, old.made_at, old.needs_second)
       is distinct from (new.id, new.kind, new.target, new.details, new.why, new.made_by, new.made_at, new.needs_second)
       or (old.job, old.act_id, old.signature) is distinct from (new.job, new.act_id, new.signature)
      then raise exception 'what was asked stays as it was asked' using errcode = 'check_violation'; end if;
    if old.carried_out_at is not null or old.withdrawn_at is not null or old.failed is not null
      then raise exception 'this act is over' using errcode = 'check_violation'; end if;
    if old.approved_by is not null and (old.approved_by, old.approved_at, old.approval) is distinct from (new.approved_by, new.approved_at, new.approval)
      then raise exception 'an act is approved once' using errcode = 'check_violation'; end if;
    if new.approved_by is not null and not new.needs_second
      then raise exception 'nobody has to approve this act' using errcode = 'check_violation'; end if;
    if old.approved_by is null and new.approved_by is not null and new.approval is null
      then raise exception 'a yes is signed by who says it' using errcode = 'check_violation'; end if;
    if new.withdrawn_by is not null and (old.approved_by is not null or new.approved_by is not null)
      then raise exception 'an approved act cannot be taken back' using errcode = 'check_violation'; end if;
    return new;
  end $$;
  create trigger act_goes_on before update on operator.act for each row execute function operator.act_goes_on();
  create function operator.act_stays() returns trigger language plpgsql set search_path = pg_catalog as
    $$ begin raise exception 'an act is never taken out' using errcode = 'check_violation'; end $$;
  create trigger act_stays before delete on operator.act for each row execute function operator.act_stays();
  create trigger acts_stay before truncate on operator.act for each statement execute function operator.act_stays();
  create trigger audit_stays before truncate on operator.audit for each statement execute function operator.audit_is_append_only();
`;

const WRITTEN_DOWN = `
  create function operator.act_is_written_down() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
  declare
    about jsonb := jsonb_build_object('act', new.id::text, 'actId', new.act_id);
    corrected text := new.details ->> 'correctedValue';
  begin
    if tg_op = 'INSERT' then
      perform operator.write_line(new.made_by, 'asked: ' || new.kind, new.target, about
        || jsonb_build_object('job', new.job::text, 'why', new.why, 'needsSecond', new.needs_second, 'content', operator.hash_of_act(new))
        || case when corrected is null then '{}'::jsonb else jsonb_build_object('correctedValueSha256', encode(sha256(convert_to(corrected, 'UTF8')), 'hex')) end
        || (new.details - 'correctedValue'));
      return null;
    end if;
    if old.approved_by is null and new.approved_by is not null then
      perform operator.write_line(new.approved_by, 'approved: ' || new.kind, new.target, about || jsonb_build_object('madeBy', new.made_by, 'approval', new.approval));
    end if;
    if old.withdrawn_by is null and new.withdrawn_by is not null then
      perform operator.write_line(new.withdrawn_by, 'withdrew: ' || new.kind, new.target, about || jsonb_build_object('why', new.withdrawn_why));
    end if;
    if old.carried_out_at is null and new.carried_out_at is not null then
      perform operator.write_line(new.made_by, 'carried out: ' || new.kind, new.target, about || jsonb_build_object('approvedBy', new.approved_by));
    end if;
    if old.failed is null and new.failed is not null then
      perform operator.write_line(new.made_by, 'failed: ' || new.kind, new.target, about || jsonb_build_object('approvedBy', new.approved_by, 'failed', new.failed));
    end if;
    return null;
  end $$;
  create trigger act_is_written_down after insert or update on operator.act for each row execute function operator.act_is_written_down();
`;

const RIGHTS = `
  revoke all on operator.act, operator.audit from cmw_operator;
  grant select on operator.act, operator.audit, operator.act_kind, operator.one_person_replays to cmw_operator;
  grant insert (kind, target, details, why, made_by, job, act_id, signature) on operator.act to cmw_operator;
  grant update (approved_by, approved_at, approval, withdrawn_by, withdrawn_at, withdrawn_why, carried_out_at, failed) on operator.act to cmw_operator;
  grant execute on function operator.note_refusal, operator.hash_of_act, operator.hash_of_fields to cmw_operator;
`;

export const up = async (knex: Knex): Promise<void> => {
  for (const text of [RULES, COLUMNS, HASH, LINES, BEFORE_INSERT, BEFORE_UPDATE, WRITTEN_DOWN, RIGHTS]) await knex.raw(text);
};
