/**
 * What the database knows of a service, as gauges that are read at the scrape. All of them wait for one reading: a gauge that another
 * one sets is one scrape late, and 0 at the first.
 */
import { Gauge, type Registry } from 'prom-client';
import type { Figure } from '../engine/store/store.js';

/** Every figure there is, with its labels: a gauge that is made when its figure comes would miss the scrape that asked for it. */
const LABELS: Readonly<Record<Figure['name'], readonly string[]>> = {
  open_journeys: ['flow', 'status'],
  overdue_journeys: [],
  open_effects: ['name', 'status'],
  inbox_open: [],
  outbox_open: [],
  quarantined: [],
  blocked_lanes: [],
  left_to_newer: ['what'],
};
const NAMES = Object.keys(LABELS) as Figure['name'][];

/** A scraper waits no longer for all of /metrics. */
const DEADLINE_MS = 4_000;

export type FiguresOptions = {
  readonly registry: Registry;
  readonly read: () => Promise<readonly Figure[]>;
  readonly deadlineMs?: number;
};

const beforeDeadline = async (work: Promise<readonly Figure[]>, deadlineMs: number): Promise<readonly Figure[]> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('the figures took too long'));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * `cmw_figures_known` is 1 when the others are of this scrape. While the database is away it is 0, and the others have no value at all:
 * a 0 would say that nothing waits. What needs no database is shown all the same.
 */
export const watchFigures = ({ registry, read, deadlineMs = DEADLINE_MS }: FiguresOptions): void => {
  /** A reading outlives its scrape when the database is slow: the next scrape waits for it instead of asking once more. */
  let reading: Promise<readonly Figure[]> | null = null;
  let scrape: Promise<void> | null = null;

  const show = (figures: readonly Figure[] | null): void => {
    for (const gauge of gauges.values()) {
      gauge.reset();
      // A gauge without labels is 0 after a reset, and 0 is a value.
      gauge.remove({});
    }
    known.set(figures === null ? 0 : 1);
    for (const { name, labels, value } of figures ?? []) gauges.get(name)?.set(labels, value);
  };
  const readOnce = async (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = null;
    });
    show(await beforeDeadline(reading, deadlineMs).catch(() => null));
  };
  /** The gauges of one scrape are collected in one go, so they share one reading. */
  const collect = (): Promise<void> => {
    scrape ??= readOnce().finally(() => {
      scrape = null;
    });
    return scrape;
  };

  const gaugeOf = (name: string, help: string, labelNames: readonly string[]): Gauge =>
    new Gauge({ name: `cmw_${name}`, help, labelNames: [...labelNames], registers: [registry], collect });
  const gauges = new Map(NAMES.map((name) => [name, gaugeOf(name, name.replaceAll('_', ' '), LABELS[name])]));
  const known = gaugeOf('figures_known', 'whether the database was read at this scrape', []);
};
