import { requestToken, type ClientCredentials } from '../../../oauth/client-credentials.js';
import { sendAuthorised, sendPlain, type Sent } from '../../http/authorised.js';
import { connectionOf, createHttp, type Connection, type Http, type HttpRequest } from '../../http/http.js';
import { createTokenCache } from '../../http/token-cache.js';

/** A fixed token, or how one is asked for. */
export type PaymentsLogin = string | ClientCredentials;

export type ClientOptions = Connection & {
  readonly token: PaymentsLogin;
};

export type PaymentsClient = {
  readonly send: (request: HttpRequest) => Promise<Sent>;
  readonly close: () => void;
};

const bearer = (token: string): { readonly Authorization: string } => ({ Authorization: `Bearer ${token}` });

/** After a 401 there is another token to try only where tokens are asked for. A fixed one that is refused is for a person. */
const sender = (http: Http, token: PaymentsLogin): PaymentsClient['send'] => {
  if (typeof token === 'string') return (request) => sendPlain(http, { ...request, headers: { ...request.headers, ...bearer(token) } });
  const tokens = createTokenCache({ login: (signal) => requestToken(token, signal) });
  return (request) => sendAuthorised(http, tokens, request, bearer);
};

export const createClient = (options: ClientOptions): PaymentsClient => {
  const http = createHttp({
    ...connectionOf(options),
    system: 'core-banking',
  });
  return {
    send: sender(http, options.token),
    close: () => {
      http.close();
    },
  };
};
