/** The nouns of one correction: the broker changes trades after their end. Nobody but people can put that right. */
import { z } from 'zod';
import { CORRECTION_STAGES } from '../../../../contracts/internal/outside-events.js';
import type { BrokerAccountId, InstrumentId } from '../../../../shared/kernel/ids.js';
import { storedDecimal, storedText } from './stored.js';

const stage = z.enum(CORRECTION_STAGES);
export type CorrectionStage = z.output<typeof stage>;

/** An order as the broker's books show it now. Units are positive; `cash` is what was taken back for them. */
const correctedOrder = z
  .object({
    account: storedText<BrokerAccountId>(),
    orderId: storedText(),
    instrument: storedText<InstrumentId>().nullable(),
    side: z.enum(['buy', 'sell']).nullable(),
    filledUnits: storedDecimal,
    bookedUnits: storedDecimal,
    takenBack: z.object({ units: storedDecimal, cash: storedDecimal }).readonly(),
  })
  .readonly();
export type Corrected = z.output<typeof correctedOrder>;

export const correctionState = z.object({
  status: z.enum(['FindingAccount', 'LookingAtOrders', 'AwaitingBooking', 'WithPeople', 'Handled', 'NothingToDo']),
  reason: z.string().nullable(),
  /** As the broker names them; both null when the event named neither. */
  account: storedText().nullable(),
  customer: storedText().nullable(),
  /** The furthest that was announced. */
  stage,
  /** Orders whose books say something else than their fills, as of the last look. */
  orders: z.array(correctedOrder).readonly(),
  /** How many orders the last look saw. */
  looked: z.number().int().nonnegative(),
  /** Announced again while people had it: another correction of the same account may have begun. */
  announcedAgain: z.boolean(),
});
export type Correction = Readonly<z.output<typeof correctionState>>;

/** `as`: the broker's own name of the event, for people. */
export type CorrectionAnnounced = {
  readonly type: 'CorrectionAnnounced';
  readonly account: string | null;
  readonly customer: string | null;
  readonly stage: CorrectionStage;
  readonly as: string;
};
export type CorrectionInput = CorrectionAnnounced;

export type CorrectionEffects = {
  FindAccount: { readonly kind: 'once'; readonly result: { readonly account: string }; readonly reason: string };
  ReadCorrections: {
    readonly kind: 'read';
    readonly result: { readonly looked: number; readonly orders: readonly Corrected[] };
    readonly reason: 'not-found';
  };
  SettleCorrection: { readonly kind: 'once'; readonly result: null; readonly reason: string };
};

export type CorrectionEmits = { readonly sends: 'correction'; readonly subject: string; readonly input: CorrectionInput };
