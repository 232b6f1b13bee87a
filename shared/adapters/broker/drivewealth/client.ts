import { createHash } from 'node:crypto';
import { HEADER_APP_KEY, HEADER_REQUEST_ID, PATHS, TOKEN_LIFE_S, tokenResponse } from '../../../../contracts/broker/drivewealth/http.js';
import { sendAuthorised, type Sent } from '../../http/authorised.js';
import { connectionOf, createHttp, type Connection, type Http, type HttpRequest } from '../../http/http.js';
import { createTokenCache, type Token } from '../../http/token-cache.js';
import { LoginFailure } from '../../../kernel/login-failure.js';

/** `baseUrl` with its path, e.g. `https://bo-api.drivewealth.io/back-office`. */
export type ClientOptions = Connection & {
  readonly appKey: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly loginTimeoutMs?: number;
  readonly nowMs?: () => number;
};

export type DriveWealthClient = {
  readonly send: (request: HttpRequest) => Promise<Sent>;
  readonly close: () => void;
};

const isRefusal = (status: number): boolean => status === 400 || status === 401 || status === 403 || status === 422;

const login =
  (http: Http, options: ClientOptions) =>
  async (signal: AbortSignal): Promise<Token> => {
    const answer = await http.send({
      operation: 'login',
      method: 'POST',
      path: PATHS.tokens,
      headers: { [HEADER_APP_KEY]: options.appKey },
      body: { clientID: options.clientId, clientSecret: options.clientSecret },
      signal,
    });
    if (answer.status !== 200 && answer.status !== 201)
      throw new LoginFailure(isRefusal(answer.status), `login answered ${String(answer.status)}`);
    const read = answer.body.kind === 'json' ? tokenResponse.safeParse(answer.body.json) : null;
    if (read?.success !== true) throw new LoginFailure(false, 'the answer to the login cannot be read');
    const lifeS = /^\d{1,7}$/.test(read.data.expires_in) ? Number.parseInt(read.data.expires_in, 10) : TOKEN_LIFE_S;
    return { value: read.data.access_token, livesMs: Math.max(lifeS, 1) * 1_000 };
  };

export const createClient = (options: ClientOptions): DriveWealthClient => {
  const http = createHttp({
    ...connectionOf(options),
    system: 'drivewealth',
    traceHeader: HEADER_REQUEST_ID,
  });
  const tokens = createTokenCache({
    login: login(http, options),
    // Five to ten token calls an hour are expected: after a fresh token was refused too, none is forced for ten minutes.
    distrustPauseMs: 600_000,
    ...(options.loginTimeoutMs === undefined ? {} : { loginTimeoutMs: options.loginTimeoutMs }),
    ...(options.nowMs === undefined ? {} : { nowMs: options.nowMs }),
  });
  return {
    send: (request) =>
      sendAuthorised(http, tokens, request, (token) => ({ [HEADER_APP_KEY]: options.appKey, Authorization: `Bearer ${token}` })),
    close: () => {
      http.close();
    },
  };
};

/** Our key in the form they recommend: a UUID, derived, so that the same key is always the same UUID. 36 characters. */
export const wireKey = (key: string): string => {
  const bytes = createHash('sha256').update(key).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
