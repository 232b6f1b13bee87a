import type { Json } from '../../../shared/kernel/json.js';
import { ERROR_CODES } from '../../../contracts/broker/drivewealth/statuses.js';
import { HEADER_IDEMPOTENCY_KEY, KEY_MAX_REPEATS, KEY_MIN_CHARACTERS } from '../../../contracts/broker/drivewealth/http.js';
import type { Answer, Call } from '../shared/http.js';
import type { Books } from './books.js';

type Remembered = { readonly answer: Answer; readonly bodyText: string; readonly atMs: number; repeats: number };

/** Answers by idempotency key: the first answer comes back whole, a refusal too. */
export type KeyMemory = {
  /** Runs `apply` unless the key is remembered. `forget` says whether the memory fails this time. */
  readonly once: (call: Call, operation: string, forget: () => boolean, apply: () => Answer) => Answer;
  /** Remembers an answer that was given without running anything. */
  readonly remember: (call: Call, operation: string, answer: Answer) => Answer;
};

export const keyOf = (call: Call): string | null => {
  const header = call.headers[HEADER_IDEMPOTENCY_KEY];
  return typeof header === 'string' && header !== '' ? header : null;
};

const refused = (errorCode: string, message: string): Answer => ({ status: 400, body: { errorCode, message } });

const referenceOf = (answer: Answer): string | null => {
  const body = answer.body as Json | undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const members = body as Readonly<Record<string, Json>>;
  const id = members['orderID'] ?? members['id'];
  return typeof id === 'string' ? id : null;
};

export const createKeyMemory = (options: { readonly memoryMs: number; readonly nowMs: () => number; readonly books: Books }): KeyMemory => {
  const memory = new Map<string, Remembered>();
  const recall = (operation: string, key: string): Remembered | undefined => {
    const found = memory.get(`${operation} ${key}`);
    return found === undefined || options.nowMs() - found.atMs > options.memoryMs ? undefined : found;
  };
  const note = (key: string, operation: string, what: 'applied' | 'replayed' | 'forgotten', sameBody: boolean, answer: Answer): void => {
    options.books.keys.append({ key, operation, what, sameBody, reference: referenceOf(answer) });
  };
  const remember = (call: Call, operation: string, answer: Answer): Answer => {
    const key = keyOf(call);
    if (key !== null) memory.set(`${operation} ${key}`, { answer, bodyText: call.bodyText, atMs: options.nowMs(), repeats: 0 });
    return answer;
  };
  return {
    remember,
    once: (call, operation, forget, apply) => {
      const key = keyOf(call);
      if (key === null) return apply();
      if (key.length < KEY_MIN_CHARACTERS)
        return refused(ERROR_CODES.keyTooShort, `the key has fewer than ${String(KEY_MIN_CHARACTERS)} characters`);
      const known = recall(operation, key);
      const forgotten = known !== undefined && forget();
      if (known !== undefined && !forgotten) {
        known.repeats += 1;
        if (known.repeats > KEY_MAX_REPEATS) return refused(ERROR_CODES.tooManyRepeats, 'the request was repeated too often');
        note(key, operation, 'replayed', known.bodyText === call.bodyText, known.answer);
        return known.answer;
      }
      const answer = remember(call, operation, apply());
      note(key, operation, forgotten ? 'forgotten' : 'applied', known === undefined || known.bodyText === call.bodyText, answer);
      return answer;
    },
  };
};
