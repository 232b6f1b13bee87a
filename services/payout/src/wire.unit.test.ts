import { describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { decimal } from '../../../shared/kernel/decimal.js';
import type { Emitted, Tagged } from '../../../shared/kernel/flow.js';
import type { BrokerAccountId, UserId } from '../../../shared/kernel/ids.js';
import { currency, type DivestAmount } from '../../../shared/kernel/money.js';
import type { NotSent } from '../../../shared/kernel/outcome.js';
import type { BrokerPort, CashOut, ListedCashOut } from '../../../shared/ports/broker.js';
import type { CoreBankingPort } from '../../../shared/ports/core-banking.js';
import type { InvestSuitePort, Portfolio } from '../../../shared/ports/investsuite.js';
import { Catalogue } from '../../../shared/runtime/engine/catalogue.js';
import { ConfigurationError, readConfig } from '../../../shared/runtime/process/config.js';
import { createLog } from '../../../shared/runtime/process/log.js';
import { publicTls } from '../../../test/builders/tls.js';
import { ability as carefulAbility } from '../../../test/builders/engine.js';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { shownPortfolio, shownUser } from '../../../test/builders/investsuite.js';
import { knownCashOuts, listedCashOut } from '../../../test/builders/known-cash-outs.js';
import { limitsPort, MemoryLimits } from '../../../test/builders/limits.js';
import { COUNTER_ACCOUNT } from '../../../test/builders/payout.js';
import { walkJourney } from '../../../test/support/journey-walker.js';
import { config, tenant as tenantSettings } from './config.js';
import { payoutBinding, payoutConsumes, wire } from './wire.js';

const NOW_MS = Date.UTC(2026, 2, 4, 10);
const HOUSE = 'NL91ABNA0417164300';
const ability = carefulAbility({ repeatable: 'after-inquiry' });

/** The outside as it is now; a test changes it. */
type World = {
  cashOut: CashOut['status'];
  bank: 'settles' | 'refuses' | 'is silent';
  shown: string;
  changedAt: string | null;
  /** The counter account at the bank is another one from the second look on. */
  changesOnceChecked: boolean;
  looks: number;
  /** What the rules of the rail say of the counter account. */
  refusal: NotSent | null;
  /** The account at the bank once the cash-out is made. */
  later: string;
  /** What InvestSuite shows as asked for, and of whom. */
  level: DivestAmount;
  portfolioOwner: string;
  /** What the portfolio shows besides, always and once the cash-out is made. */
  portfolio: Partial<Portfolio>;
  portfolioLater: Partial<Portfolio>;
  /** The customer number of the owner. */
  customer: string;
  /** The broker does not know the cash-out that it has taken in. */
  forgotten: boolean;
  /** What the broker shows of a cash-out that it has; null where its answer leaves the amount out. */
  shownAmount: string | null;
  /** What is withdrawable at the broker. */
  withdrawable: string;
  /** The bank's id of the payment that people have made by hand, and where it went. */
  byHand: { readonly paymentId: string; readonly iban: string; readonly amount: string } | null;
  readonly calls: string[];
  /** What is reserved of the tenant's limits. */
  readonly limits: MemoryLimits;
  /** Cash-outs of the account that others have made, as the broker lists them. */
  readonly others: readonly ListedCashOut[];
  /** And those once the cash-out is made. */
  readonly othersLater: readonly ListedCashOut[];
  /** What people wrote down when they had a request sent again. */
  readonly named: string[];
};

const portsOf = (world: World): Parameters<typeof payoutBinding>[0] => {
  const cashOut = (shown: string | null = '250'): CashOut => ({
    cashOutId: 'CO1',
    status: world.cashOut,
    brokerStatus: 'WORD',
    amount: shown === null ? null : { amount: decimal(shown), currency: currency('EUR') },
  });
  const investSuite: Partial<InvestSuitePort> = {
    readUser: async () => ({ kind: 'applied', result: { ...shownUser(world.shown), externalId: world.customer } }),
    readPortfolio: async () => ({
      kind: 'applied',
      result: shownPortfolio({
        ...{ ownerId: world.portfolioOwner as UserId, divestAmount: world.level },
        ...world.portfolio,
        ...(world.calls.includes('cash-out') ? world.portfolioLater : {}),
      }),
    }),
  };
  const broker: Partial<BrokerPort> = {
    abilities: { placeOrder: ability, createCashOut: ability, approveCashOut: ability },
    createCashOut: async () => {
      world.calls.push('cash-out');
      return { kind: 'applied', result: cashOut() };
    },
    approveCashOut: async () => {
      world.calls.push('approval');
      world.cashOut = 'done';
      return { kind: 'applied', result: { ...cashOut(world.shownAmount), status: 'pending' } };
    },
    readCashOut: async () =>
      world.forgotten ? { kind: 'rejected', reason: 'not-found' } : { kind: 'applied', result: cashOut(world.shownAmount) },
    findCashOut: async () => ({ found: 'absent' }),
    readCashOuts: async () => {
      if (!world.calls.includes('cash-out')) return { kind: 'applied', result: world.others };
      const ours = { ...cashOut(), createdAt: '2026-03-04T10:00:00Z', key: 'po1:CreateCashOut' };
      return { kind: 'applied', result: [...world.others, ...world.othersLater, ours] };
    },
    readCash: async () => ({
      kind: 'applied',
      result: {
        ...{ currency: currency('EUR'), withdrawable: decimal(world.withdrawable), booked: decimal('0') },
        ...{ pendingSettlement: [], pendingOut: decimal('0') },
      },
    }),
  };
  const coreBanking: CoreBankingPort = {
    provider: 'test',
    abilities: { pay: ability },
    readCustomer: async () => ({
      kind: 'applied',
      result: {
        externalId: 'C1',
        name: 'A. Customer',
        active: true,
        counterAccount: {
          iban: world.calls.includes('cash-out') || (world.changesOnceChecked && ++world.looks > 1) ? world.later : COUNTER_ACCOUNT,
          bic: null,
          ownerName: 'A. Customer',
          changedAt: world.changedAt,
        },
      },
    }),
    canPay: () => world.refusal,
    pay: async (request) => {
      world.calls.push(`paid ${request.amount.amount} to ${request.creditorIban} from ${request.debtorIban}`);
      if (world.bank === 'is silent') return { kind: 'unknown', evidence: 'reset' };
      if (world.bank === 'refuses') return { kind: 'rejected', reason: 'AC04' };
      return {
        kind: 'applied',
        result: { paymentId: 'PM1', endToEndId: request.endToEndId, amount: request.amount, bookedAt: null, returned: null },
      };
    },
    findPayment: async () => ({ found: 'absent' }),
    readPayment: async (by) =>
      world.byHand === null || !('paymentId' in by) || by.paymentId !== world.byHand.paymentId
        ? { kind: 'rejected', reason: 'not-found' }
        : {
            kind: 'applied',
            result: {
              ...{ paymentId: world.byHand.paymentId, endToEndId: 'HAND1', state: 'settled', returned: false },
              ...{ amount: { amount: decimal(world.byHand.amount), currency: currency('EUR') }, creditorIban: world.byHand.iban },
              ...{ bookedAt: '2026-03-04T11:00:00Z', bookedAtMs: NOW_MS + 3_600_000 },
            },
          },
  };
  return {
    ...{ investSuite: investSuite as InvestSuitePort, broker: broker as BrokerPort, coreBanking },
    ...{
      limits: limitsPort(world.limits),
      knownCashOuts: { ...knownCashOuts(), of: async () => knownCashOuts({ named: world.named }).of('P1') },
    },
  };
};

const tenant = tenantSettings.parse({ brokerMode: 'client', houseAccountIban: HOUSE, counterAccountCoolOffHours: 24 });
const start = (more: Partial<World> = {}, choices = tenant) => {
  const world: World = {
    cashOut: 'done',
    bank: 'settles',
    shown: 'BE68 5390 0754 7034',
    changedAt: null,
    later: COUNTER_ACCOUNT,
    shownAmount: '250',
    forgotten: false,
    level: { kind: 'amount', amount: decimal('250') },
    portfolioOwner: 'U1',
    portfolio: {},
    portfolioLater: {},
    customer: 'C1',
    changesOnceChecked: false,
    looks: 0,
    refusal: null,
    withdrawable: '40',
    byHand: null,
    calls: [],
    limits: new MemoryLimits(() => NOW_MS),
    others: [],
    othersLater: [],
    named: [],
    ...more,
  };
  const walk = walkJourney(
    payoutBinding(portsOf(world), choices, () => NOW_MS),
    { id: 'po1', subject: 'w1', portfolioId: 'P1' },
    NOW_MS,
  );
  return { world, ...walk };
};
const asked = {
  type: 'PayoutRequested',
  withdrawalId: 'w1',
  portfolioId: 'P1',
  ownerId: 'U1',
  brokerAccount: 'B1',
  amount: '250',
  currency: 'EUR',
} as Tagged;
const back = { type: 'TransferReturned', amount: '250', currency: 'EUR', reason: 'AC04', reference: 'R1' } as Tagged;
const outcomes = (said: readonly Emitted[]): readonly unknown[] =>
  said.map((one) => ('event' in one ? (one.data as { readonly outcome: string }).outcome : null));
const PAID = `paid 250 to ${COUNTER_ACCOUNT} from ${HOUSE}`;

const SUSPENDED = /^held: the cash is on the house account; .*: AC04 for good$/;
const inSuspense = async (): Promise<ReturnType<typeof start>> => {
  const walk = start({ bank: 'refuses' });
  await walk.give(asked);
  expect([walk.path.at(-1), walk.said.length]).toEqual(['held: cash-out done but the bank refused: AC04', 0]);
  await walk.answer('rejected', 'AC04 for good');
  expect([walk.path.at(-2), walk.path.at(-1), walk.said.length]).toEqual(['InSuspense', expect.stringMatching(SUSPENDED), 0]);
  return walk;
};

describe('a payout, the whole way', () => {
  it('reads all its topics, and does not start without an account to pay from', () => {
    expect(payoutConsumes.map(({ topic }) => topic)).toEqual(['payout.requested', 'core-banking.transfer-status', 'broker.cash-status']);
    for (const settings of [{}, { houseAccountIban: 'NL91ABNA0417164301' }])
      expect(() =>
        payoutBinding(portsOf(start().world), tenantSettings.parse({ brokerMode: 'client', ...settings }), () => NOW_MS),
      ).toThrow(ConfigurationError);
  });

  it('cashes out, pays and tells', async () => {
    const { give, path, said, world } = start();
    await give(asked);
    expect(path).toEqual(['ReadingOwner', 'CheckingCounterAccount', 'ReservingLimits', 'CashingOut', 'Transferring', 'Paid']);
    expect(world.calls).toEqual(['cash-out', PAID]);
    expect(said).toMatchObject([
      { event: 'payout.finished', data: { outcome: 'paid', amount: '250', paymentId: 'PM1', paidAt: '2026-03-04T10:00:00.000Z' } },
    ]);
  });

  it('approves once where the broker wants it, and pays only when the cash-out is done', async () => {
    const { give, path, world } = start({ cashOut: 'needs-approval' });
    await give(asked);
    expect(path).toEqual([
      'ReadingOwner',
      'CheckingCounterAccount',
      'ReservingLimits',
      'CashingOut',
      'ApprovingCashOut',
      'ConfirmingCashOut',
      'Transferring',
      'Paid',
    ]);
    expect(world.calls).toEqual(['cash-out', 'approval', PAID]);
  });

  it('pays a cash-out of which the broker shows no amount: what was created is known', async () => {
    const { give, path, world } = start({ cashOut: 'needs-approval', shownAmount: null });
    await give(asked);
    expect([path.at(-1), ...world.calls]).toEqual(['Paid', 'cash-out', 'approval', PAID]);
  });
  it('pays nothing of a cash-out that shows another amount, and asks people; the approval that told of it was no bug', async () => {
    const { give, path, said, world } = start({ cashOut: 'needs-approval', shownAmount: '240' });
    await give(asked);
    expect([path.at(-1), said.length, ...world.calls]).toEqual([
      'held: the broker shows a cash-out of EUR 240, not EUR 250',
      0,
      'cash-out',
      'approval',
    ]);
  });

  it('pays nothing while the cash-out is under way, nor when it failed', async () => {
    const pending = start({ cashOut: 'pending' });
    await pending.give(asked);
    expect([pending.path.at(-1), ...pending.world.calls]).toEqual(['ConfirmingCashOut', 'cash-out']);
    const failed = start({ cashOut: 'failed' });
    await failed.give(asked);
    expect([failed.path.at(-1), ...failed.world.calls, ...outcomes(failed.said)]).toEqual(['Refused', 'cash-out', 'refused']);
  });

  it('lets no withdrawal go on one word of people while the cash of a cash-out may be away', async () => {
    const { give, answer, path, said, world } = start({ cashOut: 'pending', forgotten: true });
    await give(asked);
    expect(path.at(-1)).toBe('held: the broker does not know its cash-out: not-found');
    await answer('rejected', 'not on their list');
    expect([path.at(-2), path.at(-1), said.length]).toEqual([
      'InSuspense',
      expect.stringMatching(/^held: .*never left it\..* the cash-out CO1 was created: not on their list$/),
      0,
    ]);
    world.withdrawable = '290';
    await answer('rejected', 'seen on the account at the broker');
    expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['MovedBack', 'refused', 'cash-out']);
  });

  it('sends once and then only asks when the bank is silent', async () => {
    const { give, path, said, world } = start({ bank: 'is silent' });
    await give(asked);
    expect([path.at(-1), said.length, ...world.calls]).toEqual(['Transferring', 0, 'cash-out', PAID]);
  });

  const foreign = listedCashOut({ cashOutId: 'DW-7' });
  it('makes no cash-out beside one that our books do not know, until people have named it [B2]', async () => {
    const { give, answer, path, said, world } = start({ others: [foreign] });
    await give(asked);
    const held = /^held: the broker shows a cash-out that our books do not know: DW-7 of EUR 250, done, made 2026-03-04T09:00:00Z\./;
    expect([path.at(-2), path.at(-1), said.length, ...world.calls]).toEqual(['CashingOut', expect.stringMatching(held), 0]);
    // Their word alone changes nothing: it has to name that cash-out.
    await answer('send-again', 'it is fine');
    expect([path.at(-1), ...world.calls]).toEqual([expect.stringMatching(held)]);
    world.named.push('DW-7 was made by the desk');
    await answer('send-again', 'DW-7 was made by the desk');
    expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['Paid', 'paid', 'cash-out', PAID]);
  });
  it.each([
    ['needs-approval', 'ApprovingCashOut', /^held: cash-out not approved: the broker shows .*DW-7 of EUR 250/],
    ['done', 'Transferring', /^held: cash-out done, no transfer yet: the broker shows .*DW-7 of EUR 250/],
  ] as const)(
    'pays nothing beside one that appears once ours was taken in, %s, until people end it [B2]',
    async (cashOut, status, held) => {
      const { give, answer, path, said, world } = start({ cashOut, othersLater: [foreign] });
      await give(asked);
      expect([path.at(-2), path.at(-1), said.length, ...world.calls]).toEqual([status, expect.stringMatching(held), 0, 'cash-out']);
      await answer('rejected', 'another system has paid the customer');
      expect([path.at(-1), said.length, ...world.calls]).toEqual([
        expect.stringMatching(/^held: the cash is on the house account/),
        0,
        'cash-out',
      ]);
      world.cashOut = 'returned';
      await answer('rejected', 'the cash is back at the broker');
      expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['MovedBack', 'refused', 'cash-out']);
    },
  );
  it('leaves cash on the house account to people, until it is moved back', async () => {
    const { answer, path, said, world } = await inSuspense();
    world.cashOut = 'returned';
    await answer('rejected', 'the money is back at the broker');
    expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['MovedBack', 'refused', 'cash-out', PAID]);
  });
  it('or until they have paid it by hand', async () => {
    const { answer, path, said, world } = await inSuspense();
    world.byHand = { paymentId: 'TELLER7', iban: COUNTER_ACCOUNT, amount: '250' };
    await answer('applied', 'TELLER7 on the statement, seen by anna');
    expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['Paid', 'paid', 'cash-out', PAID]);
    expect(said).toMatchObject([{ data: { paymentId: 'TELLER7', endToEndId: 'HAND1', paidAt: '2026-03-04T11:00:00Z' } }]);
  });
  it('believes nobody that a transfer was made while the bank, which shows all of ours, shows none [A8]', () => {
    const bindings = [payoutBinding(portsOf(start().world), tenant, () => NOW_MS)];
    const rules = new Catalogue({ name: 'payout', bindings, consumes: [] }).rulesOf('payout');
    expect(rules('PayCounterAccount', { whenUnknown: 'inquire' }).life).toMatchObject({ shownWhenDone: true });
  });
  it('and believes neither word of people while the bank and the broker show nothing of it [A8]', async () => {
    const { answer, said } = await inSuspense();
    await answer('applied', 'PMT-INVENTED');
    await answer('rejected', 'moved back');
    expect(said).toEqual([]);
  });

  it('pays no account that is not the checked one any more, and lets people decide', async () => {
    const { give, answer, path, said, world } = start({ later: HOUSE });
    await give(asked);
    expect([path.at(-1), said.length, ...world.calls]).toEqual([
      'held: cash-out done but not sent: the counter account at the bank is another one now',
      0,
      'cash-out',
    ]);
    await answer('rejected', 'the customer has moved to another bank');
    world.cashOut = 'returned';
    await answer('rejected', 'the money is back at the broker');
    expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['MovedBack', 'refused', 'cash-out']);
  });

  it('believes people who say that it was paid after all', async () => {
    const { give, answer, path, said } = start({ bank: 'refuses' });
    await give(asked);
    await answer('applied', 'PM9 on the statement');
    expect([path.at(-1), ...outcomes(said)]).toEqual(['Paid', 'paid']);
  });

  it('moves no money when the account is not the one the customer sees', async () => {
    const { give, answer, path, said, world } = start({ shown: HOUSE });
    await give(asked);
    expect([path.at(-1), ...world.calls]).toEqual(['held: the counter account at the bank is not the one InvestSuite shows']);
    await answer('rejected', 'the customer knows nothing of it');
    expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['Refused', 'refused']);
  });

  it('moves no money while a changed account cools off', async () => {
    const { give, path, world } = start({ changedAt: '2026-03-04T09:00:00Z' });
    await give(asked);
    expect([path.at(-1), ...world.calls]).toEqual(['CoolingOff']);
  });
  it('moves no money to an account that cannot be paid, and says that we refused [C5]', async () => {
    const { give, path, said, world } = start({ refusal: "not sent: the name of the account's owner is empty" });
    await give(asked);
    expect([path.at(-1), ...world.calls]).toEqual(['Refused']);
    expect(said.at(-1)).toMatchObject({ data: { outcome: 'refused', reason: "not sent: the name of the account's owner is empty" } });
  });
  it.each(['05/06/2026 10:00', '2020-01-01T10:00:00', '2030-01-01T00:00:00Z'])(
    'moves no money while the bank says "%s" of the last change [C4]',
    async (changedAt) => {
      const { give, lookAgain, path, world } = start({ changedAt });
      await give(asked);
      await lookAgain();
      expect([path.at(-1), ...world.calls]).toEqual(['CoolingOff']);
    },
  );
  it.each<[string, Partial<World>]>([
    ['was called off', { level: { kind: 'nothing' } }],
    ['was lowered', { level: { kind: 'amount', amount: decimal('100') } }],
    ['is of a portfolio that has another owner now', { portfolioOwner: 'U2' }],
  ])('moves no money for a divest request that %s while a changed account cooled off', async (_what, now) => {
    const { give, lookAgain, path, said, world } = start({ changedAt: '2026-03-04T09:00:00Z' });
    await give(asked);
    Object.assign(world, { changedAt: '2026-03-01T09:00:00Z', ...now });
    await lookAgain();
    expect([path.at(-1), ...outcomes(said), ...world.calls]).toEqual(['Refused', 'refused']);
  });
  it('pays a divest request that still stands once the account has cooled off', async () => {
    const { give, lookAgain, path, world } = start({ changedAt: '2026-03-04T09:00:00Z' });
    await give(asked);
    await lookAgain();
    expect([path.at(-1), ...world.calls]).toEqual(['CoolingOff']);
    world.changedAt = '2026-03-01T09:00:00Z';
    await lookAgain();
    expect([path.at(-1), ...world.calls]).toEqual(['Paid', 'cash-out', PAID]);
  });

  it.each<[string, Partial<World>]>([
    ['another owner [A1]', { portfolioOwner: 'U2' }],
    ['another account at the broker [A1]', { portfolio: { brokerAccount: 'B2' as BrokerAccountId } }],
    ['another currency [A1]', { portfolio: { baseCurrency: currency('USD') } }],
    ['a smaller level [A1]', { level: { kind: 'amount', amount: decimal('249.99') } }],
    ['no divest request [A1]', { level: { kind: 'nothing' } }],
    ['a block [A1]', { portfolio: { active: false } }],
    ['paper money [A1]', { portfolio: { realMoney: false } }],
    ['a product that we do not pay for [E1]', { portfolio: { manager: 'self' } }],
  ])('believes no message: nothing moves where the portfolio shows %s', async (_what, world) => {
    const walk = start(world);
    await walk.give(asked);
    expect([walk.path, ...outcomes(walk.said), ...walk.world.calls]).toEqual([['ReadingOwner', 'Refused'], 'refused']);
  });
  it('pays nothing of a portfolio whose broker InvestSuite integrates, nor of one that no rule or two rules match [E1]', async () => {
    const ours = { name: 'ours', when: { ids: ['P1'] }, brokerMode: 'client', product: 'robo-discretionary' } as const;
    const theirs = { ...ours, name: 'theirs', brokerMode: 'investsuite' } as const;
    const end = async (portfolios: readonly object[]): Promise<unknown> => {
      const walk = start({}, tenantSettings.parse({ houseAccountIban: HOUSE, portfolios }));
      await walk.give(asked);
      return [walk.path.at(-1), ...walk.world.calls];
    };
    expect(await end([ours])).toEqual(['Paid', 'cash-out', PAID]);
    for (const rules of [[theirs], [ours, theirs], [{ ...ours, when: { ids: ['P2'] } }]]) expect(await end(rules)).toEqual(['Refused']);
  });
  it('leaves the cash to people when the request was called off after the cash-out [E2]', async () => {
    const { give, path, said, world } = start({ portfolioLater: { divestAmount: { kind: 'nothing' } } });
    await give(asked);
    expect([path.slice(-3), said.length, ...world.calls]).toEqual([
      ['EnteringSuspense', 'InSuspense', expect.stringMatching(/no transfer: the divest request was called off$/)],
      0,
      'cash-out',
    ]);
  });
  it.each<[string, Partial<Portfolio>]>([
    ['is blocked', { active: false }],
    ['has another owner', { ownerId: 'U2' as UserId }],
    ['has gone to InvestSuite', { manager: 'unknown' }],
  ])('leaves the cash to people when the portfolio %s after the cash-out [E2]', async (_what, portfolioLater) => {
    const { give, path, said, world } = start({ portfolioLater });
    await give(asked);
    expect([path.at(-2), said.length, ...world.calls]).toEqual(['InSuspense', 0, 'cash-out']);
  });
  it('pays the new level when the request was lowered after the cash-out, and leaves the rest to people [E2]', async () => {
    const { give, answer, path, said, world } = start({ portfolioLater: { divestAmount: { kind: 'amount', amount: decimal('100.009') } } });
    await give(asked);
    expect(world.calls).toEqual(['cash-out', `paid 100 to ${COUNTER_ACCOUNT} from ${HOUSE}`]);
    expect(path.slice(-4)).toEqual([
      'ReadingRequest',
      'TransferringAnew',
      'RestInSuspense',
      'held: EUR 150 is on the house account; "applied": it is on the broker account again',
    ]);
    expect(said).toMatchObject([{ data: { outcome: 'paid', amount: '100', paymentId: 'PM1' } }]);
    // Their word alone ends nothing: the broker does not show so much cash.
    await answer('applied', 'moved back today');
    expect(path.at(-1)).toMatch(/^held: not taken as applied: the broker shows withdrawable EUR 40/);
    world.withdrawable = '190';
    await answer('applied', 'moved back today');
    expect([path.at(-1), said.length]).toEqual(['Paid', 1]);
  });
  it('cashes out nothing where the counter account has changed since it was checked [E2]', async () => {
    const { give, path, said, world } = start({ changesOnceChecked: true, later: HOUSE });
    await give(asked);
    expect([path.slice(-3), ...outcomes(said), ...world.calls]).toEqual([['CashingOut', 'FreeingLimits', 'Refused'], 'refused']);
  });

  it('shows a return after the end', async () => {
    const { give, path, said } = start();
    await give(asked);
    await give(back);
    expect([path.at(-1), ...outcomes(said)]).toEqual(['Returned', 'paid', 'returned']);
  });
});

const DAY = '2026-03-04';
const limited = (limits: object, more: Partial<World> = {}): ReturnType<typeof start> =>
  start(more, tenantSettings.parse({ brokerMode: 'client', houseAccountIban: HOUSE, limits }));

describe('the limits of the tenant', () => {
  it('are reserved before any money moves, and stay so once it is paid [A9]', async () => {
    const { give, world } = start();
    await give(asked);
    expect([world.limits.used(DAY, 'EUR'), world.limits.used(DAY, 'EUR', 'P1'), world.limits.reservations.size]).toEqual(['250', '250', 1]);
  });
  it('hold a payout that is over one of them, with the figure, and move nothing [A9]', async () => {
    const { give, path, said, world } = limited({ perPayment: { EUR: '249.99' } });
    await give(asked);
    expect([path.at(-1), said.length, world.limits.reservations.size, ...world.calls]).toEqual([
      'held: over a limit: perPayment is EUR 249.99, 0 used, 250 asked. "applied": it may be paid, "rejected": the payout is refused',
      0,
      0,
    ]);
  });
  it('let a payout pass on the word of people, and count it [A9]', async () => {
    const { give, answer, path, world } = limited({ perDay: { EUR: '100' } });
    await give(asked);
    await answer('applied', 'the customer has called, and we know the account');
    expect([path.at(-1), world.limits.used(DAY, 'EUR'), ...world.calls]).toEqual(['Paid', '250', 'cash-out', PAID]);
  });
  it('refuse a payout on the word of people, without money and without a reservation [A9]', async () => {
    const { give, answer, path, said, world } = limited({ perPortfolioAndDay: { EUR: '100' } });
    await give(asked);
    await answer('rejected', 'nobody knows why it is so much');
    expect([path.at(-1), ...outcomes(said), world.limits.reservations.size, ...world.calls]).toEqual(['Refused', 'refused', 0]);
    expect(said).toMatchObject([{ data: { reason: 'over a limit: nobody knows why it is so much' } }]);
  });
  it('hold a payout in a currency without a figure, unless the tenant lets it be paid [A9]', async () => {
    const figures = { perPayment: { USD: '1000' }, perPortfolioAndDay: { USD: '1000' }, perDay: { USD: '1000' } };
    const careful = limited(figures);
    await careful.give(asked);
    expect(careful.path.at(-1)).toContain('perPayment has no figure for EUR, 0 used, 250 asked; perPortfolioAndDay has no figure for EUR');
    const free = limited({ ...figures, currencyWithoutLimit: 'pay' });
    await free.give(asked);
    expect(free.path.at(-1)).toBe('Paid');
  });
  it('hold what is one payment too many in an hour [A9]', async () => {
    const { give, path } = limited({ paymentsPerHour: 0 });
    await give(asked);
    expect(path.at(-1)).toContain('paymentsPerHour is 0, 0 used, 1 asked');
  });
  it('are free again once the broker has refused, before the withdrawal hears of it [A9]', async () => {
    const { give, path, said, world } = start({ cashOut: 'failed' });
    await give(asked);
    expect([...path.slice(-3), ...outcomes(said)]).toEqual(['CashingOut', 'FreeingLimits', 'Refused', 'refused']);
    expect(said).toMatchObject([{ data: { reason: 'the cash-out CO1 is failed at the broker' } }]);
    expect(world.limits.used(DAY, 'EUR')).toBe('0');
  });
  it('stay reserved while nobody knows what became of the cash, and are free once it is moved back [A9]', async () => {
    const { answer, path, world } = await inSuspense();
    expect(world.limits.used(DAY, 'EUR')).toBe('250');
    world.withdrawable = '290';
    await answer('rejected', 'the money is back at the broker');
    expect([...path.slice(-2), world.limits.used(DAY, 'EUR')]).toEqual(['FreeingLimits', 'MovedBack', '0']);
  });
});

describe('the service', () => {
  it('stands on real adapters, without asking anybody at start', () => {
    for (const currencies of [[], ['EUR']]) {
      const tenant = tenantSettings.parse({ brokerMode: 'client', houseAccountIban: HOUSE, currencies });
      const service = wire(
        { ...readConfig(config, serviceEnvironment), tenant },
        { log: createLog('test', 'silent'), pool: {} as Pool, tls: publicTls },
      );
      expect([service.name, service.bindings.length, service.consumes.length]).toEqual(['payout', 1, 3]);
    }
  });
});
