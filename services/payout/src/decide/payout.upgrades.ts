/** How a payout of an earlier release is read. */
import { without, type Upgrade } from '../../../../shared/kernel/upgrade.js';

/**
 * To 2. What is transferred may be less than what was cashed out. A payout of before transfers all of it. That it has waited says
 * nothing any more. Nothing is reserved of the limits for it; one that has not come to its cash-out still reserves.
 */
const payingAndLimitsJoin: Upgrade = (old) => {
  const { state, policy } = without('waited')(old);
  const known = state as Readonly<Record<string, unknown>>;
  return { state: { ...known, paying: known['amount'], reserved: false, limitsPassed: null, endsAs: null }, policy };
};

/**
 * To 3. Nothing has changed in clear. At rest, accounts and names are sealed from here on. An instance of before would send a request without
 * them, so it must leave such a payout alone.
 */
const personalIsSealed: Upgrade = (old) => old;

export const payoutUpgrades: readonly Upgrade[] = [payingAndLimitsJoin, personalIsSealed];
