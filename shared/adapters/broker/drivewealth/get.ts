import type { Json } from '../../../kernel/json.js';
import type { DriveWealthClient } from './client.js';
import { got, judgeRead, unclear, type Got } from './outcome.js';

/** A documented answer: each of the contract's schemas is one. */
type Shape<Value> = {
  readonly safeParse: (json: Json) => { readonly success: true; readonly data: Value } | { readonly success: false };
};
type Read<Value> = {
  readonly operation: string;
  readonly path: string;
  readonly shape: Shape<Value>;
  /** What is asked for, as it is said to people where the answer cannot be read. */
  readonly what: string;
};

/** One question. The answer in its documented shape, or why there is none. */
export const get = async <Value>(
  client: DriveWealthClient,
  { operation, path, shape, what }: Read<Value>,
  signal: AbortSignal,
): Promise<Got<Value>> => {
  const judged = judgeRead(await client.send({ operation, method: 'GET', path, signal }));
  if (judged.ended !== null) return judged;
  const parsed = shape.safeParse(judged.value);
  return parsed.success ? got(parsed.data) : unclear(`${what} cannot be read`);
};
