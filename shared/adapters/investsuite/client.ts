import { loginAnswer, PATHS } from '../../../contracts/investsuite/http.js';
import { sendAuthorised, type Sent } from '../http/authorised.js';
import { connectionOf, createHttp, type Connection, type Http, type HttpAnswer, type HttpRequest } from '../http/http.js';
import { createTokenCache, type Token, type TokenCacheOptions } from '../http/token-cache.js';
import { LoginFailure } from '../../kernel/login-failure.js';

export type ClientOptions = Connection & {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly loginTimeoutMs?: number;
  readonly nowMs?: () => number;
};

export type InvestSuiteClient = {
  readonly send: (request: HttpRequest) => Promise<Sent>;
  readonly close: () => void;
};

/** Source: authentication page, copy of December 2022. Used when an answer does not say how long its token lives. */
const TOKEN_LIFE_S = 300;
const LONGEST_TOKEN_LIFE_S = 86_400;

const isRefusal = (status: number): boolean => status === 400 || status === 401 || status === 403 || status === 422;

type Login = { readonly token: Token; readonly refreshToken: string | null };

const readLogin = (answer: HttpAnswer): Login => {
  if (answer.status !== 200 && answer.status !== 201)
    throw new LoginFailure(isRefusal(answer.status), `login answered ${String(answer.status)}`);
  const read = answer.body.kind === 'json' ? loginAnswer.safeParse(answer.body.json) : null;
  if (read?.success !== true) throw new LoginFailure(false, 'the answer to the login cannot be read');
  const lifeS = Math.min(Math.max(read.data.expiresInSeconds ?? TOKEN_LIFE_S, 1), LONGEST_TOKEN_LIFE_S);
  return { token: { value: read.data.accessToken, livesMs: lifeS * 1_000 }, refreshToken: read.data.refreshToken };
};

/** Refreshes while the token before is still alive, as documented; falls back to a full login whenever that fails. */
const createLogin = (http: Http, options: ClientOptions): TokenCacheOptions['login'] => {
  const nowMs = options.nowMs ?? Date.now;
  let before: { readonly refreshToken: string; readonly endsAtMs: number } | null = null;
  const post = async (operation: string, path: string, body: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Login> =>
    readLogin(await http.send({ operation, method: 'POST', path, body, signal }));
  const keep = (login: Login, askedAtMs: number): Token => {
    before = login.refreshToken === null ? null : { refreshToken: login.refreshToken, endsAtMs: askedAtMs + login.token.livesMs };
    return login.token;
  };
  return async (signal) => {
    const askedAtMs = nowMs();
    const alive = before !== null && askedAtMs < before.endsAtMs ? before : null;
    before = null;
    if (alive !== null) {
      const refreshed = await post('refresh-token', PATHS.refreshToken, { refresh_token: alive.refreshToken }, signal).catch(
        (error: unknown) => {
          if (error instanceof LoginFailure) return null;
          throw error;
        },
      );
      if (refreshed !== null) return keep(refreshed, askedAtMs);
    }
    return keep(
      await post('login', PATHS.login, { access_key_id: options.accessKeyId, secret_access_key: options.secretAccessKey }, signal),
      askedAtMs,
    );
  };
};

export const createClient = (options: ClientOptions): InvestSuiteClient => {
  const http = createHttp({
    ...connectionOf(options),
    system: 'investsuite',
  });
  const tokens = createTokenCache({
    login: createLogin(http, options),
    ...(options.loginTimeoutMs === undefined ? {} : { loginTimeoutMs: options.loginTimeoutMs }),
    ...(options.nowMs === undefined ? {} : { nowMs: options.nowMs }),
  });
  return {
    send: (request) => sendAuthorised(http, tokens, request, (token) => ({ Authorization: `Bearer ${token}` })),
    close: () => {
      http.close();
    },
  };
};
