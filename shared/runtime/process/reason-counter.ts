import { Counter, type Registry } from 'prom-client';

export type ReasonCounterOptions<Reason extends string> = {
  /** `cmw_..._total`. */
  readonly name: string;
  readonly help: string;
  readonly reasons: readonly Reason[];
};

/** Counts by reason. Each reason is there from the start with 0, so that an alarm sees its first increase. */
export const reasonCounter = <Reason extends string>(
  registry: Registry,
  { name, help, reasons }: ReasonCounterOptions<Reason>,
): ((reason: Reason) => void) => {
  const counter = new Counter({ name, help, labelNames: ['reason'] as const, registers: [registry] });
  for (const reason of reasons) counter.inc({ reason }, 0);
  return (reason) => {
    counter.inc({ reason });
  };
};
