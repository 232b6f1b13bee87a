/** Bank adapters that lie about whom a payment can be made to. */
import { createPaymentsApi } from '../../shared/adapters/core-banking/payments-api/adapter.js';
import type { CoreBankingKit } from './core-banking.conformance.js';
import type { Liar } from './liars.js';
import { paymentsApiKit } from './payments-api.kit.js';

export const payeeLiars: readonly Liar<CoreBankingKit>[] = [
  {
    lie: 'knows of no payee whom it would refuse',
    convictedBy: ['a payee whom no payment can carry is refused before anything is sent, and any other is paid'],
    start: () => paymentsApiKit((at) => ({ ...createPaymentsApi(at), canPay: () => null })),
  },
  {
    lie: 'refuses everybody whose name has an accent',
    convictedBy: ['a payee whom no payment can carry is refused before anything is sent, and any other is paid'],
    start: () =>
      paymentsApiKit((at) => {
        const port = createPaymentsApi(at);
        return {
          ...port,
          canPay: (payee) => (/^[\x20-\x7e]*$/.test(payee.creditorName) ? port.canPay(payee) : 'not sent: a letter with an accent'),
        };
      }),
  },
];
