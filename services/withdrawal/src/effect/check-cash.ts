import { isZero, sum } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { portfolioOf } from '../decide/withdrawal.rules.js';
import type { Withdrawal, WithdrawalEffects } from '../decide/withdrawal.js';

type Request = { readonly account: string; readonly currency: string };
type Broker = Pick<BrokerPort, 'readCash' | 'readOpenOrders' | 'readPositions'>;

/** Cash, open orders and positions at the broker. Cash is asked for last: it is what is paid from. */
export const checkCash = (broker: Broker, timing: Timing): EffectDefinitions<Withdrawal, WithdrawalEffects>['CheckCash'] => ({
  kind: 'read',
  system: 'broker',
  timing,
  request: (w): Request => {
    const { brokerAccount, currency } = portfolioOf(w);
    return { account: brokerAccount, currency };
  },
  read: async (request: Request, { signal }) => {
    const account = request.account as BrokerAccountId;
    const [orders, positions] = await Promise.all([broker.readOpenOrders(account, signal), broker.readPositions(account, signal)]);
    if (orders.kind !== 'applied') return orders;
    if (positions.kind !== 'applied') return positions;
    const cash = await broker.readCash(account, signal);
    if (cash.kind !== 'applied') return cash;
    const { currency, withdrawable, pendingSettlement, pendingOut } = cash.result;
    if (currency !== request.currency)
      return { kind: 'rejected', reason: 'other-currency', note: `the broker account is kept in ${currency}` };
    return {
      kind: 'applied',
      result: {
        withdrawable,
        pendingSettlement: sum(pendingSettlement.map(({ amount }) => amount)),
        pendingOut,
        openOrders: orders.result.length,
        positions: positions.result.filter(({ units }) => !isZero(units)).length,
      },
    };
  },
});
