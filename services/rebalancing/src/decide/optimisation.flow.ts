import { go, hold, ignored, impossible, type Flow } from '../../../../shared/kernel/flow.js';
import type { Optimisation, OptimisationEffects, OptimisationInput, OptimisationEmits } from './optimisation.js';
import {
  announced,
  chosen,
  keepNewer,
  lastFinished,
  lookAgainForNewer,
  newerBeforeBuys,
  noPrices,
  optimizationRead,
  portfolioRead,
  pricesRead,
  readChoiceAgain,
  sellFinished,
  superseded,
} from './optimisation.rules.js';
import type { OptimisationPolicy } from './optimisation.policy.js';

const unread = hold('InvestSuite does not let us read it');
const noOrders = impossible('no order has been told yet');
const chosenBefore = ignored('the choice is read with the optimisation');
const decided = ignored('the orders are decided');
const over = {
  OptimizationReady: ignored('this optimisation is over'),
  OwnerChose: ignored('this optimisation is over'),
  OrderFinished: ignored('this optimisation is over'),
};

/** From a recommended optimisation at InvestSuite to its orders carried out, sells first. */
export const optimisationFlow: Flow<Optimisation, OptimisationInput, OptimisationEffects, OptimisationEmits, OptimisationPolicy> = {
  name: 'optimisation',
  ownedBy: 'trading desk',
  opens: {
    OptimizationReady: announced,
    OwnerChose: chosen,
    OrderFinished: () => impossible('an order of an optimisation we do not know'),
  },
  rows: {
    ReadingOptimization: {
      does: 'ReadOptimization',
      whenUnknown: 'send-again',
      applied: optimizationRead,
      rejected: unread,
      on: { OptimizationReady: lookAgainForNewer, OwnerChose: readChoiceAgain, OrderFinished: noOrders },
    },
    ReadingPortfolio: {
      does: 'ReadPortfolio',
      whenUnknown: 'send-again',
      applied: portfolioRead,
      rejected: unread,
      on: { OptimizationReady: lookAgainForNewer, OwnerChose: readChoiceAgain, OrderFinished: noOrders },
    },
    AwaitingOwnerChoice: {
      waitsFor: 'the owner to accept',
      overdueAfterHours: 72,
      looksAgain: { after: 'ownerChoice', then: go<Optimisation>('ReadingOptimization') },
      on: { OptimizationReady: superseded, OwnerChose: readChoiceAgain, OrderFinished: noOrders },
    },
    CheckingSellPrices: {
      does: 'CheckPrices',
      whenUnknown: 'send-again',
      applied: pricesRead('sell'),
      rejected: noPrices('sell'),
      on: { OptimizationReady: lookAgainForNewer, OwnerChose: readChoiceAgain, OrderFinished: noOrders },
    },
    Selling: {
      waitsFor: 'the sell orders to end',
      overdueAfterHours: 30,
      on: { OptimizationReady: keepNewer, OwnerChose: decided, OrderFinished: sellFinished },
    },
    CheckingBuyPrices: {
      does: 'CheckPrices',
      whenUnknown: 'send-again',
      applied: pricesRead('buy'),
      rejected: noPrices('buy'),
      on: { OptimizationReady: newerBeforeBuys, OwnerChose: chosenBefore, OrderFinished: ignored('the sells are done') },
    },
    Buying: {
      waitsFor: 'the buy orders to end',
      overdueAfterHours: 30,
      on: { OptimizationReady: keepNewer, OwnerChose: decided, OrderFinished: lastFinished },
    },
    Refusing: {
      waitsFor: 'every order to be recorded as not executed',
      overdueAfterHours: 1,
      on: { OptimizationReady: keepNewer, OwnerChose: decided, OrderFinished: lastFinished },
    },
    Executed: { ends: 'the orders are carried out', on: over },
    NotExecuted: { ends: 'no order was executed', on: over },
    NotRecommended: { ends: 'nothing to order', on: over },
    Declined: { ends: 'the owner did not accept', on: over },
    Superseded: { ends: 'a newer optimisation counts', on: over },
    LeftAlone: { ends: 'not a portfolio of ours to trade', on: over },
  },
};
