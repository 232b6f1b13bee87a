/** The journey of one withdrawal of portfolio P1. A test changes what it is about. */
import { decimal } from '../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../shared/kernel/money.js';
import type { Withdrawal } from '../../services/withdrawal/src/decide/withdrawal.js';

/** Just opened. */
export const withdrawal = (changed: Partial<Withdrawal> = {}): Withdrawal => ({
  status: 'ReadingPortfolio',
  portfolioId: 'P1',
  portfolio: null,
  asked: null,
  waited: false,
  paying: null,
  paidLess: false,
  calledOffLate: null,
  paidAt: null,
  arrivedLater: false,
  returnedBecause: null,
  reason: null,
  ...changed,
});

/** The portfolio was read, and shows that so much is asked for. */
export const withdrawalOf = (asked: DivestAmount, changed: Partial<Withdrawal> = {}): Withdrawal =>
  withdrawal({
    status: 'CheckingCash',
    asked,
    portfolio: { ownerId: 'U1', brokerAccount: 'B1', currency: 'EUR' },
    ...changed,
  });

/** So much is being paid, or was paid at the given time. */
export const withdrawalPaying = (amount: string, changed: Partial<Withdrawal> = {}): Withdrawal =>
  withdrawalOf({ kind: 'amount', amount: decimal(amount) }, { status: 'Paying', paying: decimal(amount), ...changed });
