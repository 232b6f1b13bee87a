/** What InvestSuite shows, as our port returns it. A test changes what it is about. */
import type { BrokerAccountId, PortfolioId, UserId } from '../../shared/kernel/ids.js';
import { currency } from '../../shared/kernel/money.js';
import type { Portfolio, User } from '../../shared/ports/investsuite.js';

/** Of a customer who may be paid and asks for nothing. */
export const shownPortfolio = (changed: Partial<Portfolio> = {}): Portfolio => ({
  id: 'P1' as PortfolioId,
  externalId: null,
  ownerId: 'U1' as UserId,
  baseCurrency: currency('EUR'),
  realMoney: true,
  manager: 'robo-discretionary',
  brokerProvider: null,
  active: true,
  archived: false,
  deleted: false,
  status: 'ACTIVE',
  brokerAccount: 'B1' as BrokerAccountId,
  divestAmount: { kind: 'nothing' },
  holdings: {},
  version: 7,
  configJson: '{}',
  ...changed,
});

export const shownUser = (iban: string | null): User => ({
  id: 'U1' as UserId,
  externalId: 'C1',
  counterAccount: iban === null ? null : { iban, bic: null },
});
