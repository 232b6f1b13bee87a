/**
 * A token by client credentials: RFC 6749, sections 2.3.1 and 4.4. One request over a connection of its own; nothing of it is ever logged,
 * and an error says only what the answer was.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { z } from 'zod';
import { integerToken } from '../../contracts/tokens.js';
import { parseJson } from '../kernel/json.js';
import { LoginFailure } from '../kernel/login-failure.js';
import type { TlsNow } from '../kernel/tls.js';

export type ClientCredentials = {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  readonly tls: TlsNow;
};
/** `livesMs`: from the moment it was asked for. */
export type IssuedToken = { readonly value: string; readonly livesMs: number };

/** Where the answer does not say how long its token lives. Section 5.1 recommends that it does. */
const UNSAID_LIFE_S = 300;
const LONGEST_LIFE_S = 86_400;
const MOST_BYTES = 100_000;

const issued = z.object({
  // What may stand in a header: RFC 6750, section 2.1.
  access_token: z.string().regex(/^[\x21-\x7e]{1,16000}$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: integerToken.optional(),
});
const problem = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

type Answer = { readonly status: number; readonly text: string };

const jsonOf = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
};

/** Both are form-encoded before they are joined: section 2.3.1. */
const basic = ({ clientId, clientSecret }: ClientCredentials): string => {
  const encoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(clientSecret)}`).toString('base64')}`;
};

const ask = (credentials: ClientCredentials, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const url = new URL(credentials.tokenUrl);
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(credentials.scope === undefined ? {} : { scope: credentials.scope }),
    }).toString();
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(Buffer.byteLength(body)),
      Accept: 'application/json',
      Authorization: basic(credentials),
    };
    const fail = (error: unknown): void => {
      const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
      reject(new LoginFailure(false, `login: ${signal.aborted ? 'no answer in time' : typeof code === 'string' ? code : 'no answer'}`));
    };
    // A connection of its own: it is asked for once in a token's life.
    const options = { method: 'POST', headers, agent: false as const, signal };
    const request = url.protocol === 'https:' ? httpsRequest(url, { ...options, ...credentials.tls() }) : httpRequest(url, options);
    request.once('error', fail);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) request.destroy();
        else chunks.push(chunk);
      });
      response.once('error', fail);
      response.once('close', () => {
        if (response.complete) resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
        else fail(null);
      });
    });
    request.end(body);
  });

/** @throws LoginFailure */
export const requestToken = async (credentials: ClientCredentials, signal: AbortSignal): Promise<IssuedToken> => {
  const { status, text } = await ask(credentials, signal);
  if (status !== 200) {
    const said = problem.safeParse(jsonOf(text));
    const isRefusal = status === 400 || status === 401 || status === 403;
    throw new LoginFailure(isRefusal, `login answered ${String(status)}${said.success ? ` ${said.data.error}` : ''}`);
  }
  const read = issued.safeParse(jsonOf(text));
  if (!read.success) throw new LoginFailure(false, 'the answer to the login cannot be read');
  const lifeS = Math.min(Math.max(read.data.expires_in ?? UNSAID_LIFE_S, 1), LONGEST_LIFE_S);
  return { value: read.data.access_token, livesMs: lifeS * 1_000 };
};
