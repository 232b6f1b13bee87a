import { without, type Upgrade } from '../../../../shared/kernel/upgrade.js';

/** To 2: the first release kept the journey's own id in the state. */
export const withdrawalUpgrades: readonly Upgrade[] = [without('withdrawalId')];
