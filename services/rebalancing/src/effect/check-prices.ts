import type { InstrumentId } from '../../../../shared/kernel/ids.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { ReadEffect, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Optimisation, Price } from '../decide/optimisation.js';
import { instrumentsToPrice } from '../decide/optimisation.rules.js';

/** Reads the last price of each instrument that is to be ordered next. An instrument without a price is left out. */
export const checkPrices = (
  broker: BrokerPort,
  timing: Timing,
): ReadEffect<Optimisation, { readonly instruments: readonly InstrumentId[] }, readonly Price[], 'not-found'> => ({
  kind: 'read',
  system: broker.provider,
  timing,
  request: (state) => ({ instruments: instrumentsToPrice(state) }),
  read: (request, sending) => broker.readPrices(request.instruments, sending.signal),
});
