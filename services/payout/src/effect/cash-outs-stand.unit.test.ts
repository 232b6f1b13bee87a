import { describe, expect, it } from '@jest/globals';
import { externalIdOf } from '../../../../shared/facts/withdrawal-booking.js';
import { portfolioRulesOf } from '../../../../contracts/internal/portfolio-rules.js';
import type { NotSent, PaymentSources } from '../../../../shared/facts/fresh-facts.js';
import { decimal } from '../../../../shared/kernel/decimal.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { Outcome } from '../../../../shared/kernel/outcome.js';
import type { BrokerPort, ListedCashOut, OwnCashOuts } from '../../../../shared/ports/broker.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { CoreBankingPort } from '../../../../shared/ports/core-banking.js';
import type { EffectSending } from '../../../../shared/runtime/engine/definition.js';
import { ability as carefulAbility, sending as sendingNow, shortTiming } from '../../../../test/builders/engine.js';
import { shownPortfolio, shownUser } from '../../../../test/builders/investsuite.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import { knownCashOuts, listedCashOut } from '../../../../test/builders/known-cash-outs.js';
import { COUNTER_ACCOUNT, payoutToTransfer } from '../../../../test/builders/payout.js';
import type { EarlierPayout, KnownCashOutsPort } from '../decide/cash-outs.js';
import { approveCashOut } from './approve-cash-out.js';
import { cashOutsStand, type CashOutsAsked } from './cash-outs-stand.js';
import { createCashOut } from './create-cash-out.js';
import { payCounterAccount } from './pay-counter-account.js';

const NOW_MS = Date.UTC(2026, 2, 4, 10);
const DAY_MS = 86_400_000;
const sending = sendingNow();
const before: CashOutsAsked = { payoutId: 'po1', account: 'B1', cashOutId: null, openedAtMs: NOW_MS };
const after: CashOutsAsked = { ...before, cashOutId: 'CO1' };
const ours = listedCashOut({ key: 'po1:CreateCashOut' });
const other = listedCashOut({ cashOutId: 'CO9' });
const ability = carefulAbility();
const journey = journeyFacts({ openedAtMs: NOW_MS });

/** All else that a payment rests on is as it was decided upon. */
const everythingStands: PaymentSources = {
  investSuite: {
    readPortfolio: async () => ({
      kind: 'applied',
      result: shownPortfolio({ divestAmount: { kind: 'amount', amount: decimal('250') } }),
    }),
    readUser: async () => ({ kind: 'applied', result: shownUser(COUNTER_ACCOUNT) }),
  },
  coreBanking: {
    readCustomer: async () => ({
      kind: 'applied',
      result: {
        ...{ externalId: 'C1', name: 'A. Customer', active: true },
        counterAccount: { iban: COUNTER_ACCOUNT, bic: null, ownerName: 'A. Customer', changedAt: null },
      },
    }),
  },
  rules: portfolioRulesOf({ brokerMode: 'client' }),
};

/** What InvestSuite shows of bookings: those of these withdrawals. */
const bookings = (...withdrawalIds: readonly string[]): Pick<InvestSuitePort, 'findTransaction'> => ({
  findTransaction: async ({ externalId }) =>
    withdrawalIds.some((id) => externalIdOf('P1', id) === externalId)
      ? { found: 'applied', result: { transactionId: 'T1' } }
      : { found: 'absent' },
});
const CHOICES = { lookBackMs: 30 * DAY_MS, apartMs: 60_000, accounts: [] };
const nowMs = (): number => NOW_MS;

type List = Outcome<readonly ListedCashOut[], 'not-found'>;
type Question = { readonly account: string; readonly sinceMs: number } & OwnCashOuts;
const look = async (
  lists: readonly List[],
  asked: CashOutsAsked,
  known: KnownCashOutsPort = knownCashOuts(),
  accounts: readonly string[] = [],
): Promise<{ readonly said: NotSent; readonly questions: readonly Question[] }> => {
  const questions: Question[] = [];
  const readCashOuts: BrokerPort['readCashOuts'] = async (account, sinceMs, own) => {
    questions.push({ account, sinceMs, ...own });
    return lists[Math.min(questions.length, lists.length) - 1] ?? { kind: 'unknown', evidence: 'no list' };
  };
  const sources = { broker: { readCashOuts }, investSuite: bookings(), known, nowMs };
  const said = await cashOutsStand(sources, { ...CHOICES, accounts })(asked, sending);
  return { said, questions };
};
const listing = (...result: readonly ListedCashOut[]): List => ({ kind: 'applied', result });

describe('the cash-outs of the account', () => {
  it('are asked for from the days before the payout was opened, with all that our books know of ours', async () => {
    const known = knownCashOuts({ keys: ['k1', 'k2'], cashOutIds: ['CO0'], named: [] });
    const { said, questions } = await look([listing(ours, listedCashOut({ cashOutId: 'CO0' }))], after, known);
    expect(said).toBeNull();
    expect(questions).toEqual([{ account: 'B1', sinceMs: NOW_MS - 30 * DAY_MS, keys: ['k1', 'k2'], cashOutIds: ['CO0', 'CO1'] }]);
  });
  it('stand in the way while one of them is not known, before our own is made and afterwards [B2]', async () => {
    for (const [asked, list] of [
      [before, listing(other)],
      [after, listing(ours, other)],
      [after, listing(other, ours)],
    ] as const)
      expect((await look([list], asked)).said).toEqual({
        kind: 'rejected',
        reason: expect.stringContaining('do not know: CO9 of EUR 250'),
      });
  });
  it('stand in nobody’s way when there are none, or people have named them', async () => {
    expect((await look([listing()], before)).said).toBeNull();
    expect((await look([listing(ours, other)], after, knownCashOuts({ named: ['CO9 is of the desk'] }))).said).toBeNull();
  });
  it('are looked at once more when one is not known: another payout of ours may have begun in between', async () => {
    let looks = 0;
    const known: KnownCashOutsPort = {
      ...knownCashOuts(),
      of: async () => ({ answer: { keys: [], cashOutIds: ++looks === 1 ? [] : ['CO9'], named: [] } }),
    };
    const { said, questions } = await look([listing(other)], before, known);
    expect([said, questions.length]).toEqual([null, 2]);
  });
  it('are not taken for all of them while our own is not among them [B2]', async () => {
    expect((await look([listing()], after)).said).toMatchObject({
      kind: 'retryable',
      evidence: expect.stringContaining('does not list our own'),
    });
  });
  it('are not compared on an account from which the tenant knows others to take cash', async () => {
    const { said, questions } = await look([listing(other)], before, knownCashOuts(), ['B0', 'B1']);
    expect([said, questions.length]).toEqual([null, 0]);
  });
  it.each<[string, List, KnownCashOutsPort]>([
    ['the broker is silent', { kind: 'unknown', evidence: 'reset' }, knownCashOuts()],
    ['the broker is busy', { kind: 'retryable', evidence: 'answered 429' }, knownCashOuts()],
    ['the broker does not know the account', { kind: 'rejected', reason: 'not-found' }, knownCashOuts()],
    ['our database is away', listing(), { ...knownCashOuts(), of: async () => ({ away: 'no connection' }) }],
  ])('let nothing go while %s', async (_what, list, known) => {
    expect((await look([list], before, known)).said).toMatchObject({ kind: 'retryable', evidence: expect.stringMatching(/^not sent: /) });
  });
});

describe('earlier payouts of the portfolio', () => {
  const paid = { withdrawalId: 'wd-1', isOver: true, sinceMs: NOW_MS - 3_600_000 };
  const said = async (
    earlier: readonly EarlierPayout[],
    booked: readonly string[] = [],
    named: readonly string[] = [],
  ): Promise<NotSent> => {
    const broker = { readCashOuts: async () => listing() };
    const sources = { broker, investSuite: bookings(...booked), known: knownCashOuts({ named }, earlier), nowMs };
    return cashOutsStand(sources, CHOICES)(before, sendingNow({ portfolioId: 'P1' }));
  };
  it('stand in the way while one is not over, or not booked at InvestSuite: the level asks for the same money [A1]', async () => {
    for (const earlier of [{ ...paid, isOver: false }, paid])
      expect(await said([earlier])).toEqual({
        kind: 'rejected',
        reason: 'not sent: an earlier payout of the portfolio is not booked: withdrawal wd-1',
      });
  });
  it('stand in nobody’s way when they are booked, or people have named them', async () => {
    expect(await said([paid], ['wd-1'])).toBeNull();
    expect(await said([paid], [], ['wd-1 is booked by hand'])).toBeNull();
  });
  it('are followed by nothing for a while: the booking is there before the lower level', async () => {
    expect(await said([{ ...paid, sinceMs: NOW_MS - 59_000 }], ['wd-1'])).toMatchObject({ kind: 'retryable' });
    expect(await said([{ ...paid, sinceMs: NOW_MS - 61_000 }], ['wd-1'])).toBeNull();
  });
  it('let nothing go while nobody can say', async () => {
    const broker = { readCashOuts: async () => listing() };
    const investSuite = { findTransaction: async () => ({ found: 'no-answer', evidence: 'reset', retryAfterMs: 1 }) as const };
    const known = knownCashOuts({}, [paid]);
    expect(await cashOutsStand({ broker, investSuite, known, nowMs }, CHOICES)(before, sending)).toMatchObject({ kind: 'retryable' });
    const away = { ...known, earlierThan: async () => ({ away: 'no connection' }) };
    expect(await cashOutsStand({ broker, investSuite, known: away, nowMs }, CHOICES)(before, sending)).toMatchObject({ kind: 'retryable' });
  });
});

describe('a transfer from the house account', () => {
  const toBePaid = { amount: decimal('250'), currency: 'EUR' };
  const said = async (asked: CashOutsAsked, ...listed: readonly ListedCashOut[]): Promise<NotSent> => {
    const sources = { broker: { readCashOuts: async () => listing(...listed) }, investSuite: bookings(), known: knownCashOuts(), nowMs };
    return cashOutsStand(sources, CHOICES)(asked, sending, toBePaid);
  };
  it('rests on a cash-out that the broker shows as done, of this account and of at least the amount [A1]', async () => {
    expect(await said(after, ours)).toBeNull();
    expect(await said(before)).toMatchObject({ kind: 'rejected', reason: 'not sent: no cash-out stands behind it' });
    expect(await said(after, { ...ours, status: 'pending' })).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('is pending'),
    });
    const less = { amount: decimal('249.99'), currency: currency('EUR') };
    expect(await said(after, { ...ours, amount: less })).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('has brought EUR 249.99'),
    });
    expect(await said(after)).toMatchObject({ kind: 'retryable' });
  });
});

describe('each request that moves money', () => {
  const asked: CashOutsAsked[] = [];
  const compare = async (one: CashOutsAsked): Promise<NotSent> => {
    asked.push(one);
    return { kind: 'rejected', reason: 'not sent: one that is not known' };
  };
  const port = { abilities: { placeOrder: ability, createCashOut: ability, approveCashOut: ability, pay: ability } } as unknown;
  const choices = { houseAccountIban: 'NL91ABNA0417164300', remittanceInformation: 'Withdrawal' };
  it.each([
    ['the cash-out', createCashOut(port as BrokerPort, everythingStands, compare, shortTiming)],
    ['its approval', approveCashOut(port as BrokerPort, everythingStands, compare, shortTiming)],
    ['the transfer', payCounterAccount(port as CoreBankingPort, everythingStands, compare, choices, shortTiming, () => NOW_MS)],
  ] as const)('has the cash-outs of the account compared inside its own sending: %s [B2]', async (_what, effect) => {
    asked.length = 0;
    // As it is stored: what is compared is frozen with the request.
    const request: unknown = JSON.parse(JSON.stringify(effect.request(payoutToTransfer(), journey, 'k1')));
    expect(await effect.restsOn?.(request, sending)).toMatchObject({ kind: 'rejected' });
    expect(asked).toEqual([{ payoutId: journey.id, account: 'B1', cashOutId: 'CO1', openedAtMs: NOW_MS }]);
  });
});

/**
 * Two installations with books of their own, over one broker and one bank. A step is one request of one installation, or the moment at which
 * the broker's list shows the next cash-out. The list keeps the order in which they were made, and may be late.
 */
type Name = 'A' | 'B';
const NAMES: readonly Name[] = ['A', 'B'];
const STEPS = ['compares first', 'makes its cash-out', 'compares again', 'pays'] as const;

class Outside {
  readonly made: ListedCashOut[] = [];
  readonly paid: Name[] = [];
  shown = 0;
  show(): void {
    this.shown = Math.min(this.shown + 1, this.made.length);
  }
}

/** One payout of one installation: the effects of the service, over its own books. */
class Installation {
  readonly #create: ReturnType<typeof createCashOut>;
  readonly #pay: ReturnType<typeof payCounterAccount>;
  readonly #sending: EffectSending;
  #state = payoutToTransfer({ status: 'CashingOut', cashOutId: null });
  #step = 0;
  held: string | null = null;

  constructor(outside: Outside, name: Name) {
    const broker: Pick<BrokerPort, 'abilities' | 'createCashOut' | 'findCashOut' | 'readCashOuts'> = {
      abilities: { placeOrder: ability, createCashOut: ability, approveCashOut: ability },
      createCashOut: async (_request, { key }) => {
        const made = listedCashOut({ cashOutId: `CO-${name}`, key });
        outside.made.push(made);
        return { kind: 'applied', result: made };
      },
      findCashOut: async () => ({ found: 'absent' }),
      readCashOuts: async (_account, _sinceMs, { keys }) =>
        listing(...outside.made.slice(0, outside.shown).map((one) => ({ ...one, key: keys.includes(one.key ?? '') ? one.key : null }))),
    };
    const coreBanking: Pick<CoreBankingPort, 'abilities' | 'pay' | 'findPayment'> = {
      abilities: { pay: ability },
      pay: async ({ endToEndId, amount }) => {
        outside.paid.push(name);
        return { kind: 'applied', result: { paymentId: `PM-${name}`, endToEndId, amount, bookedAt: null, returned: null } };
      },
      findPayment: async () => ({ found: 'absent' }),
    };
    const sources = { broker, investSuite: bookings(), known: knownCashOuts({ keys: [name] }), nowMs };
    const compare = cashOutsStand(sources, { ...CHOICES, lookBackMs: DAY_MS });
    this.#create = createCashOut(broker, everythingStands, compare, shortTiming);
    const choices = { houseAccountIban: 'NL91ABNA0417164300', remittanceInformation: 'Withdrawal' };
    this.#pay = payCounterAccount(coreBanking, everythingStands, compare, choices, shortTiming, () => NOW_MS);
    this.#sending = sendingNow({ key: name });
  }

  get #request(): unknown {
    const effect = this.#step < 2 ? this.#create : this.#pay;
    const frozen: unknown = effect.request(this.#state, journey, this.#sending.key);
    return frozen;
  }

  async #compares(effect: Pick<ReturnType<typeof createCashOut>, 'restsOn'>): Promise<void> {
    const said = await effect.restsOn?.(this.#request, this.#sending);
    if (said?.kind === 'rejected') this.held = said.reason;
    if (said === null) this.#step++;
  }

  /** One step; what cannot be done yet is tried again with the next one. */
  async act(): Promise<void> {
    if (this.over) return;
    switch (STEPS[this.#step] ?? 'pays') {
      case 'compares first':
        return this.#compares(this.#create);
      case 'compares again':
        return this.#compares(this.#pay);
      case 'makes its cash-out': {
        const made = await this.#create.send(this.#request, this.#sending);
        if (made.kind === 'applied') this.#state = payoutToTransfer({ cashOutId: made.result.cashOutId });
        break;
      }
      case 'pays':
        await this.#pay.send(this.#request, this.#sending);
    }
    this.#step++;
  }
  get over(): boolean {
    return this.held !== null || this.#step === STEPS.length;
  }
}

const orders = (left: Readonly<Record<string, number>>): readonly (readonly string[])[] => {
  const names = Object.keys(left).filter((name) => (left[name] ?? 0) > 0);
  if (names.length === 0) return [[]];
  return names.flatMap((name) => orders({ ...left, [name]: (left[name] ?? 0) - 1 }).map((rest) => [name, ...rest]));
};

describe('two installations on the same outside', () => {
  const every = orders({ A: STEPS.length, B: STEPS.length, show: 2 });
  it('never pay both, in any order of their steps, however late the list is [B2]', async () => {
    const ends = new Map<string, number>();
    for (const order of every) {
      const outside = new Outside();
      const two = { A: new Installation(outside, 'A'), B: new Installation(outside, 'B') };
      for (const step of order) {
        if (step === 'show') outside.show();
        else await two[step as Name].act();
      }
      for (let round = 0; round < STEPS.length; round++) {
        outside.shown = outside.made.length;
        for (const name of NAMES) await two[name].act();
      }
      const said = order.join(' ');
      expect({ said, paid: outside.paid.length <= 1, over: NAMES.every((name) => two[name].over) }).toEqual({
        said,
        paid: true,
        over: true,
      });
      // Whoever does not pay says why, and names the other's cash-out.
      for (const name of NAMES)
        if (!outside.paid.includes(name)) expect(two[name].held).toContain(`CO-${name === 'A' ? 'B' : 'A'} of EUR 250`);
      const end = `${outside.paid.join('')} of ${String(outside.made.length)}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    expect(every).toHaveLength(3_150);
    // Every kind of end is reached, or the orders tell nothing: nobody pays only where both have made a cash-out.
    expect([...ends.keys()].sort()).toEqual([' of 2', 'A of 1', 'A of 2', 'B of 1', 'B of 2']);
  });
});
