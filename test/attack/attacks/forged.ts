/** What several attacks forge, and against whom. */
import { randomUUID } from 'node:crypto';
import { headersOf, printEnvelope } from '../../../contracts/internal/envelope.js';
import type { PayoutRequested } from '../../../contracts/internal/events.js';
import { versionOf } from '../../../contracts/internal/topics.js';
import type { Printable } from '../../../shared/kernel/json.js';
import type { OutgoingMessage } from '../../../shared/runtime/kafka/producer.js';
import type { Customer } from '../../world/world.js';
import type { Aim } from '../attack.js';
import type { Stage } from '../stage.js';

/** `id`: of the event; `type`: its own word for what it is. */
export const message = (
  topic: string,
  key: string,
  content: Printable,
  { id = `forged-${randomUUID()}`, type = topic }: { readonly id?: string; readonly type?: string } = {},
): OutgoingMessage => {
  const event = { id, type, version: versionOf(topic), occurredAt: new Date().toISOString(), portfolioId: key };
  return { topic, key, headers: headersOf(event), value: printEnvelope({ ...event, data: content }) };
};

/** Pay the victim's cash to somebody. */
const payoutRequest = (victim: Customer, owner: Customer): PayoutRequested => ({
  withdrawalId: randomUUID(),
  portfolioId: victim.portfolioId,
  ownerId: owner.userId,
  brokerAccount: `acc-${victim.accountNo}`,
  amount: '250' as PayoutRequested['amount'],
  currency: 'USD',
});

/** Filed under the victim's portfolio. */
export const askForPayout = (victim: Customer, owner: Customer, id?: string): OutgoingMessage =>
  message('payout.requested', victim.portfolioId, payoutRequest(victim, owner), id === undefined ? {} : { id });

export const victimAndThief = async (stage: Stage): Promise<{ readonly victim: Customer; readonly thief: Customer; readonly aim: Aim }> => {
  const [victim, thief] = [await stage.customer(), await stage.customer()];
  return { victim, thief, aim: { portfolioId: victim.portfolioId, reached: () => stage.paidTo(thief.iban) } };
};
