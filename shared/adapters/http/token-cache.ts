import { LoginFailure } from '../../kernel/login-failure.js';
import { HttpFailure } from './failure.js';
import { CREDENTIALS_RETRY_MS, retryable, type Open } from './outcome.js';

/** A token and how long it lives from the moment it was asked for. */
export type Token = { readonly value: string; readonly livesMs: number };

export type TokenCacheOptions = {
  /** Asks for a token. Gets the one that is being replaced, where there is one. @throws LoginFailure or HttpFailure. */
  readonly login: (signal: AbortSignal) => Promise<Token>;
  readonly loginTimeoutMs?: number;
  /** After a failed login nobody asks again for so long. */
  readonly failurePauseMs?: number;
  readonly refusedPauseMs?: number;
  /** The longest pause of `distrust`; the first is one second, and each doubles the one before. */
  readonly distrustPauseMs?: number;
  readonly nowMs?: () => number;
};

export type TokenCache = {
  /** The token to use now. Many callers cause one login. @throws LoginFailure; HttpFailure when the caller's own deadline is over. */
  readonly get: (signal: AbortSignal) => Promise<string>;
  /** Forgets a token that was answered with 401, unless it has been replaced already. False: do not try another one now. */
  readonly refuse: (token: string) => boolean;
  /** A fresh token was refused as well: the fault may be elsewhere, so no login is forced for a while, and for longer each time in a row. */
  readonly distrust: () => void;
  /** A token was accepted: the next distrust begins anew. */
  readonly trust: () => void;
};

/** One refusal too many may be chance; a whole row of them is not. */
const FIRST_DISTRUST_MS = 1_000;

type Held = { readonly token: string; readonly refreshAtMs: number; readonly endsAtMs: number };
type Pause = { readonly untilMs: number; readonly failure: LoginFailure };

const within = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const over = (): HttpFailure => new HttpFailure(true, 'the deadline was over before a token was there');
  if (signal.aborted) throw over();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(over());
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/** Refreshes at 80 % of a token's life, in one flight; until its end the old one is used meanwhile. */
export const createTokenCache = (options: TokenCacheOptions): TokenCache => {
  const nowMs = options.nowMs ?? Date.now;
  let held: Held | null = null;
  let pause: Pause | null = null;
  let flight: Promise<string> | null = null;
  let noForcedLoginBeforeMs = 0;
  let distrustedInARow = 0;

  const login = async (): Promise<string> => {
    const askedAtMs = nowMs();
    try {
      const token = await options.login(AbortSignal.timeout(options.loginTimeoutMs ?? 10_000));
      held = { token: token.value, refreshAtMs: askedAtMs + Math.floor((token.livesMs * 4) / 5), endsAtMs: askedAtMs + token.livesMs };
      pause = null;
      return token.value;
    } catch (error) {
      const failure =
        error instanceof LoginFailure ? error : error instanceof HttpFailure ? new LoginFailure(false, `login: ${error.evidence}`) : null;
      if (failure === null) throw error;
      const pauseMs = failure.refused ? (options.refusedPauseMs ?? 30_000) : (options.failurePauseMs ?? 1_000);
      pause = { untilMs: nowMs() + pauseMs, failure };
      throw failure;
    }
  };

  const start = (): Promise<string> => {
    if (pause !== null && nowMs() < pause.untilMs) return Promise.reject(pause.failure);
    if (flight !== null) return flight;
    const started = login().finally(() => {
      flight = null;
    });
    flight = started;
    return started;
  };

  const get = async (signal: AbortSignal): Promise<string> => {
    const now = nowMs();
    if (held === null || now >= held.endsAtMs) return within(start(), signal);
    if (now >= held.refreshAtMs) {
      // The old token still works, so nobody waits. A failure is kept as a pause and met again when the token ends.
      start().catch((error: unknown) => {
        if (!(error instanceof LoginFailure))
          pause = { untilMs: nowMs() + 1_000, failure: new LoginFailure(false, 'login: error of our own') };
      });
    }
    return held.token;
  };

  return {
    get,
    refuse: (token) => {
      if (held?.token !== token) return true;
      if (nowMs() < noForcedLoginBeforeMs) return false;
      held = null;
      return true;
    },
    distrust: () => {
      const longestMs = options.distrustPauseMs ?? 60_000;
      noForcedLoginBeforeMs = nowMs() + Math.min(longestMs, FIRST_DISTRUST_MS * 2 ** Math.min(distrustedInARow, 20));
      distrustedInARow += 1;
    },
    trust: () => {
      distrustedInARow = 0;
    },
  };
};

/** Without a token the request never left. @throws the error itself when it is not about a login. */
export const toOutcomeOfLogin = (error: unknown): Extract<Open, { kind: 'retryable' }> => {
  if (error instanceof HttpFailure) return retryable(error.message);
  if (!(error instanceof LoginFailure)) throw error;
  return error.refused ? retryable(`credentials: ${error.message}`, CREDENTIALS_RETRY_MS) : retryable(error.message);
};
