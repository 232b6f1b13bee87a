import { go, ignored, impossible, type Flow } from '../../../../shared/kernel/flow.js';
import {
  announceWhenOurs,
  bookOrRefuse,
  end,
  finish,
  goOnFromPortfolio,
  holdCalledOffLate,
  holdOrFinish,
  holdOrRefuse,
  holdOrUpdatePortfolio,
  open,
  payOrWait,
  rememberReturn,
  rememberRequest,
  seeReturn,
  updatePortfolio,
} from './withdrawal.rules.js';
import type { WithdrawalPolicy } from './withdrawal.policy.js';
import type { Withdrawal, WithdrawalEffects, WithdrawalInput, WithdrawalEmits } from './withdrawal.js';

const read = go<Withdrawal>('ReadingPortfolio');
const check = go<Withdrawal>('CheckingCash');
const unasked = impossible('no payout was asked for');
const fixed = ignored('the amount is fixed');
const paid = ignored('already paid');
const notOurs = ignored('not the change of this withdrawal');
const over = {
  DivestAmountUpdated: ignored('over; a new withdrawal opens'),
  CashSettled: ignored('over'),
  PayoutFinished: ignored('over'),
  PortfolioChanged: ignored('over'),
};

/** From a divest amount at InvestSuite to cash on the customer's counter account. */
export const withdrawalFlow: Flow<Withdrawal, WithdrawalInput, WithdrawalEffects, WithdrawalEmits, WithdrawalPolicy> = {
  name: 'withdrawal',
  ownedBy: 'payments operations',
  opens: {
    DivestAmountUpdated: open,
    CashSettled: () => ignored('nobody waits for cash here'),
    PayoutFinished: () => ignored('no withdrawal of this portfolio is open'),
    PortfolioChanged: () => ignored('no withdrawal of this portfolio is open'),
  },
  rows: {
    ReadingPortfolio: {
      does: 'ReadPortfolio',
      whenUnknown: 'send-again',
      applied: goOnFromPortfolio,
      rejected: holdOrRefuse('the portfolio could not be read'),
      on: { DivestAmountUpdated: read, CashSettled: read, PayoutFinished: unasked, PortfolioChanged: read },
    },
    CheckingCash: {
      does: 'CheckCash',
      whenUnknown: 'send-again',
      applied: payOrWait,
      rejected: holdOrRefuse('cash could not be checked'),
      on: { DivestAmountUpdated: read, CashSettled: check, PayoutFinished: unasked, PortfolioChanged: read },
    },
    AwaitingRule: {
      waitsFor: 'exactly one rule of the tenant that says whose portfolio it is',
      overdueAfterHours: 1,
      looksAgain: { after: 'rule', then: read },
      on: {
        DivestAmountUpdated: ignored('read again when it is looked at again'),
        CashSettled: ignored('it does not wait for cash'),
        PayoutFinished: unasked,
        PortfolioChanged: ignored('read again when it is looked at again'),
      },
    },
    AwaitingCash: {
      waitsFor: 'sales to settle',
      overdueAfterHours: 120,
      looksAgain: { after: 'cash', then: read },
      on: { DivestAmountUpdated: read, CashSettled: read, PayoutFinished: unasked, PortfolioChanged: read },
    },
    Paying: {
      waitsFor: 'the payout',
      overdueAfterHours: 24,
      on: { DivestAmountUpdated: rememberRequest, CashSettled: fixed, PayoutFinished: bookOrRefuse, PortfolioChanged: notOurs },
    },
    RecordingTransaction: {
      does: 'RecordTransaction',
      whenUnknown: 'inquire',
      applied: updatePortfolio,
      rejected: holdOrUpdatePortfolio,
      on: { DivestAmountUpdated: rememberRequest, CashSettled: paid, PayoutFinished: rememberReturn, PortfolioChanged: notOurs },
    },
    UpdatingPortfolio: {
      waitsFor: 'holdings and divest amount to be written',
      overdueAfterHours: 4,
      on: { DivestAmountUpdated: rememberRequest, CashSettled: paid, PayoutFinished: rememberReturn, PortfolioChanged: announceWhenOurs },
    },
    Announcing: {
      does: 'AnnounceWithdrawal',
      whenUnknown: 'send-again',
      applied: finish,
      rejected: holdOrFinish,
      on: { DivestAmountUpdated: rememberRequest, CashSettled: paid, PayoutFinished: rememberReturn, PortfolioChanged: notOurs },
    },
    CalledOffTooLate: {
      does: 'SeeCalledOffLate',
      whenUnknown: 'inquire',
      overdueAfterHours: 24,
      applied: end,
      rejected: holdCalledOffLate,
      on: { DivestAmountUpdated: rememberRequest, CashSettled: paid, PayoutFinished: rememberReturn, PortfolioChanged: notOurs },
    },
    Completed: { ends: 'paid, booked and announced', on: { ...over, PayoutFinished: seeReturn } },
    NothingAsked: { ends: 'InvestSuite shows no divest request', on: over },
    Cancelled: { ends: 'called off before any payment', on: over },
    NotOurs: { ends: 'InvestSuite talks to the broker of this portfolio; it is no business of ours', on: over },
    Refused: { ends: 'refused; the divest request stays at InvestSuite', on: over },
    Returned: { ends: 'paid, and sent back by the bank; the payout is with an operator', on: over },
  },
};
