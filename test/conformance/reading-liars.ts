/** Adapters that do not read what the broker shows, and the scenarios that have to convict each. */
import type { BrokerKit } from './broker.conformance.js';
import { createDriveWealth } from '../../shared/adapters/broker/drivewealth/adapter.js';
import type { ListedCashOut, OwnCashOuts } from '../../shared/ports/broker.js';
import { broker, over, type Liar } from './liars.js';

type Rows = readonly ListedCashOut[];
/** A list of cash-outs, told otherwise. */
const listing = (tell: (rows: Rows, ours: OwnCashOuts) => Rows): ReturnType<typeof over> =>
  over(
    broker((port) => ({
      readCashOuts: async (account, sinceMs, ours, signal) => {
        const read = await port.readCashOuts(account, sinceMs, ours, signal);
        return read.kind === 'applied' ? { kind: 'applied', result: tell(read.result, ours) } : read;
      },
    })),
  );
const ALL_LISTED = 'recent cash-outs: every one is listed, and our key is read where it stands';
const NOTE_LOST = 'recent cash-outs: one whose note is lost carries no key';
const CAME_BACK = 'recent cash-outs: one that came back is listed, and older ones are only those that we ask for';

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
  {
    lie: 'lists only cash-outs of ours',
    convictedBy: [ALL_LISTED],
    start: listing((rows, { cashOutIds }) => rows.filter(({ key, cashOutId }) => key !== null || cashOutIds.includes(cashOutId))),
  },
  {
    lie: 'takes every recent cash-out for ours',
    convictedBy: [ALL_LISTED, NOTE_LOST],
    start: listing((rows, { keys }) => rows.map((row) => ({ ...row, key: row.key ?? keys.at(-1) ?? null }))),
  },
  {
    lie: 'sees no key in a cash-out',
    convictedBy: [ALL_LISTED],
    start: listing((rows) => rows.map((row) => ({ ...row, key: null }))),
  },
  {
    lie: 'lists no cash-out that came back',
    convictedBy: [CAME_BACK],
    start: listing((rows) => rows.filter(({ status }) => status !== 'returned')),
  },
  {
    lie: 'leaves out ours that are older',
    convictedBy: [CAME_BACK],
    start: over(
      broker((port) => ({
        readCashOuts: (account, sinceMs, _ours, signal) => port.readCashOuts(account, sinceMs, { keys: [], cashOutIds: [] }, signal),
      })),
    ),
  },
];
