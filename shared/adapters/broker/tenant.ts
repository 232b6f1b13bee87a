/** What the tenant chooses about any broker. */
import { z } from 'zod';
import { outsideSettings } from '../tenant.js';

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
  currencies: z
    .array(z.string().regex(/^[A-Z]{3}$/))
    .default([])
    .meta({ description: 'base currencies served; empty serves the currency of the broker account only' }),
} as const;
export type BrokerTenant = { readonly [Name in keyof typeof brokerSettings]: z.output<(typeof brokerSettings)[Name]> };
