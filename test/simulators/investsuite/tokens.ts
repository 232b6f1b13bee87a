/** Who may call the API: logins, and the tokens they give. */
import { randomUUID } from 'node:crypto';
import { isJsonObject } from '../../../contracts/tokens.js';
import type { Answer, Call } from '../shared/http.js';
import { EXTRA, invalid, unauthorised } from './answers.js';
import type { InvestSuiteFaults, Operation } from './faults.js';
import { textField } from './state.js';

const TOKEN_LIFE_SECONDS = 300;

export type TokenOptions = {
  readonly nowMs: () => number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

export class Tokens {
  readonly #faults: InvestSuiteFaults;
  readonly #options: TokenOptions;
  /** Access token to the moment it ends, in milliseconds. */
  readonly #access = new Map<string, number>();
  readonly #refreshes = new Set<string>();

  constructor(faults: InvestSuiteFaults, options: TokenOptions) {
    this.#faults = faults;
    this.#options = options;
  }

  /** Null when the bearer token is good. */
  refused(call: Call): Answer | null {
    const token = /^Bearer (\S+)$/.exec(call.headers.authorization ?? '')?.[1];
    const endsAt = token === undefined ? undefined : this.#access.get(token);
    return endsAt !== undefined && endsAt > this.#options.nowMs() ? null : unauthorised(call);
  }

  /** Ends every access token at once, as a restart of InvestSuite might. */
  forget(): void {
    this.#access.clear();
  }

  login(call: Call): Answer {
    const body = call.body !== undefined && isJsonObject(call.body) ? call.body : {};
    const extra = Object.keys(body).filter((key) => key !== 'access_key_id' && key !== 'secret_access_key');
    if (extra.length > 0)
      return invalid(
        extra.map((key) => ({ loc: ['body', key], ...EXTRA })),
        call,
      );
    const good = body['access_key_id'] === this.#options.accessKeyId && body['secret_access_key'] === this.#options.secretAccessKey;
    return good ? this.#answer('login') : unauthorised(call);
  }

  refresh(call: Call): Answer {
    const token = call.body !== undefined && isJsonObject(call.body) ? textField(call.body, 'refresh_token') : null;
    if (token === null || !this.#refreshes.delete(token)) return unauthorised(call);
    return this.#answer('refresh-token');
  }

  #answer(operation: Operation): Answer {
    const short = this.#faults.strike(operation, [], ['token-short']);
    const access = `at-${randomUUID()}`;
    const refresh = `rt-${randomUUID()}`;
    this.#access.set(access, this.#options.nowMs() + (short === null ? TOKEN_LIFE_SECONDS * 1000 : (short.delayMs ?? 1_000)));
    this.#refreshes.add(refresh);
    return {
      status: 200,
      body: { access_token: access, token_type: 'Bearer', expires_in: String(TOKEN_LIFE_SECONDS), refresh_token: refresh },
    };
  }
}
