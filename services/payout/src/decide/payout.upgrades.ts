/** How a payout of an earlier release is read. */
import type { Upgrade } from '../../../../shared/kernel/upgrade.js';

/** Version 1 knew no limits: nothing is reserved for what it has opened. A payout that has not come to its cash-out still reserves. */
const withLimits: Upgrade = ({ state, policy }) => ({
  policy,
  state: { ...(state as object), reserved: false, limitsPassed: null, endsAs: null },
});

export const payoutUpgrades: readonly Upgrade[] = [withLimits];
