import { go, ignored, impossible, type Flow } from '../../../../shared/kernel/flow.js';
import type { LostRequest, LostRequestEffects, LostRequestInput, LostRequestPolicy, LostRequestSaid } from './lost-request.js';
import {
  anotherGap,
  handedOver,
  heard,
  levelAfterGap,
  levelInReview,
  levelStands,
  levelWhileRead,
  noteLevel,
  notRestored,
  opened,
  restored,
  reviewed,
  unexplained,
} from './lost-request.rules.js';

const writesNothing = impossible('the portfolio writes nothing while it waits for this');
const isOpen = impossible('a lost request of the first release is handed over before any other is open');
const restoresNothing = impossible('no level is being restored');
const unknown = () => ignored('no lost request is open');
const isOver = ignored('it is over');

/** Restored or not, it is open until it has heard so. */
const unasked = () => impossible('nobody has asked for a level to be restored');

/** One for each write of ours that may have overwritten a divest request, until that is found out. It writes nothing itself. */
export const lostRequestFlow: Flow<LostRequest, LostRequestInput, LostRequestEffects, LostRequestSaid, LostRequestPolicy> = {
  name: 'lost-request',
  ownedBy: 'portfolio operations',
  opens: {
    GapFound: opened,
    HandedOver: handedOver,
    LevelForwarded: unknown,
    LevelRestored: unasked,
    LevelNotRestored: unasked,
  },
  rows: {
    AwaitingAnnouncement: {
      waitsFor: 'the announcement of a divest request that our write may have overwritten',
      overdueAfterHours: 1,
      looksAgain: { after: 'announcement', then: go<LostRequest>('ReadingLevel') },
      on: {
        GapFound: writesNothing,
        HandedOver: isOpen,
        LevelForwarded: heard(levelAfterGap),
        LevelRestored: restoresNothing,
        LevelNotRestored: restoresNothing,
      },
    },
    ReadingLevel: {
      does: 'ReadPortfolio',
      whenUnknown: 'send-again',
      applied: levelStands,
      rejected: unexplained,
      on: {
        GapFound: writesNothing,
        HandedOver: isOpen,
        LevelForwarded: heard(levelWhileRead),
        LevelRestored: restoresNothing,
        LevelNotRestored: restoresNothing,
      },
    },
    Restoring: {
      waitsFor: 'the portfolio to restore the level',
      overdueAfterHours: 1,
      on: {
        GapFound: writesNothing,
        HandedOver: isOpen,
        LevelForwarded: heard(noteLevel),
        LevelRestored: heard(restored),
        LevelNotRestored: heard(notRestored),
      },
    },
    AwaitingReview: {
      waitsFor: 'a person to ask the customer and set the divest amount',
      overdueAfterHours: 1,
      looksAgain: { after: 'review', then: reviewed },
      on: {
        GapFound: heard(anotherGap),
        HandedOver: isOpen,
        LevelForwarded: heard(levelInReview),
        LevelRestored: restoresNothing,
        LevelNotRestored: restoresNothing,
      },
    },
    Settled: {
      ends: 'no divest request is lost, or it was restored',
      on: {
        GapFound: isOver,
        HandedOver: isOver,
        LevelForwarded: isOver,
        LevelRestored: isOver,
        LevelNotRestored: isOver,
      },
    },
    Reviewed: {
      ends: 'a level stands that was set since, or the time for a review is over',
      on: {
        GapFound: isOver,
        HandedOver: isOver,
        LevelForwarded: isOver,
        LevelRestored: isOver,
        LevelNotRestored: isOver,
      },
    },
  },
};
