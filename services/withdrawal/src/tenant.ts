/** What the tenant chooses for withdrawals. Each default is the careful one. */
import { z } from 'zod';
import { waitMs } from '../../../contracts/internal/tenant.js';
import { isSchedule } from '../../../shared/runtime/process/jobs.js';

const HOUR_MS = 3_600_000;

export const withdrawalSettings = {
  payWhileOrdersAreOpen: z
    .boolean()
    .default(false)
    .meta({ description: 'pay while orders of the account are open, when settled cash suffices' }),
  pendingWithdrawalsSchedule: z
    .string()
    .refine((text) => isSchedule(text), 'must be a cron expression')
    .nullable()
    .default('15 1 * * *')
    .meta({ description: 'when every portfolio with an open divest amount is looked at, events or not; cron, UTC; null switches it off' }),
  lookAgainForRuleAfterMs: waitMs(
    HOUR_MS,
    'a portfolio that no rule of `portfolios` matches, or more than one, is looked at again after so long',
  ),
  lookAgainForCashAfterMs: waitMs(HOUR_MS, 'a withdrawal that waits for cash looks again after so long, events or not'),
} as const;
