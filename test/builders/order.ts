/** An order to sell 4 units, as the optimisation decided it, and its journey. A test changes what it is about. */
import { decimal } from '../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, OptimizationId, PortfolioId } from '../../shared/kernel/ids.js';
import { currency } from '../../shared/kernel/money.js';
import type { Order, OrderDecided } from '../../services/rebalancing/src/decide/order.js';
import { decided } from '../../services/rebalancing/src/decide/order.rules.js';

export const ORDERED = 'IE00B44Z5B48' as InstrumentId;

export const orderDecided = (changed: Partial<OrderDecided> = {}): OrderDecided => ({
  type: 'OrderDecided',
  portfolioId: 'P1' as PortfolioId,
  optimizationId: 'O1' as OptimizationId,
  instrument: ORDERED,
  side: 'sell',
  units: decimal('4'),
  amount: null,
  expectedPrice: decimal('88'),
  currency: currency('EUR'),
  account: 'A1' as BrokerAccountId,
  holdingsMoveAt: 'settled',
  execute: true,
  reason: null,
  ...changed,
});

/** Just opened, by its own rule. */
export const order = (changed: Partial<OrderDecided> = {}): Order => {
  const opening = decided(orderDecided(changed));
  if (!('open' in opening)) throw new Error(`not opened: ${JSON.stringify(opening)}`);
  return opening.open;
};
