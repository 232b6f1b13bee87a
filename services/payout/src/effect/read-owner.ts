import { electronicFormatIBAN } from 'ibantools';
import type { PortfolioNow } from '../../../../contracts/internal/standing.js';
import type { PortfolioRule } from '../../../../contracts/internal/portfolio-rules.js';
import { portfolioNow } from '../../../../shared/facts/fresh-facts.js';
import type { PortfolioId, UserId } from '../../../../shared/kernel/ids.js';
import type { Outcome } from '../../../../shared/kernel/outcome.js';
import { isoOf } from '../../../../shared/kernel/instant.js';
import type { CoreBankingPort } from '../../../../shared/ports/core-banking.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { MadeTransfer, Payout, PayoutEffects } from '../decide/payout.js';
import { endToEndIdOf } from './pay-counter-account.js';

type Definitions = EffectDefinitions<Payout, PayoutEffects>;
type Request = { readonly ownerId: string };
type Asked = { readonly endToEndId?: string };
type Reader = Pick<InvestSuitePort, 'readPortfolio'>;

const readNow = async (
  investSuite: Reader,
  rules: readonly PortfolioRule[],
  portfolioId: string,
  signal: AbortSignal,
): Promise<Outcome<PortfolioNow, 'not-found' | 'forbidden'>> => {
  const read = await investSuite.readPortfolio(portfolioId as PortfolioId, signal);
  return read.kind === 'applied' ? { kind: 'applied', result: portfolioNow(read.result, rules) } : read;
};

/** Who owns the portfolio, which counter account InvestSuite shows that person, and whether the portfolio asks for the payment. */
export const readOwner = (
  investSuite: Reader & Pick<InvestSuitePort, 'readUser'>,
  rules: readonly PortfolioRule[],
  timing: Timing,
): Definitions['ReadOwner'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: (p): Request => ({ ownerId: p.ownerId }),
  read: async ({ ownerId }: Request, { portfolioId, signal }) => {
    const [user, portfolio] = await Promise.all([
      investSuite.readUser(ownerId as UserId, signal),
      readNow(investSuite, rules, portfolioId, signal),
    ]);
    if (portfolio.kind !== 'applied') return portfolio;
    if (user.kind !== 'applied') return user;
    const { externalId, counterAccount } = user.result;
    const shownIban = counterAccount === null ? null : electronicFormatIBAN(counterAccount.iban);
    return { kind: 'applied', result: { externalId, shownIban, portfolio: portfolio.result } };
  },
});

type Bank = Pick<CoreBankingPort, 'readPayment'>;
type Made = Outcome<MadeTransfer | null, never>;

/** Under the reference that the transfer would have had. What the bank has not decided is asked for again. */
const madeUnder = async (bank: Bank, endToEndId: string, signal: AbortSignal, nowMs: number): Promise<Made> => {
  const read = await bank.readPayment({ endToEndId }, signal);
  if (read.kind === 'rejected' && read.reason === 'not-found') return { kind: 'applied', result: null };
  if (read.kind === 'rejected') return { kind: 'retryable', evidence: 'the bank shows several payments under our reference' };
  if (read.kind !== 'applied') return read;
  const { state, paymentId, amount, bookedAt } = read.result;
  if (state === 'refused') return { kind: 'applied', result: null };
  if (state === 'open') return { kind: 'accepted', reference: endToEndId, note: 'the bank has a payment under our reference' };
  const paidAt = bookedAt ?? isoOf(nowMs);
  return { kind: 'applied', result: { paymentId, endToEndId, paidAt, returned: null, amount: amount.amount, currency: amount.currency } };
};

/** What the portfolio asks for now, whether it may be paid from, and whether the transfer was made all the same. */
export const readRequest = (
  investSuite: Reader,
  bank: Bank,
  rules: readonly PortfolioRule[],
  timing: Timing,
  nowMs: () => number,
): Definitions['ReadRequest'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: (_p, { id }): Asked => ({ endToEndId: endToEndIdOf(`${id}:PayCounterAccount`) }),
  read: async ({ endToEndId }: Asked, { portfolioId, signal }) => {
    const [portfolio, made] = await Promise.all([
      readNow(investSuite, rules, portfolioId, signal),
      // A question of the release before names no reference.
      endToEndId === undefined ? null : madeUnder(bank, endToEndId, signal, nowMs()),
    ]);
    if (portfolio.kind !== 'applied') return portfolio;
    if (made !== null && made.kind !== 'applied') return made;
    return { kind: 'applied', result: { portfolio: portfolio.result, made: made?.result ?? null } };
  },
});
