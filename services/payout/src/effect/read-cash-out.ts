import type { BrokerPort, CashOut } from '../../../../shared/ports/broker.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { cashOutIdOf } from '../decide/payout.rules.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';
import { seenOf } from './create-cash-out.js';

type Request = { readonly cashOutId: string; readonly approved: boolean };

/** True when a status says nothing to act on. After our approval the broker may show for a while that it still needs one. */
const noNews = (status: CashOut['status'], approved: boolean): boolean =>
  status === 'pending' || status === 'unclear' || (status === 'needs-approval' && approved);

/** Asks until the cash-out is at an end. */
export const readCashOut = (
  broker: Pick<BrokerPort, 'readCashOut'>,
  timing: Timing,
): EffectDefinitions<Payout, PayoutEffects>['ReadCashOut'] => ({
  kind: 'read',
  system: 'broker',
  timing,
  request: (p): Request => ({ cashOutId: cashOutIdOf(p), approved: p.approved }),
  reference: (request: Request) => request.cashOutId,
  read: async (request: Request, { signal }) => {
    const outcome = await broker.readCashOut(request.cashOutId, signal);
    if (outcome.kind !== 'applied') return outcome;
    const { status, brokerStatus } = outcome.result;
    if (noNews(status, request.approved))
      return { kind: 'accepted', reference: request.cashOutId, note: `the broker says ${brokerStatus}` };
    return { kind: 'applied', result: seenOf(outcome.result) };
  },
});
