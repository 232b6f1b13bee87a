/** Attacks by whoever can write to Kafka: with the user of a service, and with its key or without. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { signatureHeaders } from '../../../contracts/internal/envelope.js';
import type { OperatorDecision } from '../../../contracts/internal/events.js';
import { serviceNames, topicsTakenBy, emittersOf, type ServiceName } from '../../../contracts/internal/services.js';
import { topics } from '../../../contracts/internal/topics.js';
import type { OutgoingMessage } from '../../../shared/runtime/kafka/producer.js';
import { messageSigner } from '../../../shared/runtime/signing/messages.js';
import { eventually } from '../../support/eventually.js';
import type { Customer } from '../../world/world.js';
import type { Aim, Attack } from '../attack.js';
import type { ForeignMessage } from '../foreign-client.js';
import type { Stage } from '../stage.js';
import { askForPayout, message, victimAndThief } from './forged.js';

const LONG_AGO_MS = 90 * 86_400_000;

/** The signature of somebody who has no key of ours, under the name of a key that is trusted. */
const signedFalsely = (stage: Stage, forged: OutgoingMessage): OutgoingMessage => {
  const stranger = messageSigner(generateKeyPairSync('ed25519').privateKey, Date.now)(forged);
  const trusted = stage.signAs('withdrawal')(forged);
  const [form, id] = (trusted.headers[signatureHeaders.signature] ?? '').split(':');
  const [, , bytes] = (stranger.headers[signatureHeaders.signature] ?? '').split(':');
  return { ...stranger, headers: { ...stranger.headers, [signatureHeaders.signature]: [form, id, bytes].join(':') } };
};

/** The victim's cash for the thief, asked for with the user of one service and a signature of the attacker's choice. */
const forThief =
  (as: ServiceName, sign: (stage: Stage, forged: OutgoingMessage) => OutgoingMessage): Attack['begin'] =>
  async (stage) => {
    const { victim, thief, aim } = await victimAndThief(stage);
    await stage.forge(as, sign(stage, askForPayout(victim, thief)));
    return aim;
  };

/** The owner, the account and the level are true. Each asks for the same money. */
const moreThanOnce = async (stage: Stage): Promise<Aim> => {
  const victim = await stage.customer({ cash: '10000.00' });
  await stage.holdCashOut(victim);
  for (let n = 0; n < 3; n++) {
    await stage.forge('withdrawal', stage.signAs('withdrawal')(askForPayout(victim, victim)));
  }
  return {
    portfolioId: victim.portfolioId,
    reached: async () => {
      const count = await stage.paymentsTo(victim.iban);
      return count > 1 ? `${String(count)} payments for one request` : null;
    },
  };
};

const sayPaid = async (
  stage: Stage,
  send: (decision: Omit<Extract<OperatorDecision, { kind: 'answer-effect' }>, 'actId'>, customer: Customer) => Promise<void>,
): Promise<Aim> => {
  const { customer, effectId, generation } = await stage.customerInSuspense();
  await send(
    {
      ...{ kind: 'answer-effect', service: 'payout', effectId, generation, answer: 'applied', evidence: 'PMT-INVENTED' },
      ...{ by: 'mallory', signature: 'A'.repeat(86) + '==', approvedBy: 'eve', approval: 'A'.repeat(86) + '==' },
    },
    customer,
  );
  return { portfolioId: customer.portfolioId, reached: () => toldAsPaid(stage, customer) };
};
/** InvestSuite is told that the customer has the money; the bank has paid nothing. */
export const toldAsPaid = async (stage: Stage, customer: Customer): Promise<string | null> =>
  (await stage.statusOf('payout', customer, 'payout')) === 'Paid' && (await stage.paidTo(customer.iban)) === null
    ? 'the payout counts as paid, and nobody was paid'
    : null;

/** Each service's user of Kafka tries each topic that is not its own, and the consumer group of each other service. */
const everyTopic = async (stage: Stage): Promise<Aim> => {
  const taken: string[] = [];
  for (const service of serviceNames) {
    const others = topics.filter((topic) => !emittersOf(topic).includes(service));
    for (const topic of others)
      await stage.send(service, topic, [{ key: 'x', value: 'x' }]).then(
        () => taken.push(`${service} may write ${topic}`),
        () => undefined,
      );
    const seen = await stage.kafkaAs(service).maySee({
      topics: others.filter((topic) => !topicsTakenBy(service).includes(topic)),
      groups: serviceNames.filter((name) => name !== service),
    });
    taken.push(...seen.map((name) => `${service} may see ${name}`));
  }
  return { reached: () => Promise.resolve(taken.length === 0 ? null : taken.join('; ')) };
};

/** What another client may write on a topic that it may write. An honest customer asks behind it, on every partition. */
const garbage = async (stage: Stage): Promise<Aim> => {
  const topic = 'portfolio.withdrawal-request';
  const odd: readonly ForeignMessage[] = [
    ...[null, '', '{', '[[[[', '{"data":1,"data":2}', '\u0000', Buffer.from([0xff, 0xfe])].map((value) => ({ key: 'x', value })),
    { key: null, value: 'x', headers: { signature: ['a', 'b'], 'event-id': '' } },
    { key: 'k'.repeat(5_000), value: 'v'.repeat(200_000), headers: { signature: 'v1:0000000000000000:' } },
  ];
  await stage.send('gateway', topic, Array.from({ length: 6 }, (_, partition) => odd.map((one) => ({ ...one, partition }))).flat());
  const honest = await stage.customer();
  await stage.world.app(honest, { action: 'set', amount: '250.00' });
  const isPaid = (): Promise<string | null> => stage.paidTo(honest.iban);
  return {
    portfolioId: honest.portfolioId,
    reached: () =>
      eventually('an honest customer is paid', isPaid, (paid) => paid !== null, 20_000, 100).then(
        () => null,
        () => 'an honest customer is not paid any more',
      ),
  };
};

export const messageAttacks: readonly Attack[] = [
  {
    name: 'a request for a payout, signed by nobody of ours',
    mark: 'A1',
    as: 'Kafka, as rebalancing',
    guards: ['acl', 'signature', 'owner', 'level'],
    begin: forThief('rebalancing', signedFalsely),
  },
  {
    name: 'a request for a payout, with the key of another service',
    mark: 'A2',
    as: 'Kafka, as rebalancing',
    guards: ['acl', 'emitter', 'owner', 'level'],
    begin: forThief('rebalancing', (stage, forged) => stage.signAs('rebalancing')(forged)),
  },
  {
    name: 'a true request for a payout that is long over, sent again',
    mark: 'A2',
    as: 'Kafka, as withdrawal',
    guards: ['age', 'level'],
    begin: async (stage) => {
      const victim = await stage.customer();
      const signLongAgo = stage.signAs('withdrawal', () => Date.now() - LONG_AGO_MS);
      await stage.forge('withdrawal', signLongAgo(askForPayout(victim, victim)));
      return { portfolioId: victim.portfolioId, reached: () => stage.paidTo(victim.iban) };
    },
  },
  {
    name: 'a request for a payout, by the service that may ask for one',
    mark: 'A1',
    as: 'Kafka, as withdrawal, with its key',
    guards: ['owner', 'level'],
    begin: forThief('withdrawal', (stage, forged) => stage.signAs('withdrawal')(forged)),
  },
  {
    name: 'three more requests for a payout while the first one is on its way',
    mark: 'A1',
    as: 'Kafka, as withdrawal, with its key',
    guards: ['unbooked'],
    begin: moreThanOnce,
  },
  {
    name: 'a decision of two people whom nobody knows',
    mark: 'A4',
    as: 'Kafka, as operator, with its key',
    guards: ['people', 'evidence'],
    begin: (stage) =>
      sayPaid(stage, async (decision, { portfolioId }) => {
        const forged = message('operator.decision', portfolioId, { ...decision, actId: randomUUID() });
        await stage.forge('operator', stage.signAs('operator')(forged));
      }),
  },
  {
    name: 'a decision of people on a topic that the gateway fills',
    mark: 'A3',
    as: 'Kafka, as gateway, with its key',
    guards: ['own-topic', 'people', 'evidence'],
    begin: (stage) =>
      sayPaid(stage, async (decision, { portfolioId }) => {
        // It is in the words of this topic, too: each reader would take it for one of its own.
        const status = { endToEndId: 'NONE', paymentId: 'NONE', status: 'settled', return: null };
        const words = { ...status, ...decision, actId: randomUUID() };
        const forged = message('core-banking.transfer-status', portfolioId, words, { type: 'operator.decision' });
        await stage.forge('gateway', stage.signAs('gateway')(forged));
      }),
  },
  {
    name: 'every topic and group of others',
    mark: 'A2',
    as: 'Kafka, as each service',
    guards: [],
    trace: /kafka: Principal = User:\S+ is Denied/,
    begin: everyTopic,
  },
  {
    name: 'what no client of ours writes',
    mark: 'C1',
    as: 'Kafka, as gateway, without its key',
    guards: [],
    trace: /refused-message/,
    begin: garbage,
  },
];
