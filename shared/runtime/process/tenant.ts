/**
 * Everything that the outside leaves to the tenant. Each default is the careful one; infra/docs/configuration.md
 * lists them with the question they answer.
 */
import { validate } from 'node-cron';
import { z } from 'zod';
import { compare, isPositive, parseDecimal, type Decimal } from '../../kernel/decimal.js';
import type { Timing } from '../engine/definition.js';

const decimalText = z.string().transform((text, context): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'must be a decimal written as text' });
  return z.NEVER;
});
const WHOLE = '1' as Decimal;
const HOUR_MS = 3_600_000;
const waitMs = (defaultMs: number, description: string, leastMs = 10) =>
  z
    .number()
    .int()
    .min(leastMs)
    .max(30 * 86_400_000)
    .default(defaultMs)
    .meta({ description });

export const tenantSettings = z.strictObject({
  brokerMode: z
    .enum(['client', 'investsuite'])
    .default('client')
    .meta({ description: 'who talks to the broker; a flow refuses portfolios of the other mode' }),
  houseAccountIban: z
    .string()
    .regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/)
    .optional()
    .meta({ description: "the bank's account that counter accounts are paid from; the payout service does not start without it" }),
  payWhileOrdersAreOpen: z
    .boolean()
    .default(false)
    .meta({ description: 'pay while orders of the account are open, when settled cash suffices' }),
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
  holdingsMoveAt: z.enum(['executed', 'settled']).default('settled').meta({ description: 'when holdings at InvestSuite follow a trade' }),
  priceDriftLimit: decimalText
    // `5` for five per cent would let every price pass.
    .refine((limit) => isPositive(limit) && compare(limit, WHOLE) < 0, 'must be a fraction above 0 and below 1, "0.05" for 5 %')
    .default('0.05' as Decimal)
    .meta({ description: 'an order whose price moved by more than this fraction is not executed' }),
  onVersionGap: z
    .enum(['restore', 'hold'])
    .default('restore')
    .meta({ description: 'our write has overwritten a newer divest request: write it back, or ask a person' }),
  onUnexplainedVersionGap: z.enum(['review', 'go-on']).default('review').meta({
    description:
      'somebody wrote between our read and our write, our level still stands, and no event explains: ask a person, or go on with a note',
  }),
  cashOutType: z
    .enum(['BULK_FUNDING', 'CASH_TRANSFER', 'ACH', 'WIRE'])
    .default('BULK_FUNDING')
    .meta({ description: 'type of a DriveWealth redemption' }),
  sendClientOrderId: z.boolean().default(false).meta({
    description:
      'send our key as DriveWealth `clientOrderID` with an order: a lost answer then matches for certain. The vendor pages disagree on whether the field exists',
  }),
  currencies: z
    .array(z.string().regex(/^[A-Z]{3}$/))
    .default([])
    .meta({ description: 'base currencies served; empty serves the currency of the broker account only' }),
  pendingWithdrawalsSchedule: z
    .string()
    .refine((text) => validate(text), 'must be a cron expression')
    .nullable()
    .default('15 1 * * *')
    .meta({ description: 'when every portfolio with an open divest amount is looked at, events or not; cron, UTC; null switches it off' }),
  lookAgainForCashAfterMs: waitMs(HOUR_MS, 'a withdrawal that waits for cash looks again after so long, events or not'),
  buysWhenSalesFellShort: z
    .enum(['skip', 'place'])
    .default('skip')
    .meta({ description: 'buys of an optimisation whose sales did not all execute' }),
  lookAtOrderAfterMs: waitMs(60_000, 'an open order is looked at after so long, events or not'),
  lookAtSettlementAfterMs: waitMs(900_000, 'an executed order is looked at for settlement after so long'),
  lookAgainForOwnerChoiceAfterMs: waitMs(HOUR_MS, 'an advisory optimisation is read again after so long'),
  lookAgainAtCounterAccountAfterMs: waitMs(900_000, 'a counter account that changed lately is looked at again after so long'),
  awaitCounterpartAfterMs: waitMs(60_000, 'holdings that would be negative wait for the other change so long'),
  reviewAfterMs: waitMs(
    72 * HOUR_MS,
    'a review that no new level has closed is over after so long, whoever has looked; its alarm goes off after one hour',
    2 * HOUR_MS,
  ),
  remittanceInformation: z
    .string()
    .max(140)
    .default('Withdrawal from your portfolio')
    .meta({ description: 'what the customer reads on the statement; no name, no number' }),
  awaitWishAfterMs: waitMs(5_000, 'how long a version gap waits for the event that explains it'),
  requestTimeoutMs: waitMs(10_000, 'total time of one request to an outside system'),
  firstWaitMs: waitMs(250, 'first wait before a repeat or an inquiry'),
  longestWaitMs: waitMs(60_000, 'longest wait between repeats or inquiries'),
  patienceMs: waitMs(6 * HOUR_MS, 'after so long without knowing whether a request has happened a person is asked'),
  requestLongestLifeMs: waitMs(
    120_000,
    'after so long a request that was sent can no longer take effect; before it "absent" is not believed',
  ),
});
export type TenantSettings = z.output<typeof tenantSettings>;

/** How patient the engine is with every effect of this tenant. */
export const timingOf = (tenant: TenantSettings): Timing => ({
  timeoutMs: tenant.requestTimeoutMs,
  firstWaitMs: tenant.firstWaitMs,
  longestWaitMs: tenant.longestWaitMs,
  patienceMs: tenant.patienceMs,
});
