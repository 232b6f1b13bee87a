/** What the tenant chooses about any outside system. */
import { waitMs } from '../../contracts/internal/tenant.js';

export const outsideSettings = {
  requestLongestLifeMs: waitMs(
    120_000,
    'after so long a request that was sent can no longer take effect; before it "absent" is not believed',
  ),
} as const;
export type OutsideTenant = { readonly requestLongestLifeMs: number };
