import type { Upgrade } from '../../../../shared/kernel/upgrade.js';

/** To 2: the first release kept the tenant's choices in the state, once the portfolio was read. They are the journey's, as if frozen then. */
const choicesLeaveTheState: Upgrade = ({ state, policy }) => {
  const { policy: kept, ...rest } = state as Readonly<Record<string, unknown>>;
  return { state: rest, policy: kept ?? policy };
};

/** To 3: who talks to the broker is said for each portfolio, and read with it; it is no choice that a journey keeps. */
const modeLeavesThePolicy: Upgrade = ({ state, policy }) => {
  if (policy === null) return { state, policy };
  const { brokerMode: _gone, ...rest } = policy as Readonly<Record<string, unknown>>;
  return { state, policy: rest };
};

export const optimisationUpgrades: readonly Upgrade[] = [choicesLeaveTheState, modeLeavesThePolicy];
