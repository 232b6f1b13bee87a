import { LINE_FAULTS } from '../shared/http.js';
import type { FaultBoard } from '../shared/faults.js';

/**
 * Beside the faults of the line (see ../shared/http.ts; operations are the names in `OPERATIONS`):
 * - `version-gap` on `patch-portfolio`: an app write lands just before the PATCH. `detail`: `raise:50` (default), `cancel`, `settings`
 * - `stale-raise` on `patch-portfolio`: right after a PATCH that lowers the level, the app writes the old level plus `detail` (default 50)
 * - `event-lost`, `event-late` (`delayMs`), `event-reordered` (held back until the next event went out, at most `delayMs`)
 * - `event-duplicated`: the same event twice, the second in a delivery of its own; `detail` `same-delivery` repeats the delivery id
 * - `event-name-variant`: another of the documented names; `detail` chooses one by its full name, else chance does
 * - `token-short` on `login` and `refresh-token`: the token says 300 seconds and lives `delayMs`
 * - `forget-keys` on the event calls: the idempotency key is forgotten
 * - `event-call-changes-holdings` on the event calls: the tenant is set up the old way and books the cash itself
 * - `optimiser-slow`: a run takes `delayMs` longer; `optimiser-fails`: it ends in FAILURE, which is never told
 * - `price-drift`: expected prices are the real ones times `detail` (default 1.20)
 *
 * Event faults take the operation `event:` and our name of the event, such as `event:portfolio.withdrawal-request`; the others of
 * the optimiser take `optimise`.
 */
export const OWN_FAULTS = [
  'version-gap',
  'stale-raise',
  'event-lost',
  'event-late',
  'event-reordered',
  'event-duplicated',
  'event-name-variant',
  'token-short',
  'forget-keys',
  'event-call-changes-holdings',
  'optimiser-slow',
  'optimiser-fails',
  'price-drift',
] as const;
export type OwnFault = (typeof OWN_FAULTS)[number];

export const INVESTSUITE_FAULTS = [...LINE_FAULTS, ...OWN_FAULTS] as const;
export type InvestSuiteFault = (typeof INVESTSUITE_FAULTS)[number];
export type InvestSuiteFaults = FaultBoard<InvestSuiteFault>;

export const OPERATIONS = [
  'login',
  'refresh-token',
  'get-portfolio',
  'list-portfolios',
  'patch-portfolio',
  'get-user',
  'get-optimization',
  'post-transaction',
  'patch-transaction',
  'get-transaction',
  'list-transactions',
  'withdraw-event',
  'deposit-event',
] as const;
export type Operation = (typeof OPERATIONS)[number];
