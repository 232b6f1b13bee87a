/** A rule that may only fall: today's exceptions are listed with their number, and the list gets shorter, never longer. */

/** A number for each name: lines of a file, long sentences of a page. */
export type Counts = Readonly<Record<string, number>>;

export type FallingRule = {
  /** What is counted, as a message says it: "lines". */
  readonly unit: string;
  readonly limit: number;
  /** Counted in the repository. Names within the limit may be left out. */
  readonly count: () => Counts;
};

/** What stands against the rule: something new, something that has grown, and an exception that is higher than it has to be. */
export const fallingProblems = ({ unit, limit }: Omit<FallingRule, 'count'>, found: Counts, exceptions: Counts): string[] => [
  ...Object.entries(found).flatMap(([name, number]) => {
    const allowed = exceptions[name];
    if (number <= limit) return [];
    if (allowed === undefined) return [`${name}: ${String(number)} ${unit}, and ${String(limit)} are allowed`];
    if (number > allowed) return [`${name}: has grown from ${String(allowed)} to ${String(number)} ${unit}`];
    return number < allowed ? [`${name}: has fallen to ${String(number)} ${unit}; lower its exception from ${String(allowed)}`] : [];
  }),
  ...Object.keys(exceptions)
    .filter((name) => (found[name] ?? 0) <= limit)
    .map((name) => `${name}: needs its exception of ${String(exceptions[name])} ${unit} no more; remove it`),
];

/** The exceptions that are still needed, each as low as it can be. None is added or raised. */
export const lowered = ({ limit }: Pick<FallingRule, 'limit'>, found: Counts, exceptions: Counts): Counts =>
  Object.fromEntries(
    Object.entries(exceptions).flatMap(([name, allowed]) => {
      const number = found[name] ?? 0;
      return number > limit ? [[name, Math.min(number, allowed)]] : [];
    }),
  );
