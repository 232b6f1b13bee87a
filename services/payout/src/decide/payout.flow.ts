import { ignored, impossible, type Flow } from '../../../../shared/kernel/flow.js';
import {
  checkCounterAccount,
  enterSuspense,
  enterSuspenseUnseen,
  finishPaid,
  followApproval,
  followCashOut,
  goOnFromOwner,
  holdOrMoveBack,
  holdOrSuspend,
  holdOrRefuse,
  lookAgain,
  holdOrEndApproval,
  holdOrSuspendCashOut,
  open,
  refuseCashOut,
  rememberReturn,
  seeReturn,
} from './payout.rules.js';
import type { PayoutPolicy } from './payout.policy.js';
import type { Payout, PayoutEffects, PayoutInput, PayoutEmits } from './payout.js';

const known = ignored('asked for already');
const unpaid = { PayoutRequested: known, TransferReturned: impossible('a return of a payment that we have not made') };

/** From one request to one payment: broker account, house account, counter account. */
export const payoutFlow: Flow<Payout, PayoutInput, PayoutEffects, PayoutEmits, PayoutPolicy> = {
  name: 'payout',
  ownedBy: 'payments operations',
  opens: { PayoutRequested: open, TransferReturned: () => impossible('a return of a payment that nobody asked for') },
  rows: {
    ReadingOwner: {
      does: 'ReadOwner',
      whenUnknown: 'send-again',
      applied: goOnFromOwner,
      rejected: holdOrRefuse('the owner could not be read'),
      on: unpaid,
    },
    CheckingCounterAccount: {
      does: 'ReadCounterAccount',
      whenUnknown: 'send-again',
      applied: checkCounterAccount,
      rejected: holdOrRefuse('the counter account could not be checked'),
      on: unpaid,
    },
    CoolingOff: {
      waitsFor: 'a counter account that has not changed lately',
      overdueAfterHours: 48,
      looksAgain: { after: 'counterAccount', then: lookAgain },
      on: unpaid,
    },
    CashingOut: {
      does: 'CreateCashOut',
      whenUnknown: 'inquire',
      applied: followCashOut,
      rejected: refuseCashOut,
      on: unpaid,
    },
    ApprovingCashOut: {
      does: 'ApproveCashOut',
      whenUnknown: 'send-again',
      applied: followApproval,
      rejected: holdOrEndApproval,
      on: unpaid,
    },
    ConfirmingCashOut: {
      does: 'ReadCashOut',
      whenUnknown: 'send-again',
      overdueAfterHours: 48,
      applied: followCashOut,
      rejected: holdOrSuspendCashOut,
      on: unpaid,
    },
    Transferring: {
      does: 'PayCounterAccount',
      whenUnknown: 'inquire',
      overdueAfterHours: 24,
      applied: finishPaid,
      rejected: holdOrSuspend,
      on: { PayoutRequested: known, TransferReturned: rememberReturn },
    },
    EnteringSuspense: {
      does: 'ReadWithdrawable',
      whenUnknown: 'send-again',
      overdueAfterHours: 24,
      applied: enterSuspense,
      rejected: enterSuspenseUnseen,
      on: { PayoutRequested: known, TransferReturned: impossible('a return of a payment that people called never made') },
    },
    InSuspense: {
      does: 'ClearSuspense',
      whenUnknown: 'inquire',
      overdueAfterHours: 24,
      applied: finishPaid,
      rejected: holdOrMoveBack,
      on: { PayoutRequested: known, TransferReturned: impossible('a return of a payment that people called never made') },
    },
    Paid: { ends: 'paid', on: { PayoutRequested: known, TransferReturned: seeReturn } },
    Returned: {
      waitsFor: 'an operator: the bank returned the payment',
      overdueAfterHours: 24,
      on: { PayoutRequested: known, TransferReturned: ignored('known already') },
    },
    Refused: { ends: 'refused; no money has moved', on: unpaid },
    MovedBack: {
      ends: 'not paid; people have seen the cash on the broker account again, and the divest request may be taken up again',
      on: unpaid,
    },
  },
};
