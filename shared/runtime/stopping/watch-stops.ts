/** The stops as one service sees them, with what /metrics says about them. */
import { Gauge, type Registry } from 'prom-client';
import { systemClock } from '../engine/clock.js';
import type { DatabaseOptions } from '../postgres/database.js';
import type { Log } from '../process/log.js';
import type { Operators } from '../signing/operators-file.js';
import { connectStops } from './postgres-stops.js';
import { StopWatch } from './stop-watch.js';

export type WatchStopsOptions = {
  readonly service: string;
  readonly database: DatabaseOptions;
  /** The people whose signatures count; null: nobody's does. */
  readonly people: Operators | null;
  readonly log: Log;
  readonly registry: Registry;
};

/** Nothing is read before `start`. */
export const watchStops = ({ service, database, people, log, registry }: WatchStopsOptions): StopWatch => {
  const watch = new StopWatch({
    ...{ service, log, clock: systemClock },
    connect: () => connectStops(database),
    personAt: (name, atMs) => people?.named(name, atMs) ?? null,
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
