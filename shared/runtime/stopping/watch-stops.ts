/** The stops as one service sees them, with what /metrics says about them. */
import { Gauge, type Registry } from 'prom-client';
import { systemClock } from '../engine/clock.js';
import type { DatabaseOptions } from '../postgres/database.js';
import { ConfigurationError } from '../process/config.js';
import type { Log } from '../process/log.js';
import { Operators } from '../signing/operators-file.js';
import { connectStops } from './postgres-stops.js';
import { StopWatch } from './stop-watch.js';

/**
 * The people whose signatures count. Without a file nobody's does.
 * @throws ConfigurationError when the file cannot be used.
 */
export const operatorsOf = (path: string | undefined, log: Log): Operators | null => {
  if (path === undefined) return null;
  try {
    return new Operators(path, Date.now, (problem) => {
      log.error({ alarm: 'operators-file', problem }, 'the people of before count on');
    });
  } catch (error) {
    throw new ConfigurationError([`OPERATORS_FILE ${error instanceof Error ? error.message : 'cannot be read'}`]);
  }
};

export type WatchStopsOptions = {
  readonly service: string;
  readonly database: DatabaseOptions;
  readonly operatorsFile: string | undefined;
  readonly log: Log;
  readonly registry: Registry;
};

/** @throws ConfigurationError when OPERATORS_FILE cannot be used. Nothing is read before `start`. */
export const watchStops = ({ service, database, operatorsFile, log, registry }: WatchStopsOptions): StopWatch => {
  const operators = operatorsOf(operatorsFile, log);
  const watch = new StopWatch({
    ...{ service, log, clock: systemClock },
    connect: () => connectStops(database),
    personAt: (name, atMs) => operators?.named(name, atMs) ?? null,
  });
  new Gauge({
    name: 'cmw_stopped',
    help: 'stops that stand, by scope; scope "unknown" is 1 while the stops cannot be read and nothing is sent',
    labelNames: ['scope'],
    registers: [registry],
    collect() {
      this.reset();
      this.set({ scope: 'unknown' }, watch.isKnown ? 0 : 1);
      for (const { scope } of watch.standing) this.set({ scope }, 1);
    },
  });
  new Gauge({
    name: 'cmw_stop_acts_refused',
    help: 'rows among the stops that nobody has signed as they stand; above 0 somebody must look',
    registers: [registry],
    collect() {
      this.set(watch.refused);
    },
  });
  return watch;
};
