import { portfolioRulesOf } from '../../../../contracts/internal/portfolio-rules.js';
import { describe, expect, it, jest } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { InvestSuitePort, Portfolio } from '../../../../shared/ports/investsuite.js';
import type { Timing } from '../../../../shared/runtime/engine/definition.js';
import { shownPortfolio } from '../../../../test/builders/investsuite.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import type { PortfolioState } from '../decide/portfolio.js';
import { readPortfolio } from './read-portfolio.js';
import { restoreDivestAmount } from './restore-divest-amount.js';
import { writePortfolio } from './write-portfolio.js';

const timing: Timing = { timeoutMs: 1, firstWaitMs: 1, longestWaitMs: 1, patienceMs: 1 };
const sending = { key: 'k', signal: new AbortController().signal, portfolioId: 'P1', firstSentAtMs: 0 };
const journey = journeyFacts({ id: 'pf-1', subject: 'P1' });
const level = { kind: 'amount', amount: decimal('3') } as const;
const write = { baseVersion: 7, holdingsBefore: {}, holdings: {}, configJson: '{}', divestAmount: level };
const state = {
  portfolioId: 'P1' as PortfolioId,
  restoring: { expected: { kind: 'nothing' }, level },
  writing: { changeIds: [], levelRead: level, baseCurrency: currency('EUR'), write },
} as unknown as PortfolioState;
const port = () => {
  const made = {
    abilities: { writePortfolio: { repeatable: 'after-inquiry' } },
    readPortfolio: jest.fn<InvestSuitePort['readPortfolio']>(),
    writePortfolio: jest.fn<InvestSuitePort['writePortfolio']>(async () => ({ kind: 'applied', result: { versionAfter: 8 } })),
    findPortfolioWrite: jest.fn<InvestSuitePort['findPortfolioWrite']>(async () => ({ found: 'absent' })),
    writeDivestAmount: jest.fn<InvestSuitePort['writeDivestAmount']>(async () => ({ kind: 'rejected', reason: 'changed-meanwhile' })),
  };
  return { made, investSuite: made as unknown as InvestSuitePort };
};

describe('effects on the portfolio object', () => {
  it('reads what the write needs, and nothing else', async () => {
    const { made, investSuite } = port();
    const effect = readPortfolio<PortfolioState>(investSuite, portfolioRulesOf({ brokerMode: 'client' }), timing);
    const request: unknown = effect.request(state, journey, 'k');
    const portfolio = shownPortfolio({ divestAmount: level });
    made.readPortfolio.mockResolvedValueOnce({ kind: 'applied', result: portfolio });
    const { baseCurrency, realMoney, deleted, divestAmount, holdings, version, configJson } = portfolio;
    const treatment = { kind: 'ours', product: 'robo-discretionary', rule: 'brokerMode' };
    const kept = { treatment, baseCurrency, realMoney, deleted, divestAmount, holdings, version, configJson };
    expect(request).toEqual({ portfolioId: 'P1' });
    expect(await effect.read(request as { portfolioId: PortfolioId }, sending)).toEqual({ kind: 'applied', result: kept });
    made.readPortfolio.mockResolvedValueOnce({ kind: 'retryable', evidence: 'refused' });
    expect(await effect.read(request as { portfolioId: PortfolioId }, sending)).toEqual({ kind: 'retryable', evidence: 'refused' });
  });
  it('writes the plan as it was frozen, and inquires with the same', async () => {
    const { made, investSuite } = port();
    const effect = writePortfolio(investSuite, timing);
    const request = effect.request(state, journey, 'k');
    expect(request).toEqual({ portfolioId: 'P1', ...write });
    expect(await effect.send(request, sending)).toMatchObject({ kind: 'applied' });
    expect(await effect.inquire(request, sending)).toEqual({ found: 'absent' });
    expect(made.findPortfolioWrite).toHaveBeenCalledWith(request, sending);
    expect(effect.resultFromPerson(request, 'seen')).toEqual({ versionAfter: 9 });
    expect(() => effect.request({ ...state, writing: null }, journey, 'k')).toThrow('without a plan');
  });
  it('restores a level only over our own one', async () => {
    const { made, investSuite } = port();
    const effect = restoreDivestAmount(investSuite, timing);
    const request = effect.request(state, journey, 'k');
    expect(await effect.send(request, sending)).toMatchObject({ kind: 'rejected' });
    expect(made.writeDivestAmount).toHaveBeenCalledWith(state.portfolioId, { kind: 'nothing' }, level, sending);
    const stands = (divestAmount: Portfolio['divestAmount']): void => {
      made.readPortfolio.mockResolvedValueOnce({ kind: 'applied', result: { divestAmount, version: 9 } as Portfolio });
    };
    stands(level);
    expect(await effect.inquire(request, sending)).toEqual({ found: 'applied', result: { versionAfter: 9 } });
    stands({ kind: 'nothing' });
    expect(await effect.inquire(request, sending)).toEqual({ found: 'absent' });
    stands({ kind: 'everything' });
    // A newer level, and ours may still be on its way: seed 438207.
    expect(await effect.inquire(request, sending)).toEqual({ found: 'absent' });
    made.readPortfolio.mockResolvedValueOnce({ kind: 'retryable', evidence: 'refused' });
    expect(await effect.inquire(request, sending)).toMatchObject({ found: 'no-answer' });
    expect(effect.resultFromPerson(request, 'seen')).toEqual({ versionAfter: 0 });
    expect(() => effect.request({ ...state, restoring: null }, journey, 'k')).toThrow('no level');
  });
});
