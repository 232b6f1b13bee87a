import { oauthMissing, oauthSettings } from '../../../../contracts/oauth-settings.js';
import { tlsSettings } from '../../../../contracts/tls-settings.js';
import { address, configurable, secret } from '../../choice.js';
import type { OutsideTenant } from '../../tenant.js';
import { createPaymentsApi } from './adapter.js';
import type { PaymentsLogin } from './client.js';
import { paymentsApiEvents } from './events.js';

const environment = {
  CORE_BANKING_BASE_URL: address.meta({ description: 'payments API of the bank' }),
  ...tlsSettings('CORE_BANKING', 'the bank'),
  CORE_BANKING_TOKEN: secret.optional().meta({
    secret: true,
    description: 'bearer token of the payments API: a fixed one. Or the names that begin with CORE_BANKING_OAUTH, one of the two',
  }),
  ...oauthSettings('CORE_BANKING', 'the bank', secret),
};

type Values = Readonly<Record<string, unknown>>;
const asksForTokens = (values: Values): boolean => oauthMissing('CORE_BANKING', values).length < 3;

/** A fixed token, or client credentials: one of the two, and whole. */
const loginProblems = (values: Values): readonly string[] => {
  const hasToken = values['CORE_BANKING_TOKEN'] !== undefined;
  if (!asksForTokens(values))
    return hasToken ? [] : ['CORE_BANKING_TOKEN is missing, and CORE_BANKING_OAUTH_TOKEN_URL too: set one of the two'];
  return [
    ...oauthMissing('CORE_BANKING', values).map((name) => `${name} is missing`),
    ...(hasToken ? ['CORE_BANKING_TOKEN and CORE_BANKING_OAUTH_TOKEN_URL are both set; set one'] : []),
  ];
};

/** The names under which the environment says where the bank's payments API is, and how it is made of them. */
export const paymentsApi = configurable(
  environment,
  (values, { requestLongestLifeMs }: OutsideTenant, { log, tls }) => {
    const login: PaymentsLogin = asksForTokens(values)
      ? {
          tokenUrl: values.CORE_BANKING_OAUTH_TOKEN_URL ?? '',
          clientId: values.CORE_BANKING_OAUTH_CLIENT_ID ?? '',
          clientSecret: values.CORE_BANKING_OAUTH_CLIENT_SECRET ?? '',
          scope: values.CORE_BANKING_OAUTH_SCOPE,
          tls: tls('CORE_BANKING_OAUTH'),
        }
      : (values.CORE_BANKING_TOKEN ?? '');
    return createPaymentsApi({
      baseUrl: values.CORE_BANKING_BASE_URL,
      token: login,
      tls: tls('CORE_BANKING'),
      longestLifeMs: requestLongestLifeMs,
      log,
    });
  },
  paymentsApiEvents,
  loginProblems,
);
