/** Every consumer of every service, as `readMessage` sees it. */
import { payoutConsumes } from '../../services/payout/src/wire.js';
import { portfolioConsumes } from '../../services/portfolio/src/wire.js';
import { rebalancingConsumes } from '../../services/rebalancing/src/wire.js';
import { withdrawalConsumes } from '../../services/withdrawal/src/wire.js';
import type { Topic } from '../../contracts/internal/topics.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';

const CONSUMES = { payout: payoutConsumes, portfolio: portfolioConsumes, rebalancing: rebalancingConsumes, withdrawal: withdrawalConsumes };
export type Service = keyof typeof CONSUMES;

export const catalogues: Readonly<Record<string, Catalogue>> = Object.fromEntries(
  Object.entries(CONSUMES).map(([name, consumes]) => [name, new Catalogue({ name, bindings: [], consumes })]),
);

/** Service and topic, one pair per consumer. */
export const consumers: readonly (readonly [string, Topic])[] = Object.entries(CONSUMES).flatMap(([name, consumes]) =>
  consumes.map(({ topic }) => [name, topic] as const),
);
