/** A token that many connections use: asked for once, again when four fifths of its life are over, and never twice at a time. */
export type KeptTokenOptions = {
  /** @throws Error when there is none. */
  readonly request: (signal: AbortSignal) => Promise<{ readonly value: string; readonly livesMs: number }>;
  readonly nowMs: () => number;
};

const REQUEST_TIMEOUT_MS = 10_000;

/** Returns the token to use now. While the token of before lives, a failed request costs nothing. */
export const keptToken = ({ request, nowMs }: KeptTokenOptions): (() => Promise<string>) => {
  let held: { readonly value: string; readonly renewAtMs: number; readonly endsAtMs: number } | null = null;
  let flight: Promise<string> | null = null;
  const renew = async (): Promise<string> => {
    const askedAtMs = nowMs();
    const { value, livesMs } = await request(AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    held = { value, renewAtMs: askedAtMs + Math.floor((livesMs * 4) / 5), endsAtMs: askedAtMs + livesMs };
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
