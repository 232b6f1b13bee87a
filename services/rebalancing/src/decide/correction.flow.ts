import { go, ignored, type Flow } from '../../../../shared/kernel/flow.js';
import type { Correction, CorrectionEffects, CorrectionEmits, CorrectionInput } from './correction.js';
import {
  accountFound,
  announced,
  goFurther,
  handled,
  looked,
  noAccount,
  nothingToDo,
  rememberAnnounced,
  unknownAccount,
} from './correction.rules.js';

const over = ignored('over; a new correction opens');

/** From the broker's word that trades were corrected to people who have put the books right. */
export const correctionFlow: Flow<Correction, CorrectionInput, CorrectionEffects, CorrectionEmits> = {
  name: 'correction',
  ownedBy: 'trading desk',
  opens: { CorrectionAnnounced: announced },
  rows: {
    FindingAccount: {
      does: 'FindAccount',
      whenUnknown: 'inquire',
      applied: accountFound,
      rejected: noAccount,
      on: { CorrectionAnnounced: rememberAnnounced },
    },
    LookingAtOrders: {
      does: 'ReadCorrections',
      whenUnknown: 'send-again',
      applied: looked,
      rejected: unknownAccount,
      on: { CorrectionAnnounced: goFurther },
    },
    AwaitingBooking: {
      waitsFor: 'the broker to book the correction',
      overdueAfterHours: 24,
      looksAgain: { after: 'correction', then: go<Correction>('LookingAtOrders') },
      on: { CorrectionAnnounced: goFurther },
    },
    WithPeople: {
      does: 'SettleCorrection',
      whenUnknown: 'inquire',
      applied: handled,
      rejected: nothingToDo,
      on: { CorrectionAnnounced: rememberAnnounced },
    },
    Handled: { ends: 'people have put the books right', on: { CorrectionAnnounced: over } },
    NothingToDo: { ends: 'people have found nothing to put right', on: { CorrectionAnnounced: over } },
  },
};
