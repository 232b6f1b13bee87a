/** A token that many connections use: asked for once, again in time before its end, and never twice at a time. */
export type KeptTokenOptions = {
  /** @throws Error when there is none. */
  readonly request: (signal: AbortSignal) => Promise<{ readonly value: string; readonly livesMs: number }>;
  readonly nowMs: () => number;
};

const REQUEST_TIMEOUT_MS = 10_000;
/**
 * kafkajs logs in again 10 s before the session of a connection ends, and the session ends with the token. With the same token it would
 * log in again at each request from then on. A broker takes one login a second of a connection (KIP-368), and refuses the others.
 */
const LEAST_LEFT_MS = 15_000;

/** Returns the token to use now. While the token of before lives, a failed request costs nothing. */
export const keptToken = ({ request, nowMs }: KeptTokenOptions): (() => Promise<string>) => {
  let held: { readonly value: string; readonly renewAtMs: number; readonly endsAtMs: number } | null = null;
  let flight: Promise<string> | null = null;
  const renew = async (): Promise<string> => {
    const askedAtMs = nowMs();
    const { value, livesMs } = await request(AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    held = { value, renewAtMs: askedAtMs + livesMs - Math.max(livesMs / 5, LEAST_LEFT_MS), endsAtMs: askedAtMs + livesMs };
    return value;
  };
  return async () => {
    if (held !== null && nowMs() < held.renewAtMs) return held.value;
    flight ??= renew().finally(() => {
      flight = null;
    });
    const before = held;
    try {
      return await flight;
    } catch (error) {
      if (before !== null && nowMs() < before.endsAtMs) return before.value;
      throw error;
    }
  };
};
