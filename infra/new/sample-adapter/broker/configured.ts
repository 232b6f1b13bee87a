import { tlsSettings } from '../../../../contracts/tls-settings.js';
import { address, configurable, secret } from '../../../../shared/adapters/choice.js';
import type { BrokerTenant } from '../../../../shared/adapters/broker/tenant.js';
import { sampleEvents } from '../events.js';
import { createSample } from './adapter.js';

/** The names under which the environment says where sample is, and how it is made of them. */
export const sampleAdapter = configurable(
  {
    SAMPLE_BASE_URL: address.meta({ description: 'API of sample' }),
    ...tlsSettings('SAMPLE', 'sample'),
    SAMPLE_TOKEN: secret.meta({ secret: true, description: 'bearer token of sample' }),
  },
  (values, { requestLongestLifeMs }: BrokerTenant, { log, tls }) =>
    createSample({
      baseUrl: values.SAMPLE_BASE_URL,
      token: values.SAMPLE_TOKEN,
      tls: tls('SAMPLE'),
      longestLifeMs: requestLongestLifeMs,
      log,
    }),
  sampleEvents,
);
