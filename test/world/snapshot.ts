/** One look at everything: the three books of the outside world, and why, out of the database. */
import { engineSchemaNames } from '../../contracts/internal/services.js';
import type { Pool } from 'pg';
import type { Books } from './books.js';
import type { World } from './world.js';

export interface JourneyRow {
  readonly service: string;
  readonly id: string;
  readonly flow: string;
  readonly subject: string;
  readonly portfolioId: string;
  readonly status: string;
  readonly ended: boolean;
  readonly held: string | null;
  readonly waitsFor: string | null;
  readonly reason: string | null;
}
export interface EffectRow {
  readonly service: string;
  readonly id: string;
  readonly journeyId: string;
  readonly portfolioId: string;
  readonly name: string;
  readonly status: string;
  readonly generation: number;
  readonly note: string | null;
}
/** What is neither sent nor handled yet. */
export interface UnderWay {
  readonly service: string;
  readonly what: string;
  readonly portfolioId: string;
  readonly note: string;
}

export interface Snapshot {
  readonly books: Books;
  readonly journeys: readonly JourneyRow[];
  /** Every write, and the questions that are open. */
  readonly effects: readonly EffectRow[];
  readonly underWay: readonly UnderWay[];
}

const ofAll = (part: (schema: string) => string): string => engineSchemaNames.map(part).join(' union all ');

const JOURNEYS = ofAll(
  (s) => `select '${s}' as service, id, flow, subject, portfolio_id as "portfolioId", status, ended, held, waits_for as "waitsFor",
    state->>'reason' as reason, opened_at as at from ${s}.journey`,
);
const EFFECTS = ofAll(
  (
    s,
  ) => `select '${s}' as service, e.id, e.journey_id as "journeyId", j.portfolio_id as "portfolioId", e.name, e.status, e.generation, e.note
    from ${s}.effect e join ${s}.journey j on j.id = e.journey_id where e.kind <> 'read' or e.status in ('planned', 'sending', 'accepted', 'unknown', 'parked')`,
);
const UNDER_WAY = ofAll(
  (s) => `
  select '${s}' as service, 'inbox' as what, portfolio_id as "portfolioId", event_id as note from ${s}.inbox where handled_at is null
  union all select '${s}', 'outbox', key, event_id from ${s}.outbox where sent_at is null
  union all select '${s}', 'quarantine', portfolio_id, reason from ${s}.quarantine where resolved_at is null
  union all select '${s}', 'blocked lane', portfolio_id, reason from ${s}.blocked_lane`,
);

export const readUnderWay = async (pool: Pool): Promise<readonly UnderWay[]> => (await pool.query<UnderWay>(UNDER_WAY)).rows;

export const takeSnapshot = async (world: World, pool: Pool): Promise<Snapshot> => {
  const books = await world.books();
  // After the books: what the books show must be explained by what the database says, not the other way round.
  const journeys = await pool.query<JourneyRow>(`select * from (${JOURNEYS}) as j order by at`);
  const effects = await pool.query<EffectRow>(EFFECTS);
  const underWay = await readUnderWay(pool);
  return { books, journeys: journeys.rows, effects: effects.rows, underWay };
};
