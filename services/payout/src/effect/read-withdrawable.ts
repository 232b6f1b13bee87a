import { isoOf } from '../../../../shared/kernel/instant.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

type Request = { readonly brokerAccount: string };

/** What is free to leave the customer's account now. */
export const readWithdrawable = (
  broker: Pick<BrokerPort, 'readCash'>,
  timing: Timing,
  nowMs: () => number,
): EffectDefinitions<Payout, PayoutEffects>['ReadWithdrawable'] => ({
  kind: 'read',
  system: 'broker',
  timing,
  request: (p): Request => ({ brokerAccount: p.brokerAccount }),
  read: async (request: Request, { signal }) => {
    const outcome = await broker.readCash(request.brokerAccount as BrokerAccountId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { withdrawable, currency } = outcome.result;
    return { kind: 'applied', result: { withdrawable, currency, at: isoOf(nowMs()) } };
  },
});
