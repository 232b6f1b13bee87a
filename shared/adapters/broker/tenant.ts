/** What the tenant chooses about any broker. */
import { z } from 'zod';
import { ownWaitMs } from '../../../contracts/internal/tenant.js';
import { outsideSettings } from '../tenant.js';

const word = z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be printable, without blanks');

export const brokerSettings = {
  ...outsideSettings,
  cashOutType: z
    .enum(['BULK_FUNDING', 'CASH_TRANSFER', 'ACH', 'WIRE'])
    .default('BULK_FUNDING')
    .meta({ description: 'type of a DriveWealth redemption' }),
  sendClientOrderId: z.boolean().default(false).meta({
    description:
      'send our key as DriveWealth `clientOrderID` with an order: a lost answer then matches for certain, by one read for each candidate. The vendor does not say that it finds or refuses a second one',
  }),
  listOffset: z.enum(['instant', 'day']).default('instant').meta({
    description:
      'what DriveWealth takes the `offset` of a list for. `day` where it cuts off the hours: with `instant` such lists end with an error',
  }),
  bankAccountId: word.optional().meta({
    description: 'the linked bank account that a DriveWealth redemption goes to, where its type needs one',
    without: 'not sent',
  }),
  settlementProfileId: word.optional().meta({ description: 'settlement profile of a DriveWealth redemption', without: 'not sent' }),
  instruments: z
    .record(
      z.string().regex(/^[A-Z]{2}[A-Z0-9]{9}[0-9]$/, 'must be an ISIN'),
      z
        .strictObject({ symbol: word.optional(), instrumentId: word.optional() })
        .refine(({ symbol, instrumentId }) => symbol !== undefined || instrumentId !== undefined, 'says neither symbol nor instrumentId'),
    )
    .default({})
    .meta({ description: 'by ISIN: `symbol` or `instrumentId` of what DriveWealth calls otherwise; all others go by ISIN' }),
  purchaseSettlementMs: ownWaitMs('345600000', 'a purchase at DriveWealth has settled after so long, where its ledger shows no date'),
  brokerClockSkewMs: ownWaitMs('5000', "how far the broker's clock may be from ours when its lists are searched"),
  currencies: z
    .array(z.string().regex(/^[A-Z]{3}$/))
    .default([])
    .meta({ description: 'base currencies served; empty serves the currency of the broker account only' }),
} as const;
export type BrokerTenant = Readonly<z.output<z.ZodObject<typeof brokerSettings>>>;
