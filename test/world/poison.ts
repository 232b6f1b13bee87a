import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import type { WithdrawalRequest } from '../../contracts/internal/outside-events.js';
import { versionOf } from '../../contracts/internal/topics.js';
import type { Printable } from '../../shared/kernel/json.js';
import type { OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import type { Entered } from './customers.js';
import { CURRENCY } from './stack.js';

const TOPIC = 'portfolio.withdrawal-request';

export interface Poison {
  readonly eventId: string;
  /** The whole message as it should have been. */
  readonly corrected: string;
}

/** A message signed as it should be, filed under the right portfolio, and unreadable for whoever wants to know what is asked for. */
export const sendPoison = async (send: (message: OutgoingMessage) => Promise<void>, { plan, customer }: Entered): Promise<Poison> => {
  const { portfolioId } = customer;
  const event = { id: `poison-${portfolioId}`, type: TOPIC, version: versionOf(TOPIC), occurredAt: new Date().toISOString(), portfolioId };
  const message = (content: Printable): string => printEnvelope({ ...event, data: content });
  const value = message({ portfolioId, level: 'a lot, please', currency: CURRENCY });
  await send({ topic: TOPIC, key: portfolioId, value, headers: headersOf(event) });
  const { asked } = plan;
  const meant: WithdrawalRequest = {
    portfolioId,
    level: asked === null ? { kind: 'everything' } : { kind: 'amount', amount: asked },
    currency: CURRENCY,
  };
  return { eventId: event.id, corrected: message(meant) };
};
