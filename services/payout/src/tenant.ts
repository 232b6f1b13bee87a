/** What the tenant chooses for payouts. Each default is the careful one. */
import { z } from 'zod';
import { waitMs } from '../../../contracts/internal/tenant.js';
import { isPositive, parseDecimal, type Decimal } from '../../../shared/kernel/decimal.js';
import { isTimeZone } from './decide/day.js';

/** By currency: ISO 4217 code, and a positive amount in major units as text. */
const amounts = z.record(
  z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code'),
  z.string().transform((text, context): Decimal => {
    const parsed = parseDecimal(text);
    if (parsed !== null && isPositive(parsed)) return parsed;
    context.addIssue({ code: 'custom', message: 'must be a positive amount written as text' });
    return z.NEVER;
  }),
);
const inBoth = (amount: string): Record<string, Decimal> => ({ USD: amount as Decimal, EUR: amount as Decimal });
const CAREFUL = {
  perPayment: inBoth('50000'),
  perPortfolioAndDay: inBoth('100000'),
  perDay: inBoth('1000000'),
  paymentsPerHour: 500,
  currencyWithoutLimit: 'ask' as const,
};

export const payoutSettings = {
  limits: z
    .strictObject({
      perPayment: amounts.default(CAREFUL.perPayment),
      perPortfolioAndDay: amounts.default(CAREFUL.perPortfolioAndDay),
      perDay: amounts.default(CAREFUL.perDay),
      paymentsPerHour: z.number().int().min(0).max(1_000_000).default(CAREFUL.paymentsPerHour),
      currencyWithoutLimit: z.enum(['ask', 'pay']).default(CAREFUL.currencyWithoutLimit),
    })
    .default(CAREFUL)
    .meta({
      description:
        'a payment over one of these waits for two people; amounts are text, by currency. `currencyWithoutLimit`: what becomes of a payment in a currency that has no amount; `ask` waits for two people, `pay` pays',
    }),
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be a name of the IANA time zone database')
    .default('UTC')
    .meta({ description: 'where the day of a limit begins and ends, such as Europe/Amsterdam' }),
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
  lookBackForCashOutsDays: z.number().int().min(1).max(365).default(30).meta({
    description:
      "before money moves, the broker's cash-outs of the account are read, from so many days before the payout began. One that our books do not know waits for two people",
  }),
  payoutsApartMs: z.number().int().min(0).max(3_600_000).default(60_000).meta({
    description:
      'so long after a payout no other one leaves for the same portfolio: InvestSuite must show the booking, and the lower divest amount follows it',
  }),
  accountsWithOtherCashOuts: z.array(z.string().min(1)).default([]).meta({
    description:
      'accounts at the broker, as portfolios name them, from which others are known to take cash. Their cash-outs are not compared with our books',
  }),
  remittanceInformation: z
    .string()
    .max(140)
    .regex(/^[^\p{C}]*$/u, 'may hold no control characters')
    .default('Withdrawal from your portfolio')
    .meta({ description: 'what the customer reads on the statement; no name, no number' }),
} as const;
