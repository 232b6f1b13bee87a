/** An order as the product follows it: the service's own effects and table, over the adapter that is judged. */
import { journeyFacts } from '../builders/journey-facts.js';
import { decimal } from '../../shared/kernel/decimal.js';
import type { Step } from '../../shared/kernel/flow.js';
import type { OptimizationId, PortfolioId } from '../../shared/kernel/ids.js';
import { currency } from '../../shared/kernel/money.js';
import type { BrokerPort, CorrectedParty, OrderRequest } from '../../shared/ports/broker.js';
import type { Correction } from '../../services/rebalancing/src/decide/correction.js';
import { announced } from '../../services/rebalancing/src/decide/correction.rules.js';
import { orderFlow } from '../../services/rebalancing/src/decide/order.flow.js';
import type { Order, OrderEmits } from '../../services/rebalancing/src/decide/order.js';
import { followOrder } from '../../services/rebalancing/src/effect/follow-order.js';

export type OrderWatch = {
  /** What a hint makes happen: one look at the order, and the step that follows from it. */
  readonly look: () => Promise<void>;
  readonly state: () => Order;
  /** Why a person is asked, or null. */
  readonly held: () => string | null;
};

const TIMING = { timeoutMs: 30_000, firstWaitMs: 10, longestWaitMs: 100, patienceMs: 5_000 };

const stateOf = (request: OrderRequest, orderId: string): Order => ({
  status: 'FollowingOrder',
  portfolioId: 'P-1' as PortfolioId,
  optimizationId: 'O-1' as OptimizationId,
  instrument: request.instrument,
  side: request.side,
  units: request.size.by === 'units' ? request.size.units : decimal('0'),
  amount: request.size.by === 'amount' ? request.size.amount.amount : null,
  expectedPrice: null,
  currency: currency('USD'),
  account: request.account,
  holdingsMoveAt: 'executed',
  reason: null,
  orderId,
  placedAt: null,
  // A person keeps the records of this one: what InvestSuite is told is not judged here.
  transactionId: null,
  fills: [],
  tradeCurrency: currency('USD'),
  brokerStatus: 'open',
  closedAt: null,
  settledAt: null,
});

/** As the event of a correction opens it. */
export const correctionOf = ({ by, name }: CorrectedParty): Correction => {
  const [account, customer] = by === 'account' ? [name, null] : [null, name];
  const opening = announced({ type: 'CorrectionAnnounced', account, customer, stage: 'updated', as: 'a correction' });
  if (!('open' in opening)) throw new Error('a correction that is announced does not open');
  return opening.open;
};

export const watchOrder = (broker: BrokerPort, request: OrderRequest, orderId: string): OrderWatch => {
  const effect = followOrder(broker, TIMING, 50);
  const row = orderFlow.rows.FollowingOrder;
  let state = stateOf(request, orderId);
  let held: string | null = null;
  const facts = journeyFacts({ id: 'J-1', subject: 'S-1', portfolioId: state.portfolioId });
  const take = (step: Step<Order, OrderEmits>): void => {
    if ('hold' in step) held = step.hold;
    state = { ...state, ...step.set, ...('to' in step ? { status: step.to } : {}) };
  };
  return {
    look: async () => {
      if (state.status !== 'FollowingOrder' || held !== null) return;
      if (!('does' in row) || row.does !== 'FollowOrder') throw new Error('the order flow does not follow orders any more');
      const asked = effect.request(state, facts, 'J-1:FollowOrder');
      const outcome = await effect.read(asked, {
        key: 'J-1:FollowOrder',
        signal: AbortSignal.timeout(TIMING.timeoutMs),
        portfolioId: state.portfolioId,
        firstSentAtMs: Date.now(),
      });
      if (outcome.kind === 'applied') take(row.applied(state, outcome.result, facts));
      if (outcome.kind === 'rejected') take(row.rejected(state, outcome.reason, 'other-side', facts));
    },
    state: () => state,
    held: () => held,
  };
};
