/** The tenant's file as a whole, for tests of more than one service; each service knows only its own part. */
import { z } from 'zod';
import { tenant as payout } from '../../services/payout/src/config.js';
import { tenant as portfolio } from '../../services/portfolio/src/config.js';
import { tenant as rebalancing } from '../../services/rebalancing/src/config.js';
import { tenant as withdrawal } from '../../services/withdrawal/src/config.js';

export const tenantSettings = z.strictObject({ ...withdrawal.shape, ...payout.shape, ...rebalancing.shape, ...portfolio.shape });
export type TenantSettings = z.output<typeof tenantSettings>;
