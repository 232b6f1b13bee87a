/** What one process of a history learns of its own cash-outs: from the tables of its service, over a connection that may break. */
import type { EarlierPayout, KnownCashOuts, KnownCashOutsPort } from '../../services/payout/src/decide/cash-outs.js';
import { knownOf, REQUEST_NAMES } from '../../services/payout/src/store/known-cash-outs.store.js';
import type { MemoryTables } from './memory-tables.js';
import type { Network } from './network.js';

const cashOutIdIn = (state: string): string | null => (JSON.parse(state) as { readonly cashOutId?: string | null }).cashOutId ?? null;

const knownIn = (tables: MemoryTables, portfolioId: string): KnownCashOuts => {
  const journeys = [...tables.journeys.values()].filter((one) => one.flow === 'payout' && one.portfolioId === portfolioId);
  return knownOf(
    journeys.flatMap((journey) =>
      REQUEST_NAMES.flatMap((name) => {
        const effect = tables.effects.get(`${journey.id}:${name}`);
        if (effect === undefined) return [];
        const { id, generation, proof } = effect;
        return [{ id, name, generation, proof, cashOutId: name === 'CreateCashOut' ? cashOutIdIn(journey.state) : null }];
      }),
    ),
  );
};

const UNPAID = new Set(['Refused', 'MovedBack']);

const earlierIn = (tables: MemoryTables, portfolioId: string, payoutId: string): readonly EarlierPayout[] => {
  const all = [...tables.journeys.values()].filter((one) => one.flow === 'payout' && one.portfolioId === portfolioId);
  const own = all.find(({ id }) => id === payoutId);
  return all
    .filter(({ id, status, openedMs }) => {
      const isEarlier = own === undefined || openedMs < own.openedMs || (openedMs === own.openedMs && id < own.id);
      return id !== payoutId && isEarlier && !UNPAID.has(status);
    })
    .map(({ subject, ended, status, openedMs }) => ({ withdrawalId: subject, isOver: ended || status === 'Returned', sinceMs: openedMs }));
};

export const simulatedKnownCashOuts = (tables: MemoryTables, network: Network): KnownCashOutsPort => ({
  earlierThan: (portfolioId, payoutId) =>
    network.database<Awaited<ReturnType<KnownCashOutsPort['earlierThan']>>>(
      `looks for earlier payouts of ${portfolioId}`,
      () => ({ answer: earlierIn(tables, portfolioId, payoutId) }),
      { away: 'the connection broke' },
    ),
  of: (portfolioId) =>
    network.database<Awaited<ReturnType<KnownCashOutsPort['of']>>>(
      `looks for the cash-outs of ${portfolioId}`,
      () => ({ answer: knownIn(tables, portfolioId) }),
      { away: 'the connection broke' },
    ),
});
