import type { BrokerPort } from '../../../../shared/ports/broker.js';
import { createClient, type ClientOptions } from '../client.js';
import { notAsked, notBuilt } from '../unbuilt.js';
import { abilitiesOf } from './abilities.js';

export type SampleOptions = ClientOptions & {
  /** Overrides the careful value, in ms. */
  readonly longestLifeMs?: number | undefined;
};

/** sample behind our port. Nothing is sent yet. `close` gives back its idle sockets. */
export const createSample = (options: SampleOptions): BrokerPort & { readonly close: () => void } => {
  const client = createClient(options);
  return {
    provider: 'sample',
    abilities: abilitiesOf(options.longestLifeMs),

    placeOrder: async () => notBuilt('placeOrder'),
    findOrder: async () => notAsked('findOrder'),
    createCashOut: async () => notBuilt('createCashOut'),
    findCashOut: async () => notAsked('findCashOut'),
    approveCashOut: async () => notBuilt('approveCashOut'),

    readOrder: async () => notBuilt('readOrder'),
    readOpenOrders: async () => notBuilt('readOpenOrders'),
    readSettlement: async () => notBuilt('readSettlement'),
    readCorrections: async () => notBuilt('readCorrections'),
    readCash: async () => notBuilt('readCash'),
    readPositions: async () => notBuilt('readPositions'),
    readPrices: async () => notBuilt('readPrices'),
    readCashOut: async () => notBuilt('readCashOut'),
    readCashOuts: async () => notBuilt('readCashOuts'),
    close: client.close,
  };
};
