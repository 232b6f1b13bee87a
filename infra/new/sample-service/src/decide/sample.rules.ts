import type { Opening, RefusedBy, Step } from '../../../../../shared/kernel/flow.js';
import { choices, type SampleFacts } from './sample.policy.js';
import type { PortfolioRead, Sample, SampleInput } from './sample.js';

type Next = Step<Sample>;

export const open = (_input: SampleInput, { portfolioId }: SampleFacts): Opening<Sample, never> => ({
  open: { status: 'ReadingPortfolio', portfolioId, reason: null },
});

const whyNotActive = ({ active, archived, deleted }: PortfolioRead): string | null => {
  if (deleted) return 'the portfolio is deleted';
  if (archived) return 'the portfolio is archived';
  return active ? null : 'the portfolio is blocked';
};

export const endByWhatIsShown = (_state: Sample, read: PortfolioRead, facts: SampleFacts): Next => {
  if (choices(facts).brokerMode !== 'client')
    return { to: 'NotOurs', set: { reason: 'InvestSuite integrates the broker for this tenant' } };
  const reason = whyNotActive(read);
  return reason === null ? { to: 'Active', set: { reason } } : { to: 'NotActive', set: { reason } };
};

/** On hold while InvestSuite refuses. A person who says that it will never answer ends the journey. */
export const holdOrEnd = (_state: Sample, refusal: string, by: RefusedBy): Next => {
  const reason = `the portfolio could not be read: ${refusal}`;
  return by === 'person' ? { to: 'NotRead', set: { reason } } : { hold: reason, set: { reason } };
};
