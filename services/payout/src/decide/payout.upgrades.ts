import { without, type Upgrade } from '../../../../shared/kernel/upgrade.js';

/** To 2: what is transferred may be less than what was cashed out. A payout of before transfers all of it; that it has waited says nothing any more. */
const payingJoins: Upgrade = (old) => {
  const { state, policy } = without('waited')(old);
  const known = state as Readonly<Record<string, unknown>>;
  return { state: { ...known, paying: known['amount'] }, policy };
};

export const payoutUpgrades: readonly Upgrade[] = [payingJoins];
