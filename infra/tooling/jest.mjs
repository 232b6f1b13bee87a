/** How our commands start jest. What jest itself needs is in jest.config.cjs. */
import { availableParallelism } from 'node:os';

/** From the root. */
export const JEST = 'node_modules/jest/bin/jest.js';

const WORKERS = {
  // Jest leaves one core free, so on two cores it would run one test file after the other.
  unit: [`--maxWorkers=${Math.max(2, availableParallelism() - 1)}`],
  int: [],
  // Each file starts servers of its own.
  e2e: ['--runInBand'],
};

const CHOOSES_WORKERS = /^(-i|-w|--runInBand|--maxWorkers)\b/;

/** The words for jest that run one level: those of the caller first, for --selectProjects takes all words that follow. */
export const jestWords = (level, words) => {
  const workers = words.some((word) => CHOOSES_WORKERS.test(word)) ? [] : WORKERS[level];
  return [...words, ...workers, '--selectProjects', level];
};
