import { ignored, impossible, type Flow } from '../../../../shared/kernel/flow.js';
import type { PortfolioEffects, PortfolioInput, PortfolioEmits, PortfolioState } from './portfolio.js';
import {
  addChange,
  alsoForwardLevel,
  forwardLevel,
  goOnUnderReview,
  handOver,
  keepLevel,
  levelWhileReading,
  levelWhileWriting,
  lostRequestEnded,
  noteEnd,
  notRead,
  notRestored,
  notWritten,
  opened,
  portfolioRead,
  queueChange,
  readAgain,
  restored,
  restoreLevel,
  stillFoundOut,
  takeChange,
  written,
} from './portfolio.rules.js';

/** A portfolio rests for years. Idle is no trouble, so it is never overdue: a hundred years. */
const NEVER_HOURS = 876_000;

const nothingOpened = () => impossible('no lost request was opened before the first change');
/** `lost-request` asks for a level only while we wait for it, and waits for our answer. */
const notAwaited = impossible('a level is restored only while nothing is written');
const wentOn = ignored('the portfolio has gone on already');

/** Every change of one portfolio object at InvestSuite, one write at a time. It never ends. */
export const portfolioFlow: Flow<PortfolioState, PortfolioInput, PortfolioEffects, PortfolioEmits> = {
  name: 'portfolio',
  ownedBy: 'portfolio operations',
  opens: {
    ChangeRequested: opened,
    LevelAnnounced: () => ignored('nothing is being written'),
    BeingFoundOut: nothingOpened,
    RestoreRequested: nothingOpened,
    ReviewGoesOn: nothingOpened,
    LostRequestEnded: nothingOpened,
  },
  rows: {
    Idle: {
      waitsFor: 'changes',
      overdueAfterHours: NEVER_HOURS,
      on: {
        ChangeRequested: takeChange,
        LevelAnnounced: forwardLevel,
        BeingFoundOut: wentOn,
        RestoreRequested: notAwaited,
        ReviewGoesOn: wentOn,
        LostRequestEnded: noteEnd,
      },
    },
    ReadingPortfolio: {
      does: 'ReadPortfolio',
      whenUnknown: 'send-again',
      applied: portfolioRead,
      rejected: notRead,
      on: {
        ChangeRequested: addChange,
        LevelAnnounced: levelWhileReading,
        BeingFoundOut: wentOn,
        RestoreRequested: notAwaited,
        ReviewGoesOn: wentOn,
        LostRequestEnded: noteEnd,
      },
    },
    WritingPortfolio: {
      does: 'WritePortfolio',
      whenUnknown: 'inquire',
      applied: written,
      rejected: notWritten,
      on: {
        ChangeRequested: addChange,
        LevelAnnounced: levelWhileWriting,
        BeingFoundOut: wentOn,
        RestoreRequested: notAwaited,
        ReviewGoesOn: wentOn,
        LostRequestEnded: noteEnd,
      },
    },
    AwaitingCounterpart: {
      waitsFor: 'another change without which holdings would fall below zero',
      overdueAfterHours: 1,
      looksAgain: { after: 'counterpart', then: readAgain },
      on: {
        ChangeRequested: takeChange,
        LevelAnnounced: forwardLevel,
        BeingFoundOut: wentOn,
        RestoreRequested: notAwaited,
        ReviewGoesOn: wentOn,
        LostRequestEnded: noteEnd,
      },
    },
    AwaitingLostRequest: {
      waitsFor: 'a look at a divest request that our write may have overwritten',
      overdueAfterHours: 1,
      looksAgain: { after: 'review', then: handOver },
      on: {
        ChangeRequested: queueChange,
        LevelAnnounced: alsoForwardLevel,
        BeingFoundOut: stillFoundOut,
        RestoreRequested: restoreLevel,
        ReviewGoesOn: goOnUnderReview,
        LostRequestEnded: lostRequestEnded,
      },
    },
    RestoringLevel: {
      does: 'RestoreDivestAmount',
      whenUnknown: 'inquire',
      applied: restored,
      rejected: notRestored,
      on: {
        ChangeRequested: addChange,
        LevelAnnounced: keepLevel,
        BeingFoundOut: ignored('the level is restored first'),
        RestoreRequested: notAwaited,
        ReviewGoesOn: ignored('the level is restored first'),
        LostRequestEnded: ignored('the level is restored first'),
      },
    },
  },
};
