import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createInvestSuiteAdmin, type InvestSuiteAdmin } from '../../../test/simulators/investsuite/admin-client.js';
import { startInvestSuite, type InvestSuiteSimulator } from '../../../test/simulators/investsuite/server.js';
import { decimal } from '../../kernel/decimal.js';
import type { InstrumentId, OptimizationId, PortfolioId, UserId } from '../../kernel/ids.js';
import { currency, type DivestAmount } from '../../kernel/money.js';
import type { Outcome, Sending } from '../../kernel/outcome.js';
import type { InvestSuitePort, Portfolio, PortfolioWrite, TransactionWrite } from '../../ports/investsuite.js';
import { createInvestSuite } from './adapter.js';

const ETF = 'IE00B44Z5B48' as InstrumentId;
const CASH = '$EUR' as InstrumentId;
const EVERYTHING: DivestAmount = { kind: 'everything' };
const level = (amount: string): DivestAmount => ({ kind: 'amount', amount: decimal(amount) });

let simulator: InvestSuiteSimulator;
let admin: InvestSuiteAdmin;
let port: InvestSuitePort & { readonly close: () => void };
let portfolioId: PortfolioId;
let userId: UserId;

beforeEach(async () => {
  simulator = await startInvestSuite({
    host: '127.0.0.1',
    port: 0,
    seed: 1,
    optimiserDelayMs: 60_000,
    accessKeyId: 'k',
    secretAccessKey: 's',
  });
  admin = createInvestSuiteAdmin(simulator.url);
  userId = (await admin.createUser({ externalId: 'C-1', counterAccount: { iban: 'BE68539007547034', bic: 'GKCCBEBB' } })) as UserId;
  portfolioId = (await admin.createPortfolio({
    userId,
    holdings: { $EUR: '1250.40', [ETF]: '12.333333333333333333' },
    divestAmount: '250.00',
    brokerage: { portfolioId: 'acc-1' },
  })) as PortfolioId;
  port = createInvestSuite({ baseUrl: simulator.url, accessKeyId: 'k', secretAccessKey: 's' });
});
afterEach(async () => {
  port.close();
  await simulator.close();
});

const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const sending = (key = 'k-1', timeoutMs = 5_000): Sending => ({ key, signal: AbortSignal.timeout(timeoutMs), firstSentAtMs: Date.now() });
const resultOf = <Result>(outcome: Outcome<Result>): Result => {
  if (outcome.kind !== 'applied') throw new Error(`not applied: ${JSON.stringify(outcome)}`);
  return outcome.result;
};
const read = async (): Promise<Portfolio> => resultOf(await port.readPortfolio(portfolioId, soon()));
/** Takes cash out of a portfolio as a paid withdrawal does. */
const paidOut = async (cash = '1000.40', divestAmount: DivestAmount | null = { kind: 'nothing' }): Promise<PortfolioWrite> => {
  const before = await read();
  return {
    portfolioId,
    baseVersion: before.version,
    holdingsBefore: before.holdings,
    holdings: { ...before.holdings, [CASH]: decimal(cash) },
    configJson: before.configJson,
    divestAmount,
  };
};
const fault = (
  name: Parameters<InvestSuiteAdmin['switchFault']>[0]['fault'],
  operation: string,
  more: { detail?: string; delayMs?: number } = {},
): Promise<void> => admin.switchFault({ fault: name, operation, times: 1, ...more });
const withdrawal = (externalId = 'P1/BRK-9'): TransactionWrite => ({
  portfolioId,
  externalId,
  optimizationId: null,
  movements: [
    {
      type: 'CASH_WITHDRAWAL',
      status: 'SETTLED',
      datetime: '2026-11-21T09:00:00.000Z',
      instrument: CASH,
      quantity: decimal('-250'),
      unitPrice: null,
      unitPriceCurrency: null,
      externalId: null,
      referenceExternalId: null,
      description: null,
    },
  ],
});
const patches = (): number =>
  simulator
    .world()
    .books.requests.all()
    .filter((one) => one.operation === 'patch-portfolio').length;
const violations = (): readonly unknown[] => simulator.world().books.violations.all();

describe('reads', () => {
  it('reads a portfolio, its owner and its pending divest request exactly', async () => {
    expect(await read()).toMatchObject({
      id: portfolioId,
      ownerId: userId,
      baseCurrency: 'EUR',
      realMoney: true,
      manager: 'robo-discretionary',
      active: true,
      archived: false,
      deleted: false,
      status: 'ACTIVE',
      brokerAccount: 'acc-1',
      divestAmount: level('250'),
      holdings: { $EUR: '1250.4', [ETF]: '12.333333333333333333' },
    });
    expect(resultOf(await port.readUser(userId, soon()))).toEqual({
      id: userId,
      externalId: 'C-1',
      counterAccount: { iban: 'BE68539007547034', bic: 'GKCCBEBB' },
    });
    expect(await port.readPortfolio('P0000000000000000000000000X' as PortfolioId, soon())).toMatchObject({
      kind: 'rejected',
      reason: 'not-found',
    });
  });

  it('reads every page of the pending withdrawals, and leaves zero divest requests out', async () => {
    for (let count = 0; count < 204; count++) await admin.createPortfolio({ userId, divestAmount: count % 2 === 0 ? '5' : '0' });
    const everything = await admin.createPortfolio({ userId, divestAmount: '1e100' });
    const pending = resultOf(await port.readPendingWithdrawals(soon()));
    expect(pending).toHaveLength(104);
    expect(pending).toContain(everything);
  });

  it('waits while the optimiser computes, then reads the orders', async () => {
    await admin.actAsApp(portfolioId, { action: 'raise', amount: '1' });
    expect(await port.readOptimization(portfolioId, soon())).toMatchObject({ kind: 'accepted', askAfterMs: 5_000 });
    await admin.reset();
    userId = (await admin.createUser({ counterAccount: null })) as UserId;
    portfolioId = (await admin.createPortfolio({ userId, holdings: { [ETF]: '12' } })) as PortfolioId;
    expect(await port.readOptimization(portfolioId, soon())).toMatchObject({ kind: 'rejected', reason: 'not-found' });
    const id = await admin.propose(portfolioId, { [ETF]: { shares: '-4', price: '88.10' } });
    expect(resultOf(await port.readOptimization(portfolioId, soon()))).toMatchObject({
      id: id as OptimizationId,
      recommended: true,
      ownerChoice: null,
      orders: [{ instrument: ETF, units: '-4', amount: null, expectedPrice: '88.1' }],
    });
    expect(resultOf(await port.readUser(userId, soon())).counterAccount).toBeNull();
  });

  it('logs in again when its tokens are forgotten', async () => {
    await read();
    await fetch(`${simulator.url}/simulator/forget-tokens`, { method: 'POST' });
    await read();
  });
});

describe('writing the portfolio', () => {
  it('writes holdings and level in one PATCH and keeps every other setting', async () => {
    resultOf(await port.createTransaction(withdrawal(), sending()));
    const write = await paidOut();
    expect(await port.writePortfolio(write, sending())).toEqual({ kind: 'applied', result: { versionAfter: write.baseVersion + 1 } });
    const after = await read();
    expect(after).toMatchObject({ divestAmount: { kind: 'nothing' }, holdings: { $EUR: '1000.4', [ETF]: '12.333333333333333333' } });
    expect(after.configJson.replace(/"divest_amount":[^,]*/, '')).toBe(write.configJson.replace(/"divest_amount":[^,]*/, ''));
    expect([patches(), violations()]).toEqual([1, []]);
    expect(await port.findPortfolioWrite(write, sending())).toEqual({ found: 'applied', result: { versionAfter: write.baseVersion + 1 } });
  });

  it('writes holdings alone and leaves a divest request of everything as it stands', async () => {
    await admin.actAsApp(portfolioId, { action: 'everything' });
    const write = await paidOut('900', null);
    expect(await port.writePortfolio(write, sending())).toMatchObject({ kind: 'applied' });
    expect(await read()).toMatchObject({ divestAmount: EVERYTHING, holdings: { $EUR: '900' } });
    expect(await port.writePortfolio(await paidOut('800', EVERYTHING), sending())).toMatchObject({ kind: 'applied' });
    expect((await read()).configJson).toContain('"divest_amount":1e100');
  });

  it('sends nothing when somebody wrote meanwhile', async () => {
    const write = await paidOut();
    await admin.actAsApp(portfolioId, { action: 'raise', amount: '50' });
    expect(await port.writePortfolio(write, sending())).toMatchObject({ kind: 'rejected', reason: 'changed-meanwhile' });
    expect(patches()).toBe(0);
    expect((await read()).divestAmount).toEqual(level('300'));
  });

  it('tells of a write between its read and its PATCH by the version', async () => {
    await fault('version-gap', 'patch-portfolio');
    const write = await paidOut();
    expect(await port.writePortfolio(write, sending())).toEqual({ kind: 'applied', result: { versionAfter: write.baseVersion + 2 } });
  });

  it.each(['apply-and-cut', 'server-error-after-applying', 'garbled-answer'] as const)(
    '%s: unknown, then found by the holdings',
    async (name) => {
      await fault(name, 'patch-portfolio');
      const write = await paidOut();
      expect((await port.writePortfolio(write, sending())).kind).toBe('unknown');
      expect(await port.findPortfolioWrite(write, sending())).toMatchObject({ found: 'applied' });
      expect(patches()).toBe(1);
    },
  );

  it.each(['cut-before-apply', 'server-error-before-applying'] as const)(
    '%s: unknown, then absent, also when the divest request changed since',
    async (name) => {
      await fault(name, 'patch-portfolio');
      const write = await paidOut();
      expect((await port.writePortfolio(write, sending())).kind).toBe('unknown');
      expect(await port.findPortfolioWrite(write, sending())).toEqual({ found: 'absent' });
      await admin.actAsApp(portfolioId, { action: 'raise', amount: '50' });
      expect(await port.findPortfolioWrite(write, sending())).toEqual({ found: 'absent' });
    },
  );

  it('knows that a divest request which stands came after our write, and takes its version for none between', async () => {
    await fault('apply-and-cut', 'patch-portfolio');
    const write = await paidOut();
    expect((await port.writePortfolio(write, sending())).kind).toBe('unknown');
    await admin.actAsApp(portfolioId, { action: 'raise', amount: '50' });
    const found = { found: 'applied', result: { versionAfter: write.baseVersion + 1 } };
    expect(await port.findPortfolioWrite(write, sending())).toEqual(found);
    // One more is one that may have come between: the newest is the only one of which the read tells that it did not.
    await admin.actAsApp(portfolioId, { action: 'raise', amount: '50' });
    expect(await port.findPortfolioWrite(write, sending())).toEqual({ ...found, result: { versionAfter: write.baseVersion + 2 } });
  });

  it('asks people when holdings are neither before nor after, and when a level alone cannot tell', async () => {
    const write = await paidOut();
    const levelOnly: PortfolioWrite = { ...write, holdings: write.holdingsBefore, divestAmount: level('10') };
    expect(await port.findPortfolioWrite(levelOnly, sending())).toEqual({ found: 'absent' });
    await admin.actAsApp(portfolioId, { action: 'set', amount: '10' });
    expect(await port.findPortfolioWrite(levelOnly, sending())).toMatchObject({ found: 'applied' });
    await admin.actAsApp(portfolioId, { action: 'set', amount: '11' });
    expect(await port.findPortfolioWrite(levelOnly, sending())).toMatchObject({ found: 'ambiguous' });
    await admin.changePortfolio(portfolioId, { holdings: { $EUR: '1' } });
    expect(await port.findPortfolioWrite(write, sending())).toMatchObject({ found: 'ambiguous' });
  });

  it('asks people when our write was the last one and a setting is gone', async () => {
    const write = await paidOut();
    await admin.changePortfolio(portfolioId, {
      holdings: { $EUR: '1000.40', [ETF]: '12.333333333333333333' },
      settings: { policy_id: null },
    });
    expect(await port.findPortfolioWrite(write, sending())).toMatchObject({
      found: 'ambiguous',
      evidence: expect.stringContaining('manager_settings.policy_id'),
    });
  });

  it('asks people when our write was the last one and the level is not ours', async () => {
    const write = await paidOut();
    await admin.changePortfolio(portfolioId, { holdings: { $EUR: '1000.40', [ETF]: '12.333333333333333333' } });
    expect(await port.findPortfolioWrite(write, sending())).toMatchObject({
      found: 'ambiguous',
      evidence: expect.stringContaining('the divest amount'),
    });
  });

  it('writes a level only against the level it expects', async () => {
    expect(await port.writeDivestAmount(portfolioId, level('250.00'), level('300'), sending())).toMatchObject({ kind: 'applied' });
    expect(await port.writeDivestAmount(portfolioId, level('250'), level('300'), sending())).toMatchObject({ kind: 'applied' });
    expect(await port.writeDivestAmount(portfolioId, level('250'), level('1'), sending())).toMatchObject({
      kind: 'rejected',
      reason: 'changed-meanwhile',
    });
    expect(await port.writeDivestAmount(portfolioId, level('300'), EVERYTHING, sending())).toMatchObject({ kind: 'applied' });
    expect([patches(), (await read()).divestAmount]).toEqual([2, EVERYTHING]);
  });
});

describe('transactions', () => {
  it('creates, finds and replaces', async () => {
    expect(await port.findTransaction(withdrawal(), sending())).toEqual({ found: 'absent' });
    const { transactionId } = resultOf(await port.createTransaction(withdrawal(), sending()));
    expect(await port.findTransaction(withdrawal(), sending())).toEqual({ found: 'applied', result: { transactionId } });
    expect(await port.replaceTransaction(transactionId, withdrawal(), sending())).toEqual({ kind: 'applied', result: null });
    expect(await port.replaceTransaction('T0', withdrawal(), sending())).toMatchObject({ kind: 'rejected', reason: 'not-found' });
    expect(violations()).toEqual([]);
  });

  it('keeps the optimisation of an order when its movements are replaced', async () => {
    const optimizationId = (await admin.propose(portfolioId, { [ETF]: { shares: '-4', price: '88.10' } })) as OptimizationId;
    const base = {
      datetime: '2026-11-21T09:00:00.000Z',
      unitPrice: null,
      unitPriceCurrency: null,
      externalId: 'ord-1-p',
      referenceExternalId: null,
      description: null,
    } as const;
    const placed = { ...base, type: 'SELL', status: 'PLACED', instrument: ETF, quantity: decimal('-4') } as const;
    const write: TransactionWrite = { portfolioId, externalId: 'ord-1', optimizationId, movements: [placed] };
    const { transactionId } = resultOf(await port.createTransaction(write, sending()));
    const fill = { ...base, status: 'EXECUTED', datetime: '2026-11-21T09:00:01.000Z' } as const;
    const filled: TransactionWrite = {
      ...write,
      movements: [
        placed,
        { ...fill, type: 'SELL', instrument: ETF, quantity: decimal('-4'), unitPrice: decimal('88.1'), externalId: 'f1' },
        { ...fill, type: 'BUY', instrument: CASH, quantity: decimal('352.4'), externalId: null, referenceExternalId: 'f1' },
        { ...fill, type: 'TRANSACTION_FEE', instrument: CASH, quantity: decimal('-1.75'), externalId: null, referenceExternalId: 'f1' },
      ],
    };
    expect(await port.replaceTransaction(transactionId, filled, sending())).toEqual({ kind: 'applied', result: null });
    expect(await port.findTransaction(write, sending())).toMatchObject({ found: 'applied' });
    expect(violations()).toEqual([]);
  });

  it.each(['apply-and-cut', 'server-error-after-applying', 'garbled-answer'] as const)('%s: unknown, then found', async (name) => {
    await fault(name, 'post-transaction');
    expect((await port.createTransaction(withdrawal(), sending())).kind).toBe('unknown');
    expect(await port.findTransaction(withdrawal(), sending())).toMatchObject({ found: 'applied' });
  });

  it('asks people when two carry one external id, and has no answer when lists are not there', async () => {
    await port.createTransaction(withdrawal(), sending());
    await port.createTransaction(withdrawal(), sending());
    expect(await port.findTransaction(withdrawal(), sending())).toMatchObject({ found: 'ambiguous' });
    const blind = createInvestSuite({ baseUrl: simulator.url, accessKeyId: 'k', secretAccessKey: 's', canListTransactions: false });
    expect(await blind.findTransaction(withdrawal(), sending())).toMatchObject({ found: 'ambiguous' });
    expect(blind.abilities.createTransaction).toMatchObject({ repeatable: 'never', afterAbsence: 'ask-person' });
    blind.close();
  });
});

describe('telling that a withdrawal is paid', () => {
  const amount = { amount: decimal('250'), currency: currency('EUR') };
  it('is done once per key', async () => {
    await fault('apply-and-cut', 'withdraw-event');
    expect((await port.announceWithdrawal(portfolioId, amount, sending('wd:1'))).kind).toBe('unknown');
    expect(await port.announceWithdrawal(portfolioId, amount, sending('wd:1'))).toEqual({ kind: 'applied', result: null });
    const calls = simulator.world().books.eventCalls.all();
    expect(calls).toMatchObject([
      { key: '"wd:1"', amount: '250', repeated: false },
      { key: '"wd:1"', repeated: true },
    ]);
    expect(await port.announceWithdrawal(portfolioId, { ...amount, amount: decimal('251') }, sending('wd:1'))).toMatchObject({
      kind: 'rejected',
      reason: 'conflict',
    });
  });
});
