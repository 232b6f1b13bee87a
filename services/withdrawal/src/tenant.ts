/** What the tenant chooses for withdrawals. Each default is the careful one. */
import { z } from 'zod';
import { brokerModeSetting, waitMs } from '../../../contracts/internal/tenant.js';
import { isSchedule } from '../../../shared/runtime/process/jobs.js';

const HOUR_MS = 3_600_000;

export const withdrawalSettings = {
  brokerMode: brokerModeSetting,
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
  lookAgainForCashAfterMs: waitMs(HOUR_MS, 'a withdrawal that waits for cash looks again after so long, events or not'),
} as const;
