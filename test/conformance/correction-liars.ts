/** Adapters that do not see what the broker corrects, and the scenarios that have to convict each. */
import type { BrokerKit } from './broker.conformance.js';
import { broker, over, type Liar } from './liars.js';

export const correctionLiars: readonly Liar<BrokerKit>[] = [
  {
    lie: 'sees no fill that was taken back',
    convictedBy: ['a trade is taken back before it is settled: it is never called so'],
    start: over(
      broker((port) => ({
        readOrder: async (account, orderId, signal) => {
          const read = await port.readOrder(account, orderId, signal);
          return read.kind === 'applied' ? { kind: 'applied', result: { ...read.result, takenBack: null } } : read;
        },
      })),
    ),
  },
  {
    lie: 'finds no order that was corrected',
    convictedBy: ['a trade that was called settled is corrected: the event leads to it'],
    start: over(
      broker((port) => ({
        readCorrections: async (party, sinceMs, signal) => {
          const read = await port.readCorrections(party, sinceMs, signal);
          return read.kind === 'applied' ? { kind: 'applied', result: { ...read.result, orders: [] } } : read;
        },
      })),
    ),
  },
];
