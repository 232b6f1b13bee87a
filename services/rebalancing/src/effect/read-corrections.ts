import { Bug } from '../../../../shared/kernel/bug.js';
import type { BrokerPort, CorrectedParty } from '../../../../shared/ports/broker.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Correction, CorrectionEffects } from '../decide/correction.js';

type Request = { readonly party: CorrectedParty; readonly sinceMs: number };

/** The account where there is one: a customer may have several. */
const partyOf = ({ account, customer }: Correction): CorrectedParty => {
  if (account !== null) return { by: 'account', name: account };
  if (customer !== null) return { by: 'customer', name: customer };
  throw new Bug('a correction of nobody is looked at');
};

/**
 * Looks at the orders of the account and at what the broker's books hold of them.
 * @param lookBackMs how far back, from when the correction was announced.
 */
export const readCorrections = (
  broker: BrokerPort,
  timing: Timing,
  lookBackMs: number,
): EffectDefinitions<Correction, CorrectionEffects>['ReadCorrections'] => ({
  kind: 'read',
  system: 'broker',
  timing,
  request: (correction, { openedAtMs }): Request => ({ party: partyOf(correction), sinceMs: openedAtMs - lookBackMs }),
  read: ({ party, sinceMs }: Request, sending) => broker.readCorrections(party, sinceMs, sending.signal),
});
