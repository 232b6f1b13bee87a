import { electronicFormatIBAN } from 'ibantools';
import type { PortfolioNow } from '../../../../contracts/internal/standing.js';
import type { PortfolioRule } from '../../../../contracts/internal/portfolio-rules.js';
import { portfolioNow } from '../../../../shared/facts/fresh-facts.js';
import type { PortfolioId, UserId } from '../../../../shared/kernel/ids.js';
import type { Outcome } from '../../../../shared/kernel/outcome.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

type Definitions = EffectDefinitions<Payout, PayoutEffects>;
type Request = { readonly ownerId: string };
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

/** What the portfolio asks for now, and whether it may be paid from. */
export const readRequest = (investSuite: Reader, rules: readonly PortfolioRule[], timing: Timing): Definitions['ReadRequest'] => ({
  kind: 'read',
  system: 'investsuite',
  timing,
  request: () => ({}),
  read: (_request: object, { portfolioId, signal }) => readNow(investSuite, rules, portfolioId, signal),
});
