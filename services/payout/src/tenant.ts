/** What the tenant chooses for payouts. Each default is the careful one. */
import { z } from 'zod';
import { waitMs } from '../../../contracts/internal/tenant.js';

export const payoutSettings = {
  houseAccountIban: z
    .string()
    .regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/)
    .optional()
    .meta({ description: "the bank's account that counter accounts are paid from; the payout service does not start without it" }),
  onCounterAccountMismatch: z
    .enum(['hold', 'pay-core-banking'])
    .default('hold')
    .meta({ description: 'InvestSuite shows another counter account than core banking, its master' }),
  counterAccountCoolOffHours: z
    .number()
    .int()
    .min(0)
    .max(720)
    .default(24)
    .meta({ description: 'a payment to a counter account that changed less long ago waits until then; 0 switches it off' }),
  lookAgainAtCounterAccountAfterMs: waitMs(900_000, 'a counter account that changed lately is looked at again after so long'),
  remittanceInformation: z
    .string()
    .max(140)
    .regex(/^[^\p{C}]*$/u, 'may hold no control characters')
    .default('Withdrawal from your portfolio')
    .meta({ description: 'what the customer reads on the statement; no name, no number' }),
} as const;
