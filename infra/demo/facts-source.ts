/** Interim: straight from the database. */
import { Client } from 'pg';
import type { DeadLetter, Facts, Journey, ParkedEffect } from './facts.js';
export const readFactsFromDatabase = async (url: string): Promise<Facts> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  const journeys: Journey[] = []; const parked: ParkedEffect[] = []; const deadLetters: DeadLetter[] = [];
  for (const s of ['withdrawal', 'payout', 'rebalancing', 'portfolio']) {
    const j = await client.query(`select id, flow, portfolio_id, status, ended, waits_for, coalesce(held, state->>'reason') as reason from ${s}.journey`);
    for (const r of j.rows as Record<string, never>[]) journeys.push({ id: r['id'] ?? '', journey: r['flow'] ?? '', portfolioId: r['portfolio_id'] ?? '', status: r['status'] ?? '', ended: r['ended'] ?? false, ...(r['reason'] === null ? {} : { reason: r['reason'] ?? '' }) });
    const e = await client.query(`select e.id, e.journey_id, e.name, e.note, j.portfolio_id from ${s}.effect e join ${s}.journey j on j.id = e.journey_id where e.status = 'parked'`);
    for (const r of e.rows as Record<string, never>[]) parked.push({ effectId: r['id'] ?? '', service: s, journeyId: r['journey_id'] ?? '', portfolioId: r['portfolio_id'] ?? '', effect: r['name'] ?? '', note: r['note'] ?? null });
    const q = await client.query(`select event_id, portfolio_id, reason from ${s}.quarantine where resolved_at is null`);
    for (const r of q.rows as Record<string, never>[]) deadLetters.push({ eventId: r['event_id'] ?? '', service: s, portfolioId: r['portfolio_id'] ?? null, reason: r['reason'] ?? '' });
  }
  await client.end();
  return { journeys, parked, deadLetters };
};
