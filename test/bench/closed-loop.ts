/** Keeps so many journeys in flight: whenever one ends, the next begins. */
import { perSecond, quantile, startCpu, type ProcessKinds, type Round } from './measure.js';

export type LoopTimes = { readonly warmUpMs: number; readonly measuredMs: number };
/** Begins journeys; each must be reported by `onEnd` once. */
export type Begin = (wanted: readonly string[]) => void;

let series = 0;

/** Gives journeys/s, p50 and p99 in ms, processor time per journey in ms and what `counters` counted per journey. */
export const closedLoop = async (
  inFlight: number,
  times: LoopTimes,
  kinds: ProcessKinds,
  start: (onEnd: (wanted: string) => void) => { readonly begin: Begin; readonly counters?: Readonly<Record<string, () => number>> },
): Promise<Round> => {
  const startedAtMs = new Map<string, number>();
  const durationsMs: number[] = [];
  const prefix = `${process.pid.toString(36)}-${(++series).toString(36)}`;
  let count = 0;
  let measuring = false;
  let over = false;
  let drained: () => void = () => undefined;
  let waiting: string[] = [];
  const { begin, counters = {} } = start((wanted) => {
    const fromMs = startedAtMs.get(wanted);
    if (fromMs === undefined) throw new Error(`journey ${wanted} ended twice`);
    startedAtMs.delete(wanted);
    if (measuring) durationsMs.push(performance.now() - fromMs);
    if (over) {
      if (startedAtMs.size === 0) drained();
    } else next();
  });
  const next = (): void => {
    waiting.push(`${prefix}-${(++count).toString(36)}`);
    if (waiting.length > 1) return;
    // Those that end in one turn are followed by as many in one turn.
    setImmediate(() => {
      const wanted = waiting;
      waiting = [];
      for (const one of wanted) startedAtMs.set(one, performance.now());
      begin(wanted);
    });
  };
  for (let n = 0; n < inFlight; n++) next();
  await new Promise((resolve) => setTimeout(resolve, times.warmUpMs));
  const cpu = startCpu(kinds);
  const counted = Object.entries(counters).map(([name, read]) => ({ name, read, from: read() }));
  const fromMs = performance.now();
  measuring = true;
  await new Promise((resolve) => setTimeout(resolve, times.measuredMs));
  measuring = false;
  const durationMs = performance.now() - fromMs;
  const spent = cpu();
  const counts = counted.map(({ name, read, from }) => [name, (read() - from) / durationsMs.length] as const);
  over = true;
  await new Promise<void>((resolve) => {
    drained = resolve;
    if (startedAtMs.size === 0) resolve();
  });
  return {
    perSecond: perSecond(durationsMs.length, durationMs),
    p50Ms: quantile(durationsMs, 0.5),
    p99Ms: quantile(durationsMs, 0.99),
    ...Object.fromEntries(Object.entries(spent).map(([kind, ms]) => [`${kind}Ms`, ms / durationsMs.length])),
    ...Object.fromEntries(counts),
  };
};
