import { ConfigurationError } from '../process/config.js';
import type { Log } from '../process/log.js';

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5_000;

/**
 * Asks the database at the start of a process. Waits while it cannot be reached: it may not be there yet.
 * `problemsOf`: what is wrong with it, or with us, and will not mend by waiting.
 * @throws ConfigurationError with these problems.
 */
export const untilNoProblem = async (log: Log, problemsOf: () => Promise<readonly string[]>): Promise<void> => {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    try {
      const problems = await problemsOf();
      if (problems.length === 0) return;
      throw new ConfigurationError(problems);
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      log.warn({ reason: error instanceof Error ? error.message : 'unknown' }, 'Postgres is not there yet; waiting');
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
};
