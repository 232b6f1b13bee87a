import type { CoreBankingPort } from '../../../../shared/ports/core-banking.js';
import { createClient, type ClientOptions } from '../client.js';
import { notAsked, notBuilt } from '../unbuilt.js';
import { abilitiesOf } from './abilities.js';

export type SampleOptions = ClientOptions & {
  /** Overrides the careful value, in ms. */
  readonly longestLifeMs?: number | undefined;
};

/** sample behind our port. Nothing is sent yet. `close` gives back its idle sockets. */
export const createSample = (options: SampleOptions): CoreBankingPort & { readonly close: () => void } => {
  const client = createClient(options);
  return {
    provider: 'sample',
    abilities: abilitiesOf(options.longestLifeMs),
    // Write here what the rail refuses for certain: name, letters, form of the account. Null lets every payee go to the bank.
    canPay: () => null,
    pay: async () => notBuilt('pay'),
    findPayment: async () => notAsked('findPayment'),
    readPayment: async () => notBuilt('readPayment'),
    readCustomer: async () => notBuilt('readCustomer'),
    close: client.close,
  };
};
