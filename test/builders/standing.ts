import type { PortfolioNow } from '../../contracts/internal/standing.js';
import { decimal } from '../../shared/kernel/decimal.js';

/** A portfolio of ours as its sources show it now: EUR 250 are asked for. */
export const portfolioNow = (over: Partial<PortfolioNow> = {}): PortfolioNow => ({
  ...{ ownerId: 'U1', brokerAccount: 'B1', currency: 'EUR', realMoney: true, active: true, archived: false, deleted: false },
  level: { kind: 'amount', amount: decimal('250') },
  treatment: { kind: 'ours', product: 'robo-discretionary', rule: 'all' },
  ...over,
});
