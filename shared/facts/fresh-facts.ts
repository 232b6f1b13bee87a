/**
 * Reads again, at their sources, the facts that an irreversible request rests on. It happens inside the sending: after every wait,
 * restart, replay and word of people. Nothing that lies in our own tables or in a message counts as fresh.
 */
import { electronicFormatIBAN } from 'ibantools';
import { treatmentOf, type PortfolioRule } from '../../contracts/internal/portfolio-rules.js';
import {
  counterAccountChanged,
  portfolioChanged,
  type Account,
  type PortfolioDecided,
  type PortfolioNow,
} from '../../contracts/internal/standing.js';
import type { PortfolioId, UserId } from '../kernel/ids.js';
import { NOT_SENT, type Outcome } from '../kernel/outcome.js';
import type { CoreBankingPort, CounterAccount } from '../ports/core-banking.js';
import type { InvestSuitePort, Portfolio } from '../ports/investsuite.js';

/** Where the facts are. `rules`: which portfolio is whose, as the tenant says today. */
export type PortfolioSource = {
  readonly investSuite: Pick<InvestSuitePort, 'readPortfolio'>;
  readonly rules: readonly PortfolioRule[];
};
export type PaymentSources = PortfolioSource & {
  readonly investSuite: Pick<InvestSuitePort, 'readPortfolio' | 'readUser'>;
  readonly coreBanking: Pick<CoreBankingPort, 'readCustomer'>;
};

/** The customer who was decided upon. */
export type CustomerDecided = { readonly externalId: string; readonly account: Account };

/** Why nothing was sent; null: all of it stands. Whatever this says, nothing has left. */
export type NotSent = Extract<Outcome<never>, { kind: 'rejected' | 'retryable' }> | null;

/** Of several questions: a change that is known says more than a question without an answer. */
export const whatStandsAgainst = (found: readonly NotSent[]): NotSent =>
  found.find((one) => one?.kind === 'rejected') ?? found.find((one) => one !== null) ?? null;

const changed = (reason: string): NotSent => ({ kind: 'rejected', reason: `${NOT_SENT}${reason}` });
const unread = (what: string, kind: string): NotSent => ({
  kind: 'retryable',
  evidence: `${NOT_SENT}${what} could not be read again (${kind})`,
});

/** What is paid, in one form. */
export const accountOf = (account: CounterAccount | null): Account | null =>
  account === null ? null : { iban: electronicFormatIBAN(account.iban) ?? '', ownerName: account.ownerName };

export const portfolioNow = (portfolio: Portfolio, rules: readonly PortfolioRule[]): PortfolioNow => {
  const { ownerId, brokerAccount, baseCurrency, realMoney, active, archived, deleted, divestAmount } = portfolio;
  return {
    ...{ ownerId, brokerAccount, currency: baseCurrency, realMoney, active, archived, deleted, level: divestAmount },
    treatment: treatmentOf(rules, portfolio),
  };
};

/** For a trade: the portfolio alone. */
export const portfolioStands = async (
  { investSuite, rules }: PortfolioSource,
  portfolioId: string,
  decided: PortfolioDecided,
  signal: AbortSignal,
): Promise<NotSent> => {
  const read = await investSuite.readPortfolio(portfolioId as PortfolioId, signal);
  if (read.kind === 'rejected') return changed(`InvestSuite does not show the portfolio (${read.reason})`);
  if (read.kind !== 'applied') return unread('the portfolio', read.kind);
  const what = portfolioChanged(decided, portfolioNow(read.result, rules));
  return what === null ? null : changed(what.reason);
};

const ownerStands = async (
  { investSuite }: PaymentSources,
  ownerId: string,
  { externalId }: CustomerDecided,
  signal: AbortSignal,
): Promise<NotSent> => {
  const read = await investSuite.readUser(ownerId as UserId, signal);
  if (read.kind === 'rejected') return changed(`InvestSuite does not show the owner (${read.reason})`);
  if (read.kind !== 'applied') return unread('the owner', read.kind);
  return read.result.externalId === externalId ? null : changed('the owner is another customer of the bank');
};

const accountStands = async (
  { coreBanking }: PaymentSources,
  { externalId, account }: CustomerDecided,
  signal: AbortSignal,
): Promise<NotSent> => {
  const read = await coreBanking.readCustomer(externalId, signal);
  if (read.kind === 'rejected') return changed('the bank does not know the customer any more');
  if (read.kind !== 'applied') return unread('the counter account', read.kind);
  const now = { customerActive: read.result.active, account: accountOf(read.result.counterAccount) };
  const what = counterAccountChanged(account, now);
  return what === null ? null : changed(what);
};

/**
 * For money that leaves: the portfolio, its owner, and the owner's counter account at the bank. All are asked for at once.
 * A request that does not say whose money it is, and for whom, is no request of ours.
 */
export const paymentStands = async (
  sources: PaymentSources,
  portfolioId: string,
  decided: PortfolioDecided,
  customer: CustomerDecided,
  signal: AbortSignal,
): Promise<NotSent> => {
  const { ownerId } = decided;
  if (ownerId === null) return changed('the request does not say whose money it is');
  return whatStandsAgainst(
    await Promise.all([
      portfolioStands(sources, portfolioId, decided, signal),
      ownerStands(sources, ownerId, customer, signal),
      accountStands(sources, customer, signal),
    ]),
  );
};
