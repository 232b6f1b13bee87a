import { describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { decimal } from '../../../shared/kernel/decimal.js';
import type { Emitted, Tagged } from '../../../shared/kernel/flow.js';
import { currency, type DivestAmount } from '../../../shared/kernel/money.js';
import type { BrokerCash, BrokerPort } from '../../../shared/ports/broker.js';
import type { InvestSuitePort } from '../../../shared/ports/investsuite.js';
import { readConfig } from '../../../shared/runtime/process/config.js';
import { createLog } from '../../../shared/runtime/process/log.js';
import { publicTls } from '../../../test/builders/tls.js';
import { ability as carefulAbility } from '../../../test/builders/engine.js';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { shownPortfolio } from '../../../test/builders/investsuite.js';
import { walkJourney } from '../../../test/support/journey-walker.js';
import { config, tenant as tenantSettings } from './config.js';
import { wire, withdrawalBinding, withdrawalConsumes } from './wire.js';

const NOW_MS = Date.parse('2026-03-04T10:00:00Z');
const ability = carefulAbility({ repeatable: 'by-key', afterAbsence: 'same-key' });

/** The outside as it is now; a test changes it. */
type World = { divestAmount: DivestAmount; withdrawable: string; openOrders: number; readonly calls: string[]; refuses: string | null };
const amount = (text: string): DivestAmount => ({ kind: 'amount', amount: decimal(text) });

const portsOf = (world: World): Parameters<typeof withdrawalBinding>[0] => {
  const cash = (): BrokerCash => ({
    currency: currency('EUR'),
    withdrawable: decimal(world.withdrawable),
    booked: decimal('0'),
    pendingSettlement: [],
    pendingOut: decimal('0'),
  });
  const investSuite: Partial<InvestSuitePort> = {
    abilities: { createTransaction: ability, replaceTransaction: ability, writePortfolio: ability, announceWithdrawal: ability },
    readPortfolio: async () => ({ kind: 'applied', result: shownPortfolio({ divestAmount: world.divestAmount }) }),
    createTransaction: async (write) => {
      world.calls.push(`booked ${write.movements[0]?.quantity ?? ''}`);
      return world.refuses === 'transaction'
        ? { kind: 'rejected', reason: 'invalid' }
        : { kind: 'applied', result: { transactionId: 'T1' } };
    },
    announceWithdrawal: async (_id, money) => {
      world.calls.push(`announced ${money.amount}`);
      return { kind: 'applied', result: null };
    },
  };
  const broker: Partial<BrokerPort> = {
    readCash: async () => ({ kind: 'applied', result: cash() }),
    readPositions: async () => ({ kind: 'applied', result: [] }),
    readOpenOrders: async () => ({
      kind: 'applied',
      result: Array.from({ length: world.openOrders }, () => ({ orderId: 'O', instrument: 'I' as never })),
    }),
  };
  return { investSuite: investSuite as InvestSuitePort, broker: broker as BrokerPort };
};

const start = (more: Partial<World> = {}) => {
  const world: World = { divestAmount: amount('250'), withdrawable: '1000', openOrders: 0, calls: [], refuses: null, ...more };
  const walk = walkJourney(
    withdrawalBinding(portsOf(world), tenantSettings.parse({ brokerMode: 'client' })),
    { id: 'wd1', subject: 'P1', portfolioId: 'P1' },
    NOW_MS,
  );
  return { world, ...walk };
};
const request = (level: DivestAmount | null): Tagged => ({ type: 'DivestAmountUpdated', level }) as Tagged;
const payout = (outcome: string, more: object = {}): Tagged =>
  ({
    type: 'PayoutFinished',
    withdrawalId: 'wd1',
    outcome,
    amount: '250',
    currency: 'EUR',
    paidAt: '2026-03-04T11:00:00Z',
    reason: null,
    ...more,
  }) as Tagged;
const changed = (left: string, before = '250'): Tagged =>
  ({ type: 'PortfolioChanged', changeId: 'wd1.paid', divestAmountLeft: left, divestAmountBefore: before }) as Tagged;
const topics = (said: readonly Emitted[]): readonly string[] => said.map((one) => ('event' in one ? one.event : `tells ${one.sends}`));

describe('a withdrawal, the whole way', () => {
  it('reads all its topics', () => {
    expect(withdrawalConsumes.map(({ topic }) => topic)).toEqual([
      'portfolio.withdrawal-request',
      'portfolio.cash-settled',
      'payout.finished',
      'portfolio.changed',
    ]);
  });

  it('pays what InvestSuite shows, whatever the event said', async () => {
    const { give, path, said, world } = start();
    await give(request(amount('9999')));
    await give(payout('paid'));
    await give(changed('0'));
    expect(path).toEqual([
      'ReadingPortfolio',
      'CheckingCash',
      'Paying',
      'RecordingTransaction',
      'UpdatingPortfolio',
      'Announcing',
      'Completed',
    ]);
    expect(topics(said)).toEqual(['payout.requested', 'portfolio.change-requested']);
    expect(said[0]).toMatchObject({ data: { withdrawalId: 'wd1', amount: '250' } });
    expect(world.calls).toEqual(['booked -250', 'announced 250']);
  });

  it('waits for cash and takes the newest divest request when it comes', async () => {
    const { give, path, said, world } = start({ withdrawable: '10' });
    await give(request(amount('250')));
    world.divestAmount = amount('800');
    world.withdrawable = '800';
    await give({ type: 'CashSettled' });
    expect(path).toEqual(['ReadingPortfolio', 'CheckingCash', 'AwaitingCash', 'ReadingPortfolio', 'CheckingCash', 'Paying']);
    expect(said).toMatchObject([{ data: { amount: '800' } }]);
  });

  it('called off while it waits pays nothing', async () => {
    const { give, path, said, world } = start({ withdrawable: '10' });
    await give(request(amount('250')));
    world.divestAmount = { kind: 'nothing' };
    await give(request({ kind: 'nothing' }));
    expect(path.at(-1)).toBe('Cancelled');
    expect(said).toEqual([]);
  });

  it('keeps a raise that comes during the payout for the next withdrawal, and does not take its own lowering for one', async () => {
    const { give, path, said } = start();
    await give(request(amount('250')));
    await give(request(amount('800')));
    await give(payout('paid'));
    await give(request({ kind: 'nothing' }));
    await give(changed('550'));
    expect(path.at(-1)).toBe('Completed');
    expect(topics(said)).toEqual(['payout.requested', 'portfolio.change-requested', 'tells withdrawal']);
  });

  it('is booked and shown to people when it was called off after the transfer [E2]', async () => {
    const { give, answer, path } = start();
    for (const input of [request(null), payout('paid'), changed('0', '0')]) await give(input);
    expect(path.slice(-2)).toEqual([
      'CalledOffTooLate',
      'held: paid EUR 250, and only 0 was asked for any more when it was booked; "applied": seen, and settled with the customer',
    ]);
    await answer('applied', 'the customer keeps it');
    expect(path.at(-1)).toBe('Completed');
  });

  it('shows a return, early or late', async () => {
    const early = start();
    for (const input of [request(null), payout('returned', { reason: 'AC04' }), payout('paid'), changed('0')]) await early.give(input);
    expect(early.path.at(-1)).toBe('Returned');
    const late = start();
    for (const input of [request(null), payout('paid'), changed('0'), payout('returned', { reason: 'AC04' })]) await late.give(input);
    expect(late.path.slice(-2)).toEqual(['Completed', 'Returned']);
  });

  it('holds when the booking is refused, and goes on when people have booked it', async () => {
    const { give, answer, path } = start({ refuses: 'transaction' });
    await give(request(null));
    await give(payout('paid'));
    expect(path.at(-1)).toBe('held: paid but not recorded: invalid');
    await answer('applied', 'T7');
    expect(path.at(-1)).toBe('UpdatingPortfolio');
  });
});

describe('the service', () => {
  it('stands on real adapters, without asking anybody at start', () => {
    for (const currencies of [[], ['EUR']]) {
      const tenant = tenantSettings.parse({ brokerMode: 'client', currencies });
      const service = wire(
        { ...readConfig(config, serviceEnvironment), tenant },
        { log: createLog('test', 'silent'), pool: {} as Pool, tls: publicTls },
      );
      expect([service.name, service.bindings.length, service.consumes.length]).toEqual(['withdrawal', 1, 4]);
    }
  });
});
