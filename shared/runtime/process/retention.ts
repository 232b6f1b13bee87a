/** The job that forgets what is personal in what is over: by PERSONAL_KEPT_DAYS, once a day. What is open, and what waits for people, stays. */
import type { EngineServiceName } from '../../../contracts/internal/services.js';
import type { Ask } from '../sealing/portfolio-keys.js';
import { forgetBodies, forgetJourneys, forgetQuarantine } from '../sealing/forget.js';
import type { Log } from './log.js';

const EVERY_MS = 86_400_000;
/** A start is a busy moment. */
const FIRST_AFTER_MS = 600_000;

/** One run. Returns how many rows have changed. */
export const forgetWhatIsOver = async (ask: Ask, service: EngineServiceName | 'gateway', keptDays: number): Promise<number> => {
  if (service === 'gateway') return forgetBodies(ask, keptDays);
  return (await forgetJourneys(ask, service, { olderThanDays: keptDays })) + (await forgetQuarantine(ask, service, keptDays));
};

export const startRetention = (
  ask: Ask,
  service: EngineServiceName | 'gateway',
  keptDays: number,
  log: Log,
): { readonly stop: () => Promise<void> } => {
  let running: Promise<unknown> = Promise.resolve();
  const run = (): void => {
    running = forgetWhatIsOver(ask, service, keptDays).then(
      (count) => {
        log.info({ count, keptDays }, 'what is personal in rows that are over was forgotten');
      },
      (error: unknown) => {
        log.error({ err: error }, 'nothing was forgotten today: it is tried again tomorrow');
      },
    );
  };
  const first = setTimeout(run, FIRST_AFTER_MS);
  const daily = setInterval(run, EVERY_MS);
  first.unref();
  daily.unref();
  return {
    stop: async () => {
      clearTimeout(first);
      clearInterval(daily);
      await running;
    },
  };
};
