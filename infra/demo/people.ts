/** The two operators of the demo, and the one message that nobody can read. */
import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import type { Facts } from './facts.js';
import type { PlannedCustomer } from './mix.js';
import type { Customer } from './world.js';

export interface People {
  readonly prepare: (entered: readonly { readonly plan: PlannedCustomer; readonly customer: Customer }[]) => Promise<void>;
  readonly act: (facts: Facts, planOf: (portfolioId: string) => PlannedCustomer | null) => Promise<void>;
  /** True while an operator of the demo is still expected to do something about this portfolio. */
  readonly willAct: (portfolioId: string) => boolean;
}

const TOPIC = 'portfolio.withdrawal-request';

/** Filed under the right portfolio, and unreadable for whoever wants to know how much is wished for. */
export const sendPoison = async (brokers: readonly string[], portfolioId: string): Promise<string> => {
  const event = { id: `poison-${portfolioId}`, type: TOPIC, version: '1.0.0', occurredAt: new Date().toISOString(), portfolioId };
  const producer = await startProducer({ brokers, clientId: 'demo', ssl: false, topicPrefix: '', log: () => undefined });
  try {
    await producer.send([{ topic: TOPIC, key: portfolioId, value: printEnvelope({ ...event, data: { portfolio: portfolioId, amount: 'a lot' } }), headers: headersOf(event) }]);
  } finally {
    await producer.stop();
  }
  return event.id;
};
