import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import { JsonNumber, type Printable } from '../../shared/kernel/json.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import type { Entered } from './customers.js';
import { CURRENCY } from './stack.js';

const TOPIC = 'portfolio.withdrawal-request';
const VERSION = '1.0.0';

export interface Poison {
  readonly eventId: string;
  /** The whole message as it should have been. */
  readonly corrected: string;
}

/** A message filed under the right portfolio, and unreadable for whoever wants to know what is asked for. */
export const sendPoison = async (brokers: readonly string[], { plan, customer }: Entered): Promise<Poison> => {
  const { portfolioId, externalId } = customer;
  const event = { id: `poison-${portfolioId}`, type: TOPIC, version: VERSION, occurredAt: new Date().toISOString(), portfolioId };
  const message = (told: Printable): string => printEnvelope({ ...event, data: told });
  const producer = await startProducer({ brokers, clientId: 'demo', ssl: false, topicPrefix: '', log: () => undefined });
  try {
    const value = message({
      id: event.id,
      created: event.occurredAt,
      version: VERSION,
      subject: 'portfolios',
      action: 'divest-amount-update',
      data: 'a lot, please',
    });
    await producer.send([{ topic: TOPIC, key: portfolioId, value, headers: headersOf(event) }]);
  } finally {
    await producer.stop();
  }
  const wished = { id: portfolioId, external_id: externalId, divest_amount: new JsonNumber(plan.asked ?? '1e100'), currency: CURRENCY };
  return {
    eventId: event.id,
    corrected: message({
      id: event.id,
      created: event.occurredAt,
      version: VERSION,
      subject: 'portfolios',
      action: 'divest-amount-update',
      data: wished,
    }),
  };
};
