/** The tenant's limits as one process of a history reaches them: the database is on the way, and may answer late or not at all. */
import type { LimitsPort } from '../../services/payout/src/decide/limits.js';
import type { OwnTablesAnswer } from '../../services/payout/src/decide/own-tables.js';
import type { MemoryLimits } from '../builders/limits.js';
import type { Network } from './network.js';

export const simulatedLimits = (limits: MemoryLimits, network: Network): LimitsPort => {
  const asked = <A>(what: string, act: () => A): Promise<OwnTablesAnswer<A>> =>
    network.database<OwnTablesAnswer<A>>(what, () => ({ answer: act() }), { away: 'the connection broke' });
  return {
    reserve: (key, day, request, chosen) =>
      asked(`reserves limits for ${request.payoutId}`, () => limits.reserve(key, day, request, chosen)),
    isReserved: (key) => asked('looks for a reservation', () => limits.reservations.has(key)),
    free: (payoutId) =>
      asked(`frees the limits of ${payoutId}`, () => {
        limits.free(payoutId);
        return null;
      }),
  };
};
