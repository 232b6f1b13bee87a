import { Bug } from '../../../../shared/kernel/bug.js';
import type { BrokerAccountId, InstrumentId } from '../../../../shared/kernel/ids.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Market, Optimisation } from '../decide/optimisation.js';
import { instrumentsToPrice } from '../decide/optimisation.rules.js';

/** Reads the last price of each instrument that is to be ordered next, and what the account holds. An instrument without a price is left out. */
export const checkPrices = (
  broker: BrokerPort,
  timing: Timing,
): ReadEffect<Optimisation, { readonly instruments: readonly InstrumentId[]; readonly account: BrokerAccountId }, Market, 'not-found'> => ({
  kind: 'read',
  system: 'broker',
  timing,
  request: (state) => {
    if (state.account === null) throw new Bug('prices are asked before the account is known');
    return { instruments: instrumentsToPrice(state), account: state.account };
  },
  read: async ({ instruments, account }, { signal }) => {
    const [prices, positions] = await Promise.all([broker.readPrices(instruments, signal), broker.readPositions(account, signal)]);
    if (prices.kind !== 'applied') return prices;
    if (positions.kind !== 'applied') return positions;
    return {
      kind: 'applied',
      result: { prices: prices.result, units: Object.fromEntries(positions.result.map(({ instrument, units }) => [instrument, units])) },
    };
  },
});
