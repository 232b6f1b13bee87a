/** What a scenario is, and what is said when one was run. Knows no port. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * What an adapter's suite says of one scenario. `why` says what was seen where it was convicted, why it does not apply, or what is not built yet.
 * `broken` is a fault of the kit, or of ours.
 */
export type Finding = {
  readonly scenario: string;
  readonly said: 'kept' | 'convicted' | 'not applicable' | 'not built' | 'broken';
  readonly why: string;
  readonly tookMs: number;
};

/** A demand of a scenario that was not met. Anything else that is thrown is a fault of the kit, or of ours. */
export class Conviction extends Error {
  override readonly name = 'Conviction';
}

/** @throws Conviction with what was seen, unless it holds. */
export const demand = (holds: boolean, what: string, seen: unknown): void => {
  if (!holds) throw new Conviction(`${what}; seen: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`);
};

/** How long one scenario waits for what has to come. Long: only a scenario that fails, or a liar's, waits for nothing. */
const PATIENCE_MS = 30_000;
const patience = new AsyncLocalStorage<number>();

/** Waits until `look` sees something. @throws Conviction when it does not come in time. */
export const until = async <Value>(
  what: string,
  look: () => Value | null | Promise<Value | null>,
  withinMs = patience.getStore() ?? PATIENCE_MS,
): Promise<Value> => {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > endMs) throw new Conviction(`waited ${String(withinMs)} ms in vain for: ${what}`);
    await pause(5);
  }
};

/** The scenario says by itself that it means nothing here: the adapter declares that it does not do such a thing. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}

/** What the scenario asks of the kit, or of the adapter, is not built yet. Nothing was judged, so nothing is kept. */
export class NotBuilt extends Error {
  override readonly name = 'NotBuilt';
}

/** Written once against the port and what a kit can make happen. */
export type Scenario<Kit, Lever extends string> = {
  readonly name: string;
  /** What has to be made to happen for it. */
  readonly needs: readonly Lever[];
  /** @throws Conviction when the adapter does not keep what its port promises. */
  readonly run: (kit: Kit) => Promise<void>;
};

/** What every kit has: which of the levers the outside system does not know, and why. */
export type AnyKit<Lever extends string> = {
  readonly cannot: Readonly<Partial<Record<Lever, string>>>;
  /** Of a kit that is not finished: the levers that it can pull. A finished kit can pull every lever. */
  readonly built?: readonly Lever[];
  readonly close: () => Promise<void>;
};

/** Without the operation: a lever that is built for all operations is built for each. */
const leverAlone = (lever: string): string => lever.replace(/^\w+: /, '');

/** Levers that a scenario needs and the kit cannot pull yet. One that is built for the scenario's own operation is enough. */
const unbuiltOf = (needs: readonly string[], built: readonly string[] | undefined): readonly string[] => {
  if (built === undefined) return [];
  const has = (need: string): boolean =>
    built.includes(need) ||
    built.some((lever) => leverAlone(lever) === leverAlone(need) && (lever === leverAlone(lever) || needs.includes(lever)));
  return [...new Set(needs.filter((need) => !has(need)).map(leverAlone))];
};

/** Runs one scenario over a kit of its own. A broken kit must not look like a broken adapter, nor like one that was found out. */
export const judge = async <Kit extends AnyKit<Lever>, Lever extends string>(
  scenario: Scenario<Kit, Lever>,
  start: () => Promise<Kit>,
  patienceMs = PATIENCE_MS,
): Promise<Finding> => {
  const startedMs = performance.now();
  const finding = (said: Finding['said'], why: string): Finding => ({
    scenario: scenario.name,
    said,
    why,
    tookMs: Math.round(performance.now() - startedMs),
  });
  const kit = await start();
  try {
    const missing = scenario.needs.map((lever) => kit.cannot[lever]).find((why) => why !== undefined);
    if (missing !== undefined) return finding('not applicable', missing);
    const unbuilt = unbuiltOf(scenario.needs, kit.built);
    if (unbuilt.length > 0) return finding('not built', `the kit cannot make this happen yet: ${unbuilt.join('; ')}`);
    await patience.run(patienceMs, () => scenario.run(kit));
    return finding('kept', '');
  } catch (error) {
    if (error instanceof Conviction) return finding('convicted', error.message);
    if (error instanceof NotApplicable) return finding('not applicable', error.message);
    if (error instanceof NotBuilt) return finding('not built', error.message);
    return finding('broken', error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await kit.close();
  }
};

/** They wait more than they work. */
const AT_ONCE = 8;

/** Some at a time, in the order given. */
export const inParallel = async <Item>(items: readonly Item[], work: (item: Item, at: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as Item, at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

/** Every scenario, each over a kit of its own. */
export const judgeAll = async <Kit extends AnyKit<Lever>, Lever extends string>(
  scenarios: readonly Scenario<Kit, Lever>[],
  start: () => Promise<Kit>,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  await inParallel(scenarios, async (scenario, at) => {
    findings[at] = await judge(scenario, start);
  });
  return findings;
};

const WIDTH = 90;

/** One line per scenario, nothing left out. */
export const printed = (adapter: string, findings: readonly Finding[]): string => {
  const count = (said: Finding['said']): string => `${String(findings.filter((one) => one.said === said).length)} ${said}`;
  return [
    `${adapter}: ${count('kept')}, ${count('convicted')}, ${count('not applicable')}, ${count('not built')}, ${count('broken')}`,
    ...findings.map(
      ({ scenario, said, why, tookMs }) =>
        `  ${scenario.padEnd(WIDTH)} ${said === 'kept' ? `kept, ${String(tookMs)} ms` : `${said}: ${why}`}`,
    ),
  ].join('\n');
};
