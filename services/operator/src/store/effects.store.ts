import { schemaOf } from '../../../../contracts/internal/services.js';
import {
  JOURNEY_SERVICES,
  OPEN_EFFECTS,
  targetOf,
  type EffectFilter,
  type EffectRow,
  type JourneyService,
  type Page,
} from '../decide/operator.js';
import { newestActs } from './acts.store.js';
import { isoOrNull, jsonOf, pageOf, rowsOf, type Opened } from './rows.js';

const EVERY_STATUS = [...OPEN_EFFECTS, 'applied', 'rejected'];

type Row = {
  service: JourneyService;
  id: string;
  name: string;
  kind: string;
  status: string;
  generation: number;
  attempt: number;
  reference: string | null;
  note: string | null;
  proof: string | null;
  last_sent_at: Date | null;
  request: string;
  journey_id: string;
  flow: string;
  journey_status: string;
  portfolio_id: string;
  amount: string | null;
  currency: string | null;
};

/** Whatever has become of it; null when nothing goes by this id. */
export const effectById = async (from: Opened, effectId: string): Promise<EffectRow | null> => {
  const { items } = await listEffects(from, { effectId, statuses: EVERY_STATUS, answeredToo: false, limit: 1 });
  return items[0] ?? null;
};

/** Longest silence first. */
export const listEffects = async ({ from, opening }: Opened, filter: EffectFilter): Promise<Page<EffectRow>> => {
  const select = JOURNEY_SERVICES.map(
    (service) => `
    select '${service}' as service, e.id, e.name, e.kind, e.status, e.generation, e.attempt, e.reference, e.note, e.proof, e.planned_at, e.last_sent_at, e.request::text as request,
      j.id as journey_id, j.flow, j.status as journey_status, j.portfolio_id, j.amount, j.currency
    from ${schemaOf(service)}.effect e join ${schemaOf(service)}.journey j on j.id = e.journey_id
    where ($1::text is null or e.id = $1) and (e.status = any($2::text[]) or ($3::boolean and '${service}/' || e.id in
      (select target from operator.act where kind = 'answer-effect' and made_at > now() - interval '1 day')))`,
  ).join(' union all ');
  const rows = await rowsOf<Row>(from, `select * from (${select}) every order by coalesce(last_sent_at, planned_at), id limit $4`, [
    filter.effectId ?? null,
    filter.statuses,
    filter.answeredToo,
    filter.limit + 1,
  ]);
  const requests = rows.map((row) => jsonOf(row.request));
  await opening.know(requests);
  const acts = await newestActs(
    { from, opening },
    'answer-effect',
    rows.map((row) => targetOf(row.service, row.id)),
  );
  const effects = rows.map((row, at) => ({
    service: row.service,
    effectId: row.id,
    effect: row.name,
    kind: row.kind,
    status: row.status,
    generation: row.generation,
    attempt: row.attempt,
    reference: row.reference,
    note: row.note,
    proof: row.proof,
    lastSentAt: isoOrNull(row.last_sent_at),
    request: opening.json(requests[at] ?? null, row.id),
    journeyId: row.journey_id,
    journey: row.flow,
    journeyStatus: row.journey_status,
    portfolioId: row.portfolio_id,
    amount: row.amount,
    currency: row.currency,
    act: acts.get(targetOf(row.service, row.id)) ?? null,
  }));
  return pageOf(effects, filter.limit);
};
