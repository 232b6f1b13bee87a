/**
 * How much is tried, and how it is found again. `FUZZ_RUNS=20 FUZZ_SEED=random` tries twenty times as much as `npm test`,
 * each time something else; a failure prints its seed and path, and `FUZZ_SEED=<seed> FUZZ_PATH=<path>` repeats it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

const chosen = process.env['FUZZ_SEED'] ?? '1';
export const seed = chosen === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(chosen);
if (!Number.isSafeInteger(seed)) throw new Error(`FUZZ_SEED must be a whole number or "random", not ${chosen}`);
/** Multiplies every number of runs. */
const times = Number(process.env['FUZZ_RUNS'] ?? '1');
if (!(times > 0)) throw new Error(`FUZZ_RUNS must be a number above 0, not ${String(process.env['FUZZ_RUNS'])}`);

export const runs = (usual: number): number => Math.max(1, Math.round(usual * times));

const parameters = <T>(usual: number): fc.Parameters<T> => {
  const path = process.env['FUZZ_PATH'];
  return { seed, numRuns: runs(usual), ...(path === undefined ? {} : { path }), endOnFailure: false };
};

/** Fails with the seed, the path and the smallest body that still fails. */
export const tried = <T>(usual: number, arbitrary: fc.Arbitrary<T>, holds: (value: T) => void): void => {
  fc.assert(
    fc.property(arbitrary, (value) => {
      holds(value);
    }),
    parameters(usual),
  );
};
export const triedLater = <T>(usual: number, arbitrary: fc.Arbitrary<T>, holds: (value: T) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, holds), parameters(usual));

/** What once failed. Exactly one of `text` and `base64`. */
export type Kept = { readonly why: string; readonly target: string; readonly text?: string; readonly base64?: string };

export const bytesOf = (kept: Kept): Buffer =>
  kept.base64 === undefined ? Buffer.from(kept.text ?? '') : Buffer.from(kept.base64, 'base64');

/** The corpus of this file name, for `it.each`; always run before anything is generated. */
export const corpus = (name: string): readonly Kept[] => {
  const folder = join(__dirname, 'corpus');
  if (!readdirSync(folder).includes(`${name}.json`)) throw new Error(`there is no corpus ${name}`);
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as readonly Kept[];
};
