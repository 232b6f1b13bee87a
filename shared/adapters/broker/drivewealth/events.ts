/** DriveWealth's events, in our words. Types may appear at any time: a new one is acknowledged and counted, one of the family `transfers.` is kept. */
import { ZodError } from 'zod';
import { eventEnvelope, readEvent, TRANSFER_FAMILY, type BrokerEvent } from '../../../../contracts/broker/drivewealth/events.js';
import type { EventReader, ReadBody, SortedEvent } from '../../../../contracts/internal/event-reader.js';
import { problemsOf } from '../../../../contracts/tokens.js';
import type { Json } from '../../../kernel/json.js';

type Known = Exclude<BrokerEvent, { kind: 'other' }>;
type Said = Pick<SortedEvent, 'topic' | 'words' | 'key'>;

const named = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text);
/** The account's number or id, which are in one partition with the account's other events; else what the event is about. */
const keyOf = (about: string, accountNo?: string, accountId?: string): string => named(accountNo) ?? named(accountId) ?? about;

const STAGES = ['created', 'updated', 'completed'] as const;

const said = (event: Known): Said => {
  switch (event.kind) {
    case 'order': {
      const { id, accountNo, accountID } = event.payload;
      return { topic: 'broker.order-status', words: { orderId: id }, key: keyOf(id, accountNo, accountID) };
    }
    case 'redemption': {
      const { paymentID, accountNo } = event.payload;
      return { topic: 'broker.cash-status', words: { about: 'cash-out', cashOutId: paymentID }, key: keyOf(paymentID, accountNo) };
    }
    case 'transaction': {
      const { accountID, accountNo, transaction } = event.payload;
      const words = { about: 'booking', accountId: accountID, orderId: named(transaction.orderID) } as const;
      return { topic: 'broker.cash-status', words, key: keyOf(event.id, accountNo) };
    }
    case 'correction': {
      const { accountNo, accountID, userID } = event.payload;
      const account = named(accountNo) ?? named(accountID);
      const customer = named(userID);
      const stage = STAGES.find((word) => event.type.endsWith(`.${word}`)) ?? 'unlisted';
      const reference = account ?? customer ?? event.id;
      const words = { about: 'correction', reference, account, customer, stage } as const;
      // An order topic: a correction changes orders, and who follows orders hears it. An older release of it keeps what it cannot read.
      return { topic: 'broker.order-status', words, key: reference };
    }
    case 'account': {
      const { accountNo, accountID } = event.payload;
      const words = { about: 'account', accountId: named(accountID) } as const;
      return { topic: 'broker.cash-status', words, key: keyOf(event.id, accountNo, accountID) };
    }
  }
};

const read = (body: Json): ReadBody => {
  try {
    const event = readEvent(body);
    const { id, type, timestamp } = event;
    if (event.kind === 'other') return { kind: 'unlisted', id, what: type, keep: type.startsWith(TRANSFER_FAMILY) };
    return { kind: 'event', event: { ...said(event), id, type, occurredAt: timestamp, portfolioId: null } as SortedEvent };
  } catch (error) {
    if (error instanceof ZodError) return { kind: 'malformed', problems: problemsOf(error) };
    throw error;
  }
};

export const driveWealthEvents: readonly EventReader[] = [
  {
    sender: 'drivewealth',
    path: 'drivewealth',
    topics: ['broker.order-status', 'broker.cash-status'],
    documented: {
      operationId: 'takeDriveWealth',
      summary: 'Any DriveWealth event, or an array of them',
      schema: { name: 'DriveWealthEvent', body: eventEnvelope },
    },
    read,
  },
];
