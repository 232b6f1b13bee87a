import { without, type Upgrade } from '../../../../shared/kernel/upgrade.js';

/** To 2: the first release kept the journey's own id in the state. */
/** To 3: who talks to the broker is said for each portfolio, and read with it; it is no choice that a journey keeps. It may be paid less than it asked for, or be called off too late. */
const modeLeavesThePolicy: Upgrade = ({ state: old, policy }) => {
  const state = { ...(old as object), paidLess: false, calledOffLate: null };
  if (policy === null) return { state, policy };
  const { brokerMode: _gone, ...rest } = policy as Readonly<Record<string, unknown>>;
  return { state, policy: rest };
};

export const withdrawalUpgrades: readonly Upgrade[] = [without('withdrawalId'), modeLeavesThePolicy];
