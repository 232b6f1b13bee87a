/**
 * Whether what an irreversible request rests on still stands: what was decided, held against what the sources show now. Pure, and the
 * one place where the two are compared, for cash-outs, transfers and orders alike.
 */
import { compare, type Decimal } from '../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../shared/kernel/money.js';
import type { Treatment } from './portfolio-rules.js';

/** A portfolio as InvestSuite shows it now, and how the tenant's rules of today treat it. */
export type PortfolioNow = {
  readonly ownerId: string;
  readonly brokerAccount: string | null;
  readonly currency: string;
  readonly realMoney: boolean;
  readonly active: boolean;
  readonly archived: boolean;
  readonly deleted: boolean;
  readonly level: DivestAmount;
  readonly treatment: Treatment;
};

/** What of a portfolio was decided upon. Null: not frozen by the release that decided, so it cannot be compared. */
export type PortfolioDecided = {
  readonly ownerId: string | null;
  readonly brokerAccount: string | null;
  readonly currency: string | null;
  /** Least that must be asked for still, in major units; `something` is enough where a smaller level is paid as well; null for a trade. */
  readonly asked: Decimal | 'something' | null;
};

/** `portfolio`: it may not be acted upon. `request`: the customer has called the request off or lowered it. */
export type Changed = { readonly about: 'portfolio' | 'request'; readonly reason: string };

const portfolio = (reason: string): Changed => ({ about: 'portfolio', reason });
const request = (reason: string): Changed => ({ about: 'request', reason });

const notOurs = (treatment: Treatment): string | null => {
  switch (treatment.kind) {
    case 'theirs':
      return 'InvestSuite talks to the broker of this portfolio';
    case 'unclear':
      return treatment.why;
    case 'ours':
      return treatment.product === 'self' ? 'not a robo portfolio' : null;
  }
};

const levelChanged = (asked: PortfolioDecided['asked'], level: DivestAmount): Changed | null => {
  if (asked === null || level.kind === 'everything') return null;
  if (level.kind === 'nothing') return request('the divest request was called off');
  return asked === 'something' || compare(level.amount, asked) >= 0 ? null : request(`the divest request was lowered to ${level.amount}`);
};

/** Null while the portfolio and the request stand as they were decided upon. */
export const portfolioChanged = (decided: PortfolioDecided, now: PortfolioNow): Changed | null => {
  const alien = notOurs(now.treatment);
  if (alien !== null) return portfolio(alien);
  if (!now.realMoney) return portfolio('not a real money portfolio');
  if (now.deleted) return portfolio('the portfolio is deleted');
  if (now.archived) return portfolio('the portfolio is archived');
  if (!now.active) return portfolio('the portfolio is blocked');
  if (decided.ownerId !== null && decided.ownerId !== now.ownerId) return portfolio('the portfolio has another owner');
  if (decided.brokerAccount !== null && decided.brokerAccount !== now.brokerAccount)
    return portfolio('the portfolio has another account at the broker');
  if (decided.currency !== null && decided.currency !== now.currency) return portfolio(`the portfolio is kept in ${now.currency}`);
  return levelChanged(decided.asked, now.level);
};

/** IBAN in electronic format. */
export type Account = { readonly iban: string; readonly ownerName: string };

/** What differs at the bank, master of the counter account; null when it is still the one that was checked. */
export const counterAccountChanged = (
  checked: Account,
  now: { readonly customerActive: boolean; readonly account: Account | null },
): string | null => {
  if (!now.customerActive) return 'the customer is not active at the bank any more';
  if (now.account === null) return 'the customer has no counter account any more';
  if (now.account.iban !== checked.iban) return 'the counter account at the bank is another one now';
  return now.account.ownerName === checked.ownerName ? null : 'the counter account at the bank has another owner now';
};
