import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { LimitsPort } from '../decide/limits.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';
import { OWN_TABLES } from './reserve-limits.js';

type Request = { readonly payoutId: string };

/** What was reserved for a payout of which it is known that nothing was paid. Freeing twice frees once. */
export const freeLimits = (port: Pick<LimitsPort, 'free'>, timing: Timing): EffectDefinitions<Payout, PayoutEffects>['FreeLimits'] => ({
  kind: 'by-key',
  perJourney: 'one',
  system: 'limits',
  timing,
  ability: OWN_TABLES,
  request: (_p, { id: payoutId }): Request => ({ payoutId }),
  send: async ({ payoutId }: Request) => {
    const said = await port.free(payoutId);
    return 'away' in said ? { kind: 'unknown', evidence: said.away } : { kind: 'applied', result: null };
  },
  // Freed or not, it may be freed again.
  inquire: async () => ({ found: 'absent' }),
  resultFromPerson: () => null,
});
