import type { PortfolioDecided } from '../../../../contracts/internal/standing.js';
import { portfolioStands, type PortfolioSource } from '../../../../shared/facts/fresh-facts.js';
import { isoOf } from '../../../../shared/kernel/instant.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import { Bug } from '../../../../shared/kernel/bug.js';
import type { Inquiry, Outcome, Sending } from '../../../../shared/kernel/outcome.js';
import type { BrokerPort, OrderRefusal, OrderRequest } from '../../../../shared/ports/broker.js';
import type { Timing, WriteEffect } from '../../../../shared/runtime/engine/definition.js';
import type { Order, OrderEffects } from '../decide/order.js';

type Placed = OrderEffects['PlaceOrder']['result'];

const asked = ({ account, instrument, side, units, amount, currency }: Order): OrderRequest => {
  if (account === null) throw new Bug('an order without an account is to be placed');
  return { account, instrument, side, size: amount === null ? { by: 'units', units } : { by: 'amount', amount: { amount, currency } } };
};

/** A trade rests on whose portfolio it is, and on which account is traded. */
const decided = ({ account }: OrderRequest): PortfolioDecided => ({ ownerId: null, brokerAccount: account, currency: null, asked: null });

const at = (sending: Sending): string => isoOf(sending.firstSentAtMs);

const outcome = (answer: Outcome<{ readonly orderId: string }, OrderRefusal>, sending: Sending): Outcome<Placed, OrderRefusal> =>
  answer.kind === 'applied' ? { kind: 'applied', result: { orderId: answer.result.orderId, placedAt: at(sending) } } : answer;

const inquiry = (answer: Inquiry<{ readonly orderId: string }, OrderRefusal>, sending: Sending): Inquiry<Placed, OrderRefusal> =>
  answer.found === 'applied' ? { found: 'applied', result: { orderId: answer.result.orderId, placedAt: at(sending) } } : answer;

/** Places the order, once. A lost answer is looked for among the account's orders. */
export const placeOrder = (
  broker: BrokerPort,
  source: PortfolioSource,
  timing: Timing,
): WriteEffect<Order, OrderRequest, Placed, OrderRefusal, 'once'> => ({
  kind: 'once',
  perJourney: 'one',
  system: 'broker',
  timing,
  ability: broker.abilities.placeOrder,
  request: asked,
  restsOn: (request, { portfolioId, signal }) => portfolioStands(source, portfolioId, decided(request), signal),
  send: async (request, sending) => outcome(await broker.placeOrder(request, sending), sending),
  inquire: async (request, sending) => inquiry(await broker.findOrder(request, sending), sending),
  resultFromPerson: (_request, evidence) => ({ orderId: idFromEvidence(evidence), placedAt: null }),
});
