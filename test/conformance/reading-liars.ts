/** Adapters that do not read what the broker shows, and the scenarios that have to convict each. */
import type { BrokerKit } from './broker.conformance.js';
import { createDriveWealth } from '../../shared/adapters/broker/drivewealth/adapter.js';
import { broker, over, type Liar } from './liars.js';

export const readingLiars: readonly Liar<BrokerKit>[] = [
  {
    lie: 'reads lists up to its own clock, over a broker that does not honour keys',
    convictedBy: ['placeOrder: our clock is 3 s slow', 'placeOrder: our clock is an hour slow'],
    start: over((at) => {
      const port = createDriveWealth(at);
      const isSlow = (): boolean => at.nowMs() < Date.now() - 1_000;
      return { ...port, findOrder: async (request, sending) => (isSlow() ? { found: 'absent' } : port.findOrder(request, sending)) };
    }, false),
  },
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
