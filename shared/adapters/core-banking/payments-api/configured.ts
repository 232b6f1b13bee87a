import { address, configurable, secret } from '../../choice.js';
import { createPaymentsApi } from './adapter.js';
import { paymentsApiEvents } from './events.js';

/** The names under which the environment says where the bank's payments API is, and how it is made of them. */
export const paymentsApi = configurable(
  {
    CORE_BANKING_BASE_URL: address.meta({ description: 'payments API of the bank' }),
    CORE_BANKING_TOKEN: secret.meta({ secret: true, description: 'bearer token of the payments API' }),
  },
  (values, { requestLongestLifeMs }: { readonly requestLongestLifeMs: number }, log) =>
    createPaymentsApi({
      baseUrl: values.CORE_BANKING_BASE_URL,
      token: values.CORE_BANKING_TOKEN,
      longestLifeMs: requestLongestLifeMs,
      log,
    }),
  paymentsApiEvents,
);
