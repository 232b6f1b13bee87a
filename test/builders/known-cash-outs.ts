/** What our books know of cash-outs, for tests that have no database: everything that is asked about is ours, or only what a test says. */
import type { EarlierPayout, KnownCashOuts, KnownCashOutsPort } from '../../services/payout/src/decide/cash-outs.js';
import type { NotSent } from '../../shared/facts/fresh-facts.js';
import { decimal } from '../../shared/kernel/decimal.js';
import { currency } from '../../shared/kernel/money.js';
import type { ListedCashOut } from '../../shared/ports/broker.js';

export const knownCashOuts = (known: Partial<KnownCashOuts> = {}, earlier: readonly EarlierPayout[] = []): KnownCashOutsPort => ({
  earlierThan: async () => ({ answer: earlier }),
  of: async () => ({ answer: { keys: [], cashOutIds: [], named: [], ...known } }),
});

/** Compares nothing: for tests of what else a request rests on. */
export const noneCompared = (): Promise<NotSent> => Promise.resolve(null);

/** A cash-out of EUR 250 that the broker lists; nobody's, unless a test says otherwise. */
export const listedCashOut = (changed: Partial<ListedCashOut> = {}): ListedCashOut => ({
  cashOutId: 'CO1',
  status: 'done',
  brokerStatus: 'WORD',
  amount: { amount: decimal('250'), currency: currency('EUR') },
  createdAt: '2026-03-04T09:00:00Z',
  key: null,
  ...changed,
});
