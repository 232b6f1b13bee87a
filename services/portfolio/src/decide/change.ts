/** One change of a portfolio object that another service has asked for, without the portfolio's id. */
import { z } from 'zod';
import type { InstrumentId } from '../../../../shared/kernel/ids.js';
import { storedDecimal, storedText } from './stored.js';

export const storedChange = z.object({
  changeId: storedText(),
  because: z.enum(['withdrawal-paid', 'order-executed', 'order-settled', 'deposit']),
  /** Signed; cash as `$CCY`. */
  deltas: z.array(z.object({ instrument: storedText<InstrumentId>(), quantity: storedDecimal })).readonly(),
  lowerDivestBy: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('amount'), amount: storedDecimal }),
      z.object({ kind: z.literal('everything') }),
    ])
    .nullable(),
  cashSettled: z.boolean(),
});
export type Change = Readonly<z.infer<typeof storedChange>>;
