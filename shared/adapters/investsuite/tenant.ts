/** What the tenant chooses about InvestSuite: what its documentation leaves open. The page of the adapter says why. */
import { z } from 'zod';
import { outsideSettings } from '../tenant.js';

const SEGMENTS = ['latest', 'current'] as const;

export const investSuiteSettings = {
  ...outsideSettings,
  canListTransactions: z.boolean().default(true).meta({
    description:
      'InvestSuite lists the transactions of a portfolio. false where it does not: a lost answer to a new transaction is then settled by a person',
  }),
  quoteIdempotencyKey: z.boolean().default(true).meta({
    description: 'the value of the header Idempotency-Key stands in double quotes. Choose once: another form is another key',
  }),
  optimizationSegments: z
    .array(z.enum(SEGMENTS))
    .min(1)
    .max(SEGMENTS.length)
    .refine((list) => new Set(list).size === list.length, 'names one twice')
    .default([...SEGMENTS])
    .meta({ description: 'last part of the address of the newest optimisation at InvestSuite: `latest`, `current`, in the order tried' }),
  settingsOfTheirs: z
    .array(z.string().regex(/^[a-z_]+(\.[a-z_]+)*$/, 'must be a path such as manager_settings.optimization_cooldown_end'))
    .default(['manager_settings.optimization_cooldown_end'])
    .meta({ description: 'settings of a portfolio that InvestSuite changes by itself: they are not compared after a write' }),
} as const;
export type InvestSuiteTenant = Readonly<z.output<z.ZodObject<typeof investSuiteSettings>>>;
