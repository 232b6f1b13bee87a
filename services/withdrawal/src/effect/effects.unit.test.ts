import { externalIdOf } from '../../../../shared/facts/withdrawal-booking.js';
import { describe, expect, it } from '@jest/globals';
import { portfolioRulesOf } from '../../../../contracts/internal/portfolio-rules.js';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { InstrumentId } from '../../../../shared/kernel/ids.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { Outcome } from '../../../../shared/kernel/outcome.js';
import type { BrokerCash, Position } from '../../../../shared/ports/broker.js';
import type { TransactionWrite } from '../../../../shared/ports/investsuite.js';
import { ability as carefulAbility, sending as sendingNow, shortTiming as timing } from '../../../../test/builders/engine.js';
import { shownPortfolio } from '../../../../test/builders/investsuite.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import { withdrawalPaying } from '../../../../test/builders/withdrawal.js';
import { announceWithdrawal } from './announce-withdrawal.js';
import { checkCash } from './check-cash.js';
import { readPortfolio } from './read-portfolio.js';
import { seeCalledOffLate } from './see-called-off-late.js';
import { recordTransaction } from './record-transaction.js';

const ability = carefulAbility();
const abilities = { createTransaction: ability, replaceTransaction: ability, writePortfolio: ability, announceWithdrawal: ability };
const sending = sendingNow();
const journey = journeyFacts({ id: 'wd1', subject: 'P1' });
const state = withdrawalPaying('250', { status: 'RecordingTransaction', paidAt: '2026-03-04T10:00:00Z' });
const rules = portfolioRulesOf({ brokerMode: 'client' });
const lost = { kind: 'unknown', evidence: 'reset' } as const;

describe('ReadPortfolio', () => {
  const portfolio = shownPortfolio({ manager: 'robo-advisory', divestAmount: { kind: 'everything' } });
  it('asks for the portfolio, and brings back what the flow decides on', async () => {
    const effect = readPortfolio({ readPortfolio: async () => ({ kind: 'applied', result: portfolio }) }, rules, timing);
    const request: unknown = effect.request(state, journey, 'k1');
    expect(request).toEqual({ portfolioId: 'P1' });
    expect(await effect.read(request, sending)).toEqual({
      kind: 'applied',
      result: {
        realMoney: true,
        deleted: false,
        archived: false,
        active: true,
        treatment: { kind: 'ours', product: 'robo-advisory', rule: 'brokerMode' },
        ownerId: 'U1',
        brokerAccount: 'B1',
        currency: 'EUR',
        level: { kind: 'everything' },
      },
    });
  });
  it('hands on what is no answer', async () => {
    const effect = readPortfolio({ readPortfolio: async () => lost }, rules, timing);
    expect(await effect.read(effect.request(state, journey, 'k1'), sending)).toEqual(lost);
  });
});

describe('CheckCash', () => {
  const cash: BrokerCash = {
    currency: currency('EUR'),
    withdrawable: decimal('100'),
    booked: decimal('150'),
    pendingOut: decimal('5'),
    pendingSettlement: [
      { amount: decimal('20.5'), availableAt: 'x' },
      { amount: decimal('0.5'), availableAt: 'y' },
    ],
  };
  const positions: readonly Position[] = [
    { instrument: 'I1' as InstrumentId, units: decimal('0') },
    { instrument: 'I2' as InstrumentId, units: decimal('0.0001') },
  ];
  const asked = async (more: object): Promise<Outcome<unknown>> => {
    const effect = checkCash(
      {
        readCash: async () => ({ kind: 'applied', result: cash }),
        readPositions: async () => ({ kind: 'applied', result: positions }),
        readOpenOrders: async () => ({ kind: 'applied', result: [{ orderId: 'O1', instrument: 'I1' as InstrumentId }] }),
        ...more,
      },
      timing,
    );
    return effect.read(effect.request(state, journey, 'k1'), sending);
  };
  it('adds up what is not settled and counts what is left', async () => {
    expect(await asked({})).toEqual({
      kind: 'applied',
      result: { withdrawable: '100', pendingSettlement: '21', pendingOut: '5', openOrders: 1, positions: 1 },
    });
  });
  it('takes no other currency for ours', async () => {
    expect(await asked({ readCash: async () => ({ kind: 'applied', result: { ...cash, currency: currency('USD') } }) })).toMatchObject({
      kind: 'rejected',
      reason: 'other-currency',
    });
  });
  for (const read of ['readCash', 'readPositions', 'readOpenOrders']) {
    it(`knows nothing when ${read} got no answer`, async () => {
      expect(await asked({ [read]: async () => lost })).toEqual(lost);
    });
  }
});

describe('RecordTransaction', () => {
  const written: TransactionWrite[] = [];
  const effect = recordTransaction(
    {
      abilities,
      createTransaction: async (write) => {
        written.push(write);
        return { kind: 'applied', result: { transactionId: 'T1' } };
      },
      findTransaction: async (write) => {
        written.push(write);
        return { found: 'absent' };
      },
    },
    timing,
  );
  it('books the amount as leaving, settled, under one name for ever', async () => {
    const request: unknown = effect.request(state, journey, 'k1');
    expect(effect.request(state, journey, 'another generation')).toEqual(request);
    expect(await effect.send(request, sending)).toEqual({ kind: 'applied', result: { transactionId: 'T1' } });
    expect(await effect.inquire(request, sending)).toEqual({ found: 'absent' });
    expect(written).toHaveLength(2);
    expect(written[1]).toEqual(written[0]);
    expect(written[0]).toMatchObject({
      portfolioId: 'P1',
      externalId: externalIdOf('P1', 'wd1'),
      optimizationId: null,
      movements: [{ type: 'CASH_WITHDRAWAL', status: 'SETTLED', datetime: '2026-03-04T10:00:00Z', instrument: '$EUR', quantity: '-250' }],
    });
    expect(effect.resultFromPerson(request, 'T9')).toEqual({ transactionId: 'T9' });
    expect(effect.resultFromPerson(request, 'T9 on the list (anna)')).toEqual({ transactionId: 'T9' });
  });
  it('keeps the external id within what InvestSuite takes, one per withdrawal', () => {
    const ids = ['P01HQZX3V9K2M4N6P8R0S2T4V6W', 'P'.repeat(120)].flatMap((portfolioId) => [
      externalIdOf(portfolioId, 'wd1'),
      externalIdOf(portfolioId, 'wd2'),
    ]);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(64);
    expect(ids[0]).toMatch(/^P01HQZX3V9K2M4N6P8R0S2T4V6W\/W[0-9a-f]{30}$/);
  });
});

describe('AnnounceWithdrawal', () => {
  it('says what was paid, under the key of the effect', async () => {
    const said: unknown[] = [];
    const effect = announceWithdrawal(
      {
        abilities,
        announceWithdrawal: async (...words) => {
          said.push(words);
          return { kind: 'applied', result: null };
        },
      },
      timing,
    );
    const request: unknown = effect.request(state, journey, 'k1');
    expect(await effect.send(request, sending)).toEqual({ kind: 'applied', result: null });
    expect(said).toEqual([['P1', { amount: '250', currency: 'EUR' }, sending]]);
    expect(await effect.inquire(request, sending)).toMatchObject({ found: 'no-answer' });
    expect(effect.resultFromPerson(request, 'x')).toBeNull();
  });
});

describe('SeeCalledOffLate', () => {
  it('is done by people: nothing is sent, and nobody can be asked', async () => {
    const effect = seeCalledOffLate(timing);
    const request: unknown = effect.request(state, journey, 'k1');
    expect(request).toEqual({ amount: '250', currency: 'EUR' });
    expect(await effect.send(request, sending)).toMatchObject({ kind: 'rejected' });
    expect(await effect.inquire(request, sending)).toMatchObject({ found: 'rejected' });
    expect(effect.resultFromPerson(request, 'seen')).toBeNull();
  });
});
