import { hold, ignored, type Flow } from '../../../../shared/kernel/flow.js';
import type { Order, OrderEffects, OrderInput, OrderEmits } from './order.js';
import {
  afterExecution,
  afterSettlement,
  decided,
  executionNotRecorded,
  followed,
  notPlaced,
  placed,
  placedNotRecorded,
  recordedNotExecuted,
  recordedPlaced,
  refusalNotRecorded,
  settled,
  settlementNotRecorded,
} from './order.rules.js';

const once = { OrderDecided: ignored('an order is decided once') };

/** One order of one optimisation, from the decision to settled cash or units. */
export const orderFlow: Flow<Order, OrderInput, OrderEffects, OrderEmits> = {
  name: 'order',
  ownedBy: 'trading desk',
  opens: { OrderDecided: decided },
  rows: {
    Placing: { does: 'PlaceOrder', whenUnknown: 'inquire', applied: placed, rejected: notPlaced, on: once },
    RecordingPlaced: { does: 'RecordPlaced', whenUnknown: 'inquire', applied: recordedPlaced, rejected: placedNotRecorded, on: once },
    FollowingOrder: {
      does: 'FollowOrder',
      whenUnknown: 'send-again',
      overdueAfterHours: 24,
      applied: followed,
      rejected: hold('the broker does not know the order'),
      on: once,
    },
    RecordingExecution: {
      does: 'RecordExecution',
      whenUnknown: 'inquire',
      applied: afterExecution,
      rejected: executionNotRecorded,
      on: once,
    },
    AwaitingSettlement: {
      does: 'ConfirmSettlement',
      whenUnknown: 'send-again',
      overdueAfterHours: 96,
      applied: settled,
      rejected: hold('the broker does not know the order'),
      on: once,
    },
    RecordingSettlement: {
      does: 'RecordSettlement',
      whenUnknown: 'inquire',
      applied: afterSettlement,
      rejected: settlementNotRecorded,
      on: once,
    },
    RecordingNotExecuted: {
      does: 'RecordNotExecuted',
      whenUnknown: 'inquire',
      applied: recordedNotExecuted,
      rejected: refusalNotRecorded,
      on: once,
    },
    Settled: { ends: 'traded and settled', on: once },
    Cancelled: { ends: 'cancelled at the broker before any fill', on: once },
    Expired: { ends: 'expired at the broker before any fill', on: once },
    NotExecuted: { ends: 'never executed', on: once },
  },
};
