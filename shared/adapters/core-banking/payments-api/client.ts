import { sendPlain, type Sent } from '../../http/authorised.js';
import { createHttp, type HttpLogEntry, type HttpRequest } from '../../http/http.js';

export type ClientOptions = {
  readonly baseUrl: string;
  readonly token: string;
  readonly maxSockets?: number;
  readonly maxBodyBytes?: number;
  readonly connectTimeoutMs?: number;
  /** Certificates to trust instead of the public ones, PEM. */
  readonly caPem?: string;
  readonly log?: (entry: HttpLogEntry) => void;
};

export type PaymentsClient = {
  readonly send: (request: HttpRequest) => Promise<Sent>;
  readonly close: () => void;
};

/** The token is a fixed one: after a 401 there is no other to try, so a person has to. */
export const createClient = (options: ClientOptions): PaymentsClient => {
  const http = createHttp({
    baseUrl: options.baseUrl,
    system: 'core-banking',
    ...(options.maxSockets === undefined ? {} : { maxSockets: options.maxSockets }),
    ...(options.maxBodyBytes === undefined ? {} : { maxBodyBytes: options.maxBodyBytes }),
    ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
    ...(options.caPem === undefined ? {} : { caPem: options.caPem }),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  return {
    send: (request) => sendPlain(http, { ...request, headers: { ...request.headers, Authorization: `Bearer ${options.token}` } }),
    close: () => {
      http.close();
    },
  };
};
