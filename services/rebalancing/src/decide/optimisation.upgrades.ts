import type { Upgrade } from '../../../../shared/kernel/upgrade.js';

/** To 2: the first release kept the tenant's choices in the state, once the portfolio was read. They are the journey's, as if frozen then. */
const choicesLeaveTheState: Upgrade = ({ state, policy }) => {
  const { policy: kept, ...rest } = state as Readonly<Record<string, unknown>>;
  return { state: rest, policy: kept ?? policy };
};

export const optimisationUpgrades: readonly Upgrade[] = [choicesLeaveTheState];
