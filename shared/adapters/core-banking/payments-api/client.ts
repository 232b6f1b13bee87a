import { sendPlain, type Sent } from '../../http/authorised.js';
import { connectionOf, createHttp, type Connection, type HttpRequest } from '../../http/http.js';

export type ClientOptions = Connection & {
  readonly token: string;
};

export type PaymentsClient = {
  readonly send: (request: HttpRequest) => Promise<Sent>;
  readonly close: () => void;
};

/** The token is a fixed one: after a 401 there is no other to try, so a person has to. */
export const createClient = (options: ClientOptions): PaymentsClient => {
  const http = createHttp({
    ...connectionOf(options),
    system: 'core-banking',
  });
  return {
    send: (request) => sendPlain(http, { ...request, headers: { ...request.headers, Authorization: `Bearer ${options.token}` } }),
    close: () => {
      http.close();
    },
  };
};
