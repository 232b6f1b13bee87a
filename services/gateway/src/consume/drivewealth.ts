import { ZodError } from 'zod';
import { readEvent, type BrokerEvent } from '../../../../contracts/broker/drivewealth/events.js';
import { problemsOf } from '../../../../contracts/tokens.js';
import type { Json } from '../../../../shared/kernel/json.js';
import { firstNamed, type Forwarded, type Sorted } from '../decide/forwarding.js';
import { eventIdOf } from './event-id.js';

const forwarded = (event: Exclude<BrokerEvent, { kind: 'other' }>): Pick<Forwarded, 'topic' | 'key'> => {
  switch (event.kind) {
    case 'order':
      return { topic: 'broker.order-status', key: firstNamed(event.payload.id, event.payload.accountNo, event.payload.accountID) };
    case 'redemption':
      return { topic: 'broker.cash-status', key: firstNamed(event.payload.paymentID, event.payload.accountNo) };
    case 'transaction':
      return { topic: 'broker.cash-status', key: firstNamed(event.id, event.payload.accountNo) };
    case 'account':
      return { topic: 'broker.cash-status', key: firstNamed(event.id, event.payload.accountNo, event.payload.accountID) };
  }
};

/** Any DriveWealth event. New types may appear at any time: they are acknowledged and counted. */
export const sortDriveWealth = (body: Json): Sorted => {
  try {
    const event = readEvent(body);
    const eventId = eventIdOf('drivewealth', event.id);
    if (event.kind === 'other') return { kind: 'unlisted', eventId, what: event.type, keep: false };
    return {
      kind: 'forward',
      event: { ...forwarded(event), eventId, type: event.type, occurredAt: event.timestamp, portfolioId: null, content: body },
    };
  } catch (error) {
    if (error instanceof ZodError) return { kind: 'malformed', problems: problemsOf(error) };
    throw error;
  }
};
