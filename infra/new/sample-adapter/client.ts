import { sendPlain, type Sent } from '../../../shared/adapters/http/authorised.js';
import { connectionOf, createHttp, type Connection, type HttpRequest } from '../../../shared/adapters/http/http.js';

export type ClientOptions = Connection & {
  readonly token: string;
};

export type SampleClient = {
  readonly send: (request: HttpRequest) => Promise<Sent>;
  readonly close: () => void;
};

/** A fixed token. A login of its own goes through `token-cache.ts` and `sendAuthorised`. */
export const createClient = (options: ClientOptions): SampleClient => {
  const http = createHttp({ ...connectionOf(options), system: 'sample' });
  return {
    send: (request) => sendPlain(http, { ...request, headers: { ...request.headers, Authorization: `Bearer ${options.token}` } }),
    close: () => {
      http.close();
    },
  };
};
