/** What the tenant chooses about any outside system. */
import { ownWaitMs } from '../../contracts/internal/tenant.js';

export const outsideSettings = {
  requestLongestLifeMs: ownWaitMs(
    "each adapter's own value: 900000",
    'after so long a request that was sent can no longer take effect; before it "absent" is not believed. One value for all outside systems',
  ),
} as const;
export type OutsideTenant = { readonly requestLongestLifeMs?: number | undefined };
