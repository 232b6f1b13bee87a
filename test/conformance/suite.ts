/** What a scenario is, and what is said when one was run. Knows no port. */

/** What an adapter's suite says of one scenario. `why` says what was seen where it was convicted, or why it does not apply. */
export type Finding = {
  readonly scenario: string;
  readonly said: 'kept' | 'convicted' | 'not applicable';
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

/** The scenario says by itself that it means nothing here: the adapter declares that it does not do such a thing. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
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
  readonly close: () => Promise<void>;
};

/** Runs one scenario over a kit of its own. @throws what is not a verdict: a broken kit must not look like a broken adapter. */
export const judge = async <Kit extends AnyKit<Lever>, Lever extends string>(
  scenario: Scenario<Kit, Lever>,
  start: () => Promise<Kit>,
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
    await scenario.run(kit);
    return finding('kept', '');
  } catch (error) {
    if (error instanceof Conviction) return finding('convicted', error.message);
    if (error instanceof NotApplicable) return finding('not applicable', error.message);
    throw error;
  } finally {
    await kit.close();
  }
};

/** They wait more than they work. */
const AT_ONCE = 6;

/** Every scenario, each over a kit of its own, some at a time. */
export const judgeAll = async <Kit extends AnyKit<Lever>, Lever extends string>(
  scenarios: readonly Scenario<Kit, Lever>[],
  start: () => Promise<Kit>,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < scenarios.length; i = next++) {
      const scenario = scenarios[i];
      if (scenario !== undefined) findings[i] = await judge(scenario, start);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return findings;
};

const WIDTH = 90;

/** One line per scenario, nothing left out. */
export const printed = (adapter: string, findings: readonly Finding[]): string => {
  const count = (said: Finding['said']): string => `${String(findings.filter((one) => one.said === said).length)} ${said}`;
  return [
    `${adapter}: ${count('kept')}, ${count('convicted')}, ${count('not applicable')}`,
    ...findings.map(
      ({ scenario, said, why, tookMs }) =>
        `  ${scenario.padEnd(WIDTH)} ${said === 'kept' ? `kept, ${String(tookMs)} ms` : `${said}: ${why}`}`,
    ),
  ].join('\n');
};
