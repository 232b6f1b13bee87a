import { go, hold, ignored, type Flow } from '../../../../shared/kernel/flow.js';
import type { PortfolioEffects, PortfolioInput, PortfolioSaid, PortfolioState } from './portfolio.js';
import {
  addChange,
  levelStands,
  noteWish,
  notOpened,
  notRestored,
  notWritten,
  opened,
  portfolioRead,
  readAgain,
  restored,
  reviewed,
  takeChange,
  unexplained,
  wishAfterGap,
  wishInReview,
  wishWhileLevelIsRead,
  wishWhileReading,
  wishWhileWriting,
  written,
} from './portfolio.rules.js';
import type { PortfolioPolicy } from './portfolio.policy.js';

const readLevel = go<PortfolioState>('ReadingLevel');

/** A portfolio rests for years. Idle is no trouble, so it is never overdue: a hundred years. */
const NEVER_HOURS = 876_000;

/** Every change of one portfolio object at InvestSuite, one write at a time. It never ends. */
export const portfolioFlow: Flow<PortfolioState, PortfolioInput, PortfolioEffects, PortfolioSaid, PortfolioPolicy> = {
  name: 'portfolio',
  ownedBy: 'portfolio operations',
  opens: { ChangeRequested: opened, WishSeen: notOpened },
  rows: {
    Idle: {
      waitsFor: 'changes',
      overdueAfterHours: NEVER_HOURS,
      on: { ChangeRequested: takeChange, WishSeen: ignored('nothing is being written') },
    },
    ReadingPortfolio: {
      does: 'ReadPortfolio',
      whenUnknown: 'send-again',
      applied: portfolioRead,
      rejected: hold('InvestSuite does not let us read it'),
      on: { ChangeRequested: addChange, WishSeen: wishWhileReading },
    },
    WritingPortfolio: {
      does: 'WritePortfolio',
      whenUnknown: 'inquire',
      applied: written,
      rejected: notWritten,
      on: { ChangeRequested: addChange, WishSeen: wishWhileWriting },
    },
    AwaitingWish: {
      waitsFor: 'a wish that our write may have overwritten',
      overdueAfterHours: 1,
      looksAgain: { after: 'wish', then: readLevel },
      on: { ChangeRequested: addChange, WishSeen: wishAfterGap },
    },
    ReadingLevel: {
      does: 'ReadPortfolio',
      whenUnknown: 'send-again',
      applied: levelStands,
      rejected: unexplained,
      on: { ChangeRequested: addChange, WishSeen: wishWhileLevelIsRead },
    },
    RestoringWish: {
      does: 'RestoreDivestAmount',
      whenUnknown: 'inquire',
      applied: restored,
      rejected: notRestored,
      on: { ChangeRequested: addChange, WishSeen: noteWish },
    },
    AwaitingReview: {
      waitsFor: 'a person to ask the customer and set the divest amount',
      overdueAfterHours: 1,
      looksAgain: { after: 'review', then: reviewed },
      on: { ChangeRequested: takeChange, WishSeen: wishInReview },
    },
    AwaitingCounterpart: {
      waitsFor: 'another change without which holdings would fall below zero',
      overdueAfterHours: 1,
      looksAgain: { after: 'counterpart', then: readAgain },
      on: { ChangeRequested: takeChange, WishSeen: ignored('nothing is being written') },
    },
  },
};
