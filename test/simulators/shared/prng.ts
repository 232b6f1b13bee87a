/** Chance that can be played again: the same seed gives the same numbers. */
export type Prng = {
  /** At least 0, less than 1. */
  readonly next: () => number;
  /** A whole number from 0 to `bound - 1`. */
  readonly below: (bound: number) => number;
  /** A generator of its own, so that one reader's draws do not shift another's. */
  readonly fork: (name: string) => Prng;
};

/** FNV-1a over UTF-16 units, 32 bits: spreads names over seeds. */
const hash = (text: string, start: number): number => {
  let value = (start ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
};

/** Mulberry32. Not for secrets. */
export const createPrng = (seed: number): Prng => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    fork: (name) => createPrng(hash(name, seed >>> 0)),
  };
};
