/** Good bodies of everything that reaches us: from outside over the gateway, and on each topic. */
import fc from 'fast-check';
import {
  accountEventPayload,
  ACCOUNT_EVENTS,
  eventEnvelope as brokerEnvelope,
  ORDER_EVENTS,
  orderEventPayload,
  OTHER_EVENTS,
  REDEMPTION_EVENTS,
  redemptionEventPayload,
  TRANSACTION_EVENTS,
  transactionEventPayload,
} from '../../contracts/broker/drivewealth/events.js';
import { depositCallback, paymentStatusCallback } from '../../contracts/core-banking/callbacks.js';
import { envelope } from '../../contracts/internal/envelope.js';
import { ownEvents, PENDING_WITHDRAWAL } from '../../contracts/internal/events.js';
import { outsideEvents } from '../../contracts/internal/outside-events.js';
import { versionOf, type Topic } from '../../contracts/internal/topics.js';
import { EVENT_CONTENTS, eventEnvelope, type EventName } from '../../contracts/investsuite/events.js';
import { acceptedBy } from './from-schema.js';
import { object, raw, text, withMember, type Tree } from './tree.js';

/** Subject and action, as InvestSuite's pages and versions spell them. */
const SPELLINGS: Readonly<Record<EventName, readonly (readonly [string, string])[]>> = {
  'portfolio.creation': [['portfolios', 'creation']],
  'portfolio.status-update': [['portfolios', 'status-update']],
  'portfolio.withdrawal-request': [
    ['portfolios', 'divest-amount-update'],
    ['portfolio', 'withdrawal'],
    ['PORTFOLIOS', 'Withdrawal_Request'],
  ],
  'optimisations.status-update': [
    ['optimizations', 'status-update'],
    ['optimisation', 'status_update'],
  ],
  'optimisations.owner-choice-update': [['optimizations', 'owner-choice-update']],
};

/** Few, so that messages meet. */
export const portfolio = fc.constantFrom('P01', 'P02', 'P03', 'P04');

const setting = (tree: Tree, members: Readonly<Record<string, Tree>>): Tree =>
  Object.entries(members).reduce((now, [key, value]) => withMember(now, key, value), tree);

export const investSuiteBody = (name: EventName): fc.Arbitrary<Tree> =>
  fc
    .tuple(
      acceptedBy(eventEnvelope),
      acceptedBy(EVENT_CONTENTS[name]),
      fc.constantFrom(...SPELLINGS[name]),
      portfolio,
      fc.constantFrom('SUCCESS', 'ACCEPT', 'FAILURE'),
    )
    .map(([event, content, [subject, action], id, value]) =>
      setting(event, {
        version: text('1.0.0'),
        subject: text(subject),
        action: text(action),
        data: setting(content, {
          [name.startsWith('portfolio.') ? 'id' : 'portfolio_id']: text(id),
          ...(name.startsWith('optimisations.') ? { value: text(value) } : {}),
        }),
      }),
    );

const brokerEvent = (types: readonly [string, ...string[]], payload: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> =>
  fc
    .tuple(acceptedBy(brokerEnvelope), payload, fc.constantFrom(...types))
    .map(([event, content, type]) =>
      setting(event, { type: text(type), timestamp: text('2026-11-20T12:14:44.155187291Z'), payload: content }),
    );

export const brokerBodies = {
  'broker.order-status': brokerEvent(ORDER_EVENTS, acceptedBy(orderEventPayload)),
  'broker.cash-status': fc.oneof(
    brokerEvent(REDEMPTION_EVENTS, acceptedBy(redemptionEventPayload)),
    brokerEvent(TRANSACTION_EVENTS, acceptedBy(transactionEventPayload)),
    brokerEvent(ACCOUNT_EVENTS as unknown as readonly [string, ...string[]], acceptedBy(accountEventPayload)),
  ),
  other: brokerEvent(OTHER_EVENTS, fc.constant(object([]))),
} as const;

/** By the gateway's address. */
export const webhookBodies: Readonly<Record<string, fc.Arbitrary<Tree>>> = {
  '/webhooks/investsuite': fc.oneof(...(Object.keys(EVENT_CONTENTS) as EventName[]).map(investSuiteBody)),
  '/webhooks/broker/drivewealth': fc.oneof(...Object.values(brokerBodies)),
  '/webhooks/core-banking/payment-status': acceptedBy(paymentStatusCallback),
  '/webhooks/core-banking/deposit': acceptedBy(depositCallback),
};

/** Bodies of their senders: what the first release put into `data`. */
const SENT: Readonly<Partial<Record<Topic, fc.Arbitrary<Tree>>>> = {
  'portfolio.withdrawal-request': investSuiteBody('portfolio.withdrawal-request'),
  'optimisations.status-update': investSuiteBody('optimisations.status-update'),
  'optimisations.owner-choice-update': investSuiteBody('optimisations.owner-choice-update'),
  'broker.order-status': brokerBodies['broker.order-status'],
  'broker.cash-status': brokerBodies['broker.cash-status'],
  'core-banking.transfer-status': acceptedBy(paymentStatusCallback),
};
const CONTENTS: Readonly<Partial<Record<Topic, fc.Arbitrary<Tree>>>> = Object.fromEntries(
  Object.entries({ ...outsideEvents, ...ownEvents }).map(([topic, schema]) => [topic, acceptedBy(schema)]),
);

const memberOf = (tree: Tree, key: string): Tree | undefined =>
  tree.kind === 'object' ? tree.members.find(([name]) => name === key)?.[1] : undefined;

/** Whose the message is, in our own words. */
const filedUnder = (content: Tree, id: string): Tree =>
  memberOf(content, 'portfolioId') === undefined ? content : withMember(content, 'portfolioId', text(id));
/** The same in InvestSuite's. */
const sentFor = (topic: Topic, body: Tree, id: string): Tree => {
  const inner = memberOf(body, 'data');
  if (inner === undefined) return body;
  return withMember(body, 'data', withMember(inner, topic === 'portfolio.withdrawal-request' ? 'id' : 'portfolio_id', text(id)));
};

const typeOf = (topic: Topic): string => (topic === 'portfolio.withdrawal-request' ? 'portfolios.divest-amount-update' : topic);

const messages = (
  topic: Topic,
  version: string,
  content: fc.Arbitrary<Tree>,
  file: (content: Tree, id: string) => Tree,
): fc.Arbitrary<Tree> => {
  const ofPortfolio = !topic.startsWith('broker.') && !topic.startsWith('core-banking.');
  return fc.tuple(acceptedBy(envelope), content, portfolio, fc.uuid()).map(([event, inside, id, eventId]) =>
    setting(event, {
      id: text(eventId),
      type: text(typeOf(topic)),
      version: text(version),
      occurredAt: text('2026-11-20T12:14:44.155Z'),
      portfolioId: ofPortfolio ? text(id) : raw('null'),
      data: file(inside, id),
    }),
  );
};

/** Whole messages of a topic, those of the first release among them. @throws when nobody has said what its content is. */
export const messageOf = (topic: Topic): fc.Arbitrary<Tree> => {
  const content = CONTENTS[topic];
  if (content === undefined) throw new Error(`nobody has said what a message of ${topic} holds`);
  const sent = SENT[topic];
  if (sent === undefined) return messages(topic, versionOf(topic), content, filedUnder);
  const beside = fc.tuple(content, sent).map(([words, body]) => withMember(words, 'original', body));
  const now = messages(topic, versionOf(topic), beside, filedUnder);
  const then = messages(topic, '1', sent, (body, id) => sentFor(topic, body, id));
  if (topic !== 'portfolio.withdrawal-request') return fc.oneof({ weight: 3, arbitrary: now }, { weight: 2, arbitrary: then });
  const pending = then.map((tree) => setting(tree, { type: text(PENDING_WITHDRAWAL), data: object([]) }));
  return fc.oneof({ weight: 3, arbitrary: now }, { weight: 2, arbitrary: then }, { weight: 1, arbitrary: pending });
};
