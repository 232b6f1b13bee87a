import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../../contracts/internal/envelope.js';
import { versionOf } from '../../../../../contracts/internal/topics.js';
import type { InvestSuitePort, Portfolio } from '../../../../../shared/ports/investsuite.js';
import { shownPortfolio } from '../../../../../test/builders/investsuite.js';
import { walkJourney } from '../../../../../test/support/journey-walker.js';
import { tenant } from '../config.js';
import { portfolioStatusEvents } from '../consume/portfolio-status-changed.js';
import { sampleBinding } from '../wire.js';
import { sampleFlow } from './sample.flow.js';
import { sampleStatuses } from './sample.js';

type Answer = Awaited<ReturnType<InvestSuitePort['readPortfolio']>>;

const identity = { id: 'j1', subject: 'P1', portfolioId: 'P1' };
const changed = { type: 'PortfolioStatusChanged' } as const;
const shown = (more: Partial<Portfolio> = {}): Answer => ({ kind: 'applied', result: shownPortfolio(more) });

/** A journey of a portfolio that InvestSuite answers about like this. */
const given = (...answers: readonly Answer[]) => givenUnder({ brokerMode: 'client' }, ...answers);
/** The same, of a tenant with these choices. */
const givenUnder = (chosen: Parameters<typeof tenant.parse>[0], ...answers: readonly Answer[]) => {
  const left = [...answers];
  const investSuite = { readPortfolio: async () => left.shift() ?? shown() } as unknown as InvestSuitePort;
  return walkJourney(sampleBinding({ investSuite }, tenant.parse(chosen)), identity, 0);
};

describe('the flow', () => {
  it.each<[string, Partial<Portfolio>, string]>([
    ['an active portfolio', {}, 'Active'],
    ['a blocked one', { active: false }, 'NotActive'],
    ['an archived one', { archived: true }, 'NotActive'],
    ['a deleted one', { deleted: true }, 'NotActive'],
  ])('given %s, when its status changes, then it ends as InvestSuite shows it', async (_which, portfolio, end) => {
    const journey = given(shown(portfolio));
    await journey.give(changed);
    expect(journey.path).toEqual(['ReadingPortfolio', end]);
    expect(journey.said).toEqual([]);
  });

  it('given InvestSuite refuses, when its status changes, then a person is asked, and can end it', async () => {
    const journey = given({ kind: 'rejected', reason: 'forbidden' });
    await journey.give(changed);
    expect(journey.path).toEqual(['ReadingPortfolio', 'held: the portfolio could not be read: forbidden']);
    await journey.answer('rejected', 'closed by its owner');
    expect(journey.path.at(-1)).toBe('NotRead');
  });

  it('given a refusal, when the status changes again, then the portfolio is read again', async () => {
    const journey = given({ kind: 'rejected', reason: 'not-found' }, shown());
    await journey.give(changed);
    await journey.give(changed);
    expect(journey.path.at(-1)).toBe('Active');
  });

  it('given InvestSuite integrates the broker, when the status changes, then the portfolio is not ours', async () => {
    const journey = givenUnder({ brokerMode: 'investsuite' }, shown());
    await journey.give(changed);
    expect(journey.path).toEqual(['ReadingPortfolio', 'NotOurs']);
  });

  it('given no rule matches, when the status changes, then the portfolio is not ours', async () => {
    const rule = { name: 'another', when: { ids: ['P2'] }, brokerMode: 'client', product: 'self' } as const;
    const journey = givenUnder({ portfolios: [rule] }, shown());
    await journey.give(changed);
    expect(journey.path).toEqual(['ReadingPortfolio', 'NotOurs']);
  });

  it('has a row for every status', () => {
    expect(Object.keys(sampleFlow.rows)).toEqual([...sampleStatuses]);
  });
});

describe('portfolio.status-update', () => {
  const PORTFOLIO = 'P01HQZX3V9K2M4N6P8R0S2T4V6W';
  const arrival = (body: object) =>
    portfolioStatusEvents.read(
      parseEnvelope(
        JSON.stringify({
          ...{ id: 'e1', type: 'portfolio.status-update', version: `${versionOf('portfolio.status-update')}.0.0` },
          ...{ occurredAt: '2026-03-04T10:00:00Z', portfolioId: PORTFOLIO, data: body },
        }),
      ),
    );

  it('becomes an input of the journey of its portfolio', () => {
    expect(arrival({ portfolioId: PORTFOLIO, status: 'active' })).toEqual({
      deliver: { flow: 'sample', subject: PORTFOLIO, input: changed },
      portfolioId: PORTFOLIO,
    });
  });

  it.each([{ portfolioId: 'P2', status: 'active' }, { portfolioId: PORTFOLIO }, []])('is refused as %j', (body) => {
    expect(() => arrival(body)).toThrow();
  });
});
