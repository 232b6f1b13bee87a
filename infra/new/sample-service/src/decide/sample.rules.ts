import type { JourneyFacts, Opening, RefusedBy, Step } from '../../../../../shared/kernel/flow.js';
import type { PortfolioRead, Sample, SampleInput } from './sample.js';

type Next = Step<Sample>;

export const open = (_input: SampleInput, { portfolioId }: JourneyFacts): Opening<Sample, never> => ({
  open: { status: 'ReadingPortfolio', portfolioId, reason: null },
});

const whyNotActive = ({ active, archived, deleted }: PortfolioRead): string | null => {
  if (deleted) return 'the portfolio is deleted';
  if (archived) return 'the portfolio is archived';
  return active ? null : 'the portfolio is blocked';
};

export const endByWhatIsShown = (_state: Sample, read: PortfolioRead): Next => {
  const { treatment } = read;
  if (treatment.kind === 'theirs') return { to: 'NotOurs', set: { reason: `InvestSuite talks to its broker (${treatment.rule})` } };
  if (treatment.kind === 'unclear') return { to: 'NotOurs', set: { reason: treatment.why } };
  const reason = whyNotActive(read);
  return reason === null ? { to: 'Active', set: { reason } } : { to: 'NotActive', set: { reason } };
};

/** On hold while InvestSuite refuses. A person who says that it will never answer ends the journey. */
export const holdOrEnd = (_state: Sample, refusal: string, by: RefusedBy): Next => {
  const reason = `the portfolio could not be read: ${refusal}`;
  return by === 'person' ? { to: 'NotRead', set: { reason } } : { hold: reason, set: { reason } };
};
