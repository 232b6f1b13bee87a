import type { Http, HttpAnswer, HttpRequest } from './http.js';
import { HttpFailure } from './failure.js';
import { toOutcomeOfError, type Open } from './outcome.js';
import { toOutcomeOfLogin, type TokenCache } from './token-cache.js';

/** An answer, or what is known without one. */
export type Sent = { readonly answer: HttpAnswer; readonly open: null } | { readonly answer: null; readonly open: Open };

/** Sends one request and turns a failure into what is known of it. @throws only mistakes of our own. */
export const sendPlain = async (http: Http, request: HttpRequest): Promise<Sent> => {
  try {
    return { answer: await http.send(request), open: null };
  } catch (error) {
    return { answer: null, open: toOutcomeOfError(error) };
  }
};

/**
 * Sends with a token. A 401 was not executed, and only therefore may the same request be sent once more with a fresh token.
 * The second 401 is returned as it is.
 */
export const sendAuthorised = async (
  http: Http,
  tokens: TokenCache,
  request: HttpRequest,
  headersFor: (token: string) => Readonly<Record<string, string>>,
): Promise<Sent> => {
  const once = async (token: string): Promise<Sent> =>
    sendPlain(http, { ...request, headers: { ...request.headers, ...headersFor(token) } });
  let token: string;
  try {
    token = await tokens.get(request.signal);
  } catch (error) {
    return { answer: null, open: toOutcomeOfLogin(error) };
  }
  const first = await once(token);
  if (first.answer !== null && first.answer.status !== 401) tokens.trust();
  if (first.answer?.status !== 401 || !tokens.refuse(token)) return first;
  try {
    token = await tokens.get(request.signal);
  } catch (error) {
    // The first send was answered "not executed", so this is as if nothing had left.
    if (error instanceof HttpFailure) return first;
    return { answer: null, open: toOutcomeOfLogin(error) };
  }
  const second = await once(token);
  if (second.answer?.status === 401) tokens.distrust();
  else if (second.answer !== null) tokens.trust();
  return second;
};
