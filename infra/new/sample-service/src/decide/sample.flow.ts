import { go, ignored, type Flow } from '../../../../../shared/kernel/flow.js';
import { endByWhatIsShown, holdOrEnd, open } from './sample.rules.js';
import type { Sample, SampleEffects, SampleInput } from './sample.js';

const over = { PortfolioStatusChanged: ignored('over; a new journey opens') };

/** From a status that has changed to what InvestSuite shows of the portfolio. */
export const sampleFlow: Flow<Sample, SampleInput, SampleEffects, never> = {
  name: 'sample',
  ownedBy: 'payments operations',
  opens: { PortfolioStatusChanged: open },
  rows: {
    ReadingPortfolio: {
      does: 'ReadPortfolio',
      whenUnknown: 'send-again',
      applied: endByWhatIsShown,
      rejected: holdOrEnd,
      on: { PortfolioStatusChanged: go<Sample>('ReadingPortfolio') },
    },
    Active: { ends: 'the portfolio is active', on: over },
    NotActive: { ends: 'the portfolio is blocked, archived or deleted', on: over },
    NotOurs: { ends: 'by the rules of the tenant it is no portfolio of ours', on: over },
    NotRead: { ends: 'a person says that the portfolio cannot be read', on: over },
  },
};
