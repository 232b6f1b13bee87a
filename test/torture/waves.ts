import { createPrng } from '../simulators/shared/prng.js';

/** Between the beginnings of two waves. */
const WAVE_EVERY_MS = 5_000;

/** When each customer asks for the first time: as many in each wave, the waves spread over `overMs`, each a burst of one second. */
export const wavesOf = (count: number, overMs: number, seed: number): readonly number[] => {
  const prng = createPrng(seed).fork('waves');
  const waves = Math.max(1, Math.ceil(overMs / WAVE_EVERY_MS));
  return Array.from({ length: count }, (_, index) => Math.floor((index * waves) / count) * WAVE_EVERY_MS + prng.below(1_000));
};
