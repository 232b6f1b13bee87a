/** What one seed stands for: which services run, what the outside is like, what goes wrong and how often. */
import type { OperationAbility } from '../../shared/kernel/outcome.js';
import { FAULTS, FAULT_NAMES, type FaultName } from './faults.js';
import { Random } from './random.js';

/** `payout`: the payout alone, asked by the world. `whole`: withdrawal, payout and portfolio. `portfolio`: the portfolio alone. */
export type Scope = 'payout' | 'whole' | 'portfolio';

/** How one outside system is, and what it says of itself. The binding gets the words; the books show the truth. */
export type BankTraits = {
  readonly dedupe: 'forever' | 'a-while' | 'never';
  readonly repeatable: OperationAbility['repeatable'];
  readonly afterAbsence: OperationAbility['afterAbsence'];
  readonly settles: 'at-once' | 'later';
  /** A payment shows in lists only after so long. */
  readonly showsAfterMs: number;
};
export type BrokerTraits = {
  readonly knowsKeys: boolean;
  readonly repeatable: OperationAbility['repeatable'];
  readonly afterAbsence: OperationAbility['afterAbsence'];
  readonly needsApproval: boolean;
  readonly completes: 'at-once' | 'later';
  /** It lends: a cash-out may be more than what has settled. The customer pays for that. */
  readonly lends: boolean;
};

export type Plan = {
  readonly seed: number;
  readonly scope: Scope;
  readonly copies: 1 | 2;
  readonly portfolios: number;
  readonly rates: Readonly<Record<FaultName, number>>;
  /** When faults end at the latest, ms from the start. */
  readonly faultsUntilMs: number;
  /** Clocks of processes differ from the world's by at most this. */
  readonly skewMs: number;
  readonly timeoutMs: number;
  /** A request on its way can arrive this long after it left. */
  readonly lifeMs: number;
  readonly sweepEveryMs: number;
  readonly bank: BankTraits;
  readonly broker: BrokerTraits;
  readonly transactionsCanBeListed: boolean;
};

/** Ways to make a plan smaller, to find the least that still shows a violation. */
export type Smaller = { readonly copies?: 1; readonly portfolios?: 1; readonly skewMs?: 0; readonly without?: readonly FaultName[] };

const bankOf = (random: Random): BankTraits => {
  const dedupe = random.pick(['forever', 'a-while', 'never'] as const);
  const repeatable =
    dedupe === 'forever'
      ? random.pick(['by-key', 'after-inquiry', 'after-inquiry'] as const)
      : random.pick(['after-inquiry', 'after-inquiry', 'after-inquiry', 'never'] as const);
  return {
    dedupe,
    repeatable,
    afterAbsence: random.pick(['same-key', 'same-key', 'new-key', 'ask-person'] as const),
    settles: random.pick(['at-once', 'later'] as const),
    showsAfterMs: random.chance(0.3) ? random.between(50, 600) : 0,
  };
};

const brokerOf = (random: Random): BrokerTraits => {
  const knowsKeys = random.chance(0.5);
  return {
    knowsKeys,
    repeatable: random.pick(['after-inquiry', 'after-inquiry', 'after-inquiry', 'never'] as const),
    afterAbsence: random.pick(['same-key', 'same-key', 'new-key'] as const),
    needsApproval: random.chance(0.3),
    completes: random.pick(['at-once', 'later'] as const),
    lends: random.chance(0.5),
  };
};

/** Half of the kinds of faults at a time: rare combinations become common. */
const ratesOf = (random: Random): Record<FaultName, number> => {
  const calm = random.chance(0.05);
  const strength = random.between(5, 20) / 10;
  const rates = {} as Record<FaultName, number>;
  for (const name of FAULT_NAMES) rates[name] = calm || random.chance(0.5) ? 0 : Math.min(0.9, FAULTS[name].rate * strength);
  return rates;
};

const LONGEST_SKEW_MS = 150;

export const planOf = (seed: number, smaller: Smaller = {}): Plan => {
  const random = new Random(seed, 1);
  const scope = random.pick(['payout', 'payout', 'payout', 'payout', 'portfolio', 'portfolio', 'whole'] as const);
  const plan: Plan = {
    seed,
    scope,
    copies: random.chance(0.6) ? 2 : 1,
    portfolios: random.chance(0.85) ? 1 : 2,
    rates: ratesOf(random),
    faultsUntilMs: random.between(1_500, 12_000),
    skewMs: random.chance(0.5) ? random.between(1, LONGEST_SKEW_MS) : 0,
    timeoutMs: random.between(300, 900),
    lifeMs: random.between(400, 3_000),
    sweepEveryMs: random.between(1_200, 2_500),
    bank: bankOf(random),
    broker: brokerOf(random),
    transactionsCanBeListed: random.chance(0.8),
  };
  const rates = { ...plan.rates };
  for (const fault of smaller.without ?? []) rates[fault] = 0;
  const { copies = plan.copies, portfolios = plan.portfolios, skewMs = plan.skewMs } = smaller;
  return { ...plan, rates, copies, portfolios, skewMs };
};

/** What an adapter must say so that it is never too little: the life itself, the time to show, and clocks that differ. */
export const declaredLifeMs = (plan: Plan, showsAfterMs: number): number => plan.lifeMs + showsAfterMs + 2 * plan.skewMs;
