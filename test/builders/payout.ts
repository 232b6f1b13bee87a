/** The journey of one payout, of EUR 250 to the checked account of customer C1. A test changes what it is about. */
import { decimal } from '../../shared/kernel/decimal.js';
import type { Payout } from '../../services/payout/src/decide/payout.js';

export const COUNTER_ACCOUNT = 'BE68539007547034';

/** Just opened. */
export const payout = (changed: Partial<Payout> = {}): Payout => ({
  status: 'ReadingOwner',
  withdrawalId: 'w1',
  portfolioId: 'P1',
  ownerId: 'U1',
  brokerAccount: 'B1',
  amount: decimal('250'),
  currency: 'EUR',
  owner: null,
  counterAccount: null,
  cashOutId: null,
  approved: false,
  payment: null,
  suspense: null,
  returnedBecause: null,
  paying: decimal('250'),
  reserved: false,
  limitsPassed: null,
  endsAs: null,
  reason: null,
  ...changed,
});

/** The cash is on the house account, and the transfer is next. */
export const payoutToTransfer = (changed: Partial<Payout> = {}): Payout =>
  payout({
    status: 'Transferring',
    owner: { externalId: 'C1', shownIban: COUNTER_ACCOUNT },
    counterAccount: { iban: COUNTER_ACCOUNT, ownerName: 'A. Customer' },
    cashOutId: 'CO1',
    ...changed,
  });
