/** Waits for a condition, never for the clock: looks often (`everyMs`), gives up at a deadline, and then says what it saw last. */
export const eventually = async <T>(
  what: string,
  look: () => Promise<T> | T,
  holds: (seen: T) => boolean,
  withinMs = 15_000,
  everyMs = 20,
): Promise<T> => {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > endMs) throw new Error(`${what}: not within ${String(withinMs)} ms; last ${JSON.stringify({ seen }).slice(0, 4000)}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};
