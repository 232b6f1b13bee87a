import { describe, expect, it } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { UserId } from '../../../../shared/kernel/ids.js';
import { currency, type Money } from '../../../../shared/kernel/money.js';
import { portfolioRulesOf } from '../../../../contracts/internal/portfolio-rules.js';
import type { PaymentSources } from '../../../../shared/facts/fresh-facts.js';
import type { Portfolio, User } from '../../../../shared/ports/investsuite.js';
import type { NotSent } from '../../../../shared/runtime/engine/definition.js';
import type { Inquiry, Outcome } from '../../../../shared/kernel/outcome.js';
import type { BrokerPort, CashOut } from '../../../../shared/ports/broker.js';
import type { BankCustomer, CoreBankingPort, Payment, PaymentRequest, ShownPayment } from '../../../../shared/ports/core-banking.js';
import { ability as carefulAbility, sending as sendingNow, shortTiming as timing } from '../../../../test/builders/engine.js';
import { shownPortfolio, shownUser } from '../../../../test/builders/investsuite.js';
import { noneCompared } from '../../../../test/builders/known-cash-outs.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import { COUNTER_ACCOUNT, payoutToTransfer } from '../../../../test/builders/payout.js';
import { canPay } from '../../../../shared/adapters/core-banking/payments-api/payee.js';
import { approveCashOut } from './approve-cash-out.js';
import { clearSuspense } from './clear-suspense.js';
import { createCashOut } from './create-cash-out.js';
import { endToEndIdOf, isIban, payCounterAccount, uetrOf } from './pay-counter-account.js';
import { readCashOut } from './read-cash-out.js';
import { readCounterAccount } from './read-counter-account.js';
import { readOwner, readRequest } from './read-owner.js';
import { readWithdrawable } from './read-withdrawable.js';

const IBAN = COUNTER_ACCOUNT;
const HOUSE = 'NL91ABNA0417164300';
const NOW_MS = Date.UTC(2026, 2, 4, 10);
/** Jest's matcher is not text, but stands where text is expected. */
const containing = (text: string): string => expect.stringContaining(text) as unknown as string;
const ability = carefulAbility();
const sending = sendingNow();
const journey = journeyFacts({ id: 'po1', subject: 'w1' });
const state = payoutToTransfer();
const lost = { kind: 'unknown', evidence: 'reset' } as const;
const euros = (text: string): Money => ({ amount: decimal(text), currency: currency('EUR') });

const rules = portfolioRulesOf({ brokerMode: 'client' });
const shown = shownPortfolio({ divestAmount: { kind: 'amount', amount: decimal('250') } });
const showing = (found: Outcome<Portfolio, 'not-found' | 'forbidden'>) => async () => found;
/** Sources in which everything stands as it was decided, unless a test says otherwise. */
const sourcesWith = (
  more: {
    readonly portfolio?: Outcome<Portfolio, 'not-found' | 'forbidden'>;
    readonly user?: Outcome<User, 'not-found' | 'forbidden'>;
    readonly customer?: Outcome<BankCustomer, 'not-found'>;
  } = {},
): PaymentSources => ({
  investSuite: {
    readPortfolio: showing(more.portfolio ?? { kind: 'applied', result: shown }),
    readUser: async () => more.user ?? { kind: 'applied', result: shownUser(IBAN) },
  },
  coreBanking: { readCustomer: async () => more.customer ?? { kind: 'applied', result: CUSTOMER } },
  rules,
});
const CUSTOMER: BankCustomer = {
  externalId: 'C1',
  name: 'A. Customer',
  active: true,
  counterAccount: { iban: 'be68 5390 0754 7034', bic: null, ownerName: 'A. Customer', changedAt: null },
};

describe('ReadOwner', () => {
  const reader = (user: Outcome<User, 'not-found' | 'forbidden'>, portfolio: Outcome<Portfolio, 'not-found' | 'forbidden'>) =>
    readOwner({ readUser: async () => user, readPortfolio: showing(portfolio) }, rules, timing);
  const read = async (iban: string | null): Promise<unknown> => {
    const effect = reader({ kind: 'applied', result: shownUser(iban) }, { kind: 'applied', result: shown });
    return effect.read(effect.request(state, journey, 'k1'), sending);
  };
  it('brings the shown account into one form, and shows the portfolio', async () => {
    const portfolio = { ownerId: 'U1', brokerAccount: 'B1', active: true, level: shown.divestAmount, treatment: { kind: 'ours' } };
    expect(await read('be68 5390 0754 7034')).toMatchObject({ kind: 'applied', result: { externalId: 'C1', shownIban: IBAN, portfolio } });
    expect(await read(null)).toMatchObject({ kind: 'applied', result: { externalId: 'C1', shownIban: null, portfolio } });
  });
  it('hands on what is no answer, and a question of the release before', async () => {
    const silent = reader({ kind: 'applied', result: shownUser(null) }, lost);
    expect(await silent.read({ ownerId: 'U1', waitedFor: null }, sending)).toEqual(lost);
    expect(await reader(lost, { kind: 'applied', result: shown }).read({ ownerId: 'U1' }, sending)).toEqual(lost);
  });
});

describe('ReadRequest', () => {
  const endToEndId = endToEndIdOf('po1:PayCounterAccount');
  type Shown = Awaited<ReturnType<CoreBankingPort['readPayment']>>;
  const read = async (shownThere: Shown, asked?: object): Promise<unknown> => {
    const by: unknown[] = [];
    const bank: Pick<CoreBankingPort, 'readPayment'> = {
      readPayment: async (reference) => {
        by.push(reference);
        return shownThere;
      },
    };
    const effect = readRequest({ readPortfolio: showing({ kind: 'applied', result: shown }) }, bank, rules, timing, () => NOW_MS);
    const said = await effect.read(asked ?? effect.request(state, journey, 'k1'), sending);
    expect(by).toEqual(asked === undefined ? [{ endToEndId }] : []);
    return said;
  };
  const payment = (status: ShownPayment['state']): Shown => ({
    kind: 'applied',
    result: {
      ...{ paymentId: 'PM1', endToEndId, state: status, amount: euros('250'), creditorIban: IBAN, returned: false },
      ...{ bookedAt: null, bookedAtMs: null },
    },
  });
  const made = { paymentId: 'PM1', endToEndId, paidAt: '2026-03-04T10:00:00.000Z', returned: null, amount: '250', currency: 'EUR' };
  it('asks the bank for the transfer that was not sent: another installation with our books may have made it [B2]', async () => {
    expect(await read(payment('settled'))).toMatchObject({ kind: 'applied', result: { portfolio: { ownerId: 'U1' }, made } });
    expect(await read(payment('open'))).toMatchObject({ kind: 'accepted', reference: endToEndId });
    for (const none of [payment('refused'), { kind: 'rejected', reason: 'not-found' } as const])
      expect(await read(none)).toMatchObject({ kind: 'applied', result: { made: null } });
    expect(await read({ kind: 'rejected', reason: 'several' })).toMatchObject({ kind: 'retryable' });
    expect(await read(lost)).toEqual(lost);
  });
  it('reads the portfolio alone for a question of the release before', async () => {
    expect(await read(lost, {})).toMatchObject({ kind: 'applied', result: { portfolio: { ownerId: 'U1' }, made: null } });
  });
});

describe('ReadCounterAccount', () => {
  const account = { iban: 'BE68 5390 0754 7034', bic: null, ownerName: 'A. Customer', changedAt: null as string | null };
  const customer: BankCustomer = { externalId: 'C1', name: 'A. Customer', active: true, counterAccount: account };
  const read = async (found: BankCustomer): Promise<unknown> => {
    const effect = readCounterAccount({ readCustomer: async () => ({ kind: 'applied', result: found }), canPay }, timing, () => NOW_MS);
    return effect.read(effect.request(state, journey, 'k1'), sending);
  };
  const common = { customerActive: true };
  it('checks the form of the IBAN', async () => {
    expect(await read(customer)).toEqual({
      kind: 'applied',
      result: { ...common, account: { iban: IBAN, ownerName: 'A. Customer' }, ibanWellFormed: true, changedMsAgo: null },
    });
    expect(await read({ ...customer, counterAccount: { ...account, iban: 'BE68539007547035' } })).toMatchObject({
      result: { ibanWellFormed: false },
    });
    expect(await read({ ...customer, counterAccount: { ...account, iban: '' } })).toMatchObject({ result: { ibanWellFormed: false } });
    expect(await read({ ...customer, counterAccount: null })).toEqual({
      kind: 'applied',
      result: { ...common, account: null, ibanWellFormed: false, changedMsAgo: null },
    });
  });
  for (const [changedAt, changedMsAgo] of [
    ['2026-03-04T09:59:59Z', 1000],
    ['2026-03-04T10:59:59+01:00', 1000],
    ['2026-03-04T10:04:59Z', 0],
  ] as const) {
    it(`counts a change at "${changedAt}" as ${changedMsAgo} ms ago`, async () => {
      const found = await read({ ...customer, counterAccount: { ...account, changedAt } });
      expect(found).toMatchObject({ result: { changedMsAgo } });
      expect(found).not.toHaveProperty('result.changedAtUnclear');
    });
  }
  it.each([
    ['05/06/2026 10:00', 'cannot be read'],
    ['12', 'cannot be read'],
    ['2026', 'cannot be read'],
    ['2020-01-01', 'cannot be read'],
    ['2020-01-01T10:00:00', 'cannot be read'],
    ['2020-02-30T10:00:00Z', 'cannot be read'],
    ['Wed, 01 Jan 2020 10:00:00 GMT', 'cannot be read'],
    ['yesterday', 'cannot be read'],
    ['', 'cannot be read'],
    ['2026-03-04T10:05:01Z', 'is yet to come'],
    ['2126-03-04T10:00:00Z', 'is yet to come'],
  ])('counts a change at "%s" as made now: the date %s [C4]', async (changedAt, changedAtUnclear) => {
    expect(await read({ ...customer, counterAccount: { ...account, changedAt } })).toMatchObject({
      result: { changedMsAgo: 0, changedAtUnclear },
    });
  });
  it("asks the adapter's rules before anything moves whether the account can be paid [C5]", async () => {
    const refused = canPay({ creditorName: ' ', creditorIban: IBAN });
    expect(refused).toMatch(/^not sent: /);
    expect(await read({ ...customer, counterAccount: { ...account, ownerName: ' ' } })).toMatchObject({ result: { notPayable: refused } });
    expect(await read(customer)).not.toHaveProperty('result.notPayable');
  });
  it('takes a question that the first release has frozen with the choices of the tenant', async () => {
    const asked = { externalId: 'C1', shownIban: IBAN, coolOffMs: 1000, onMismatch: 'hold' };
    const effect = readCounterAccount({ readCustomer: async () => ({ kind: 'applied', result: customer }), canPay }, timing, () => NOW_MS);
    expect(await effect.read(asked, sending)).toEqual(await read(customer));
  });
  it('hands on what is no answer', async () => {
    const effect = readCounterAccount({ readCustomer: async () => lost, canPay }, timing, () => NOW_MS);
    expect(await effect.read(effect.request(state, journey, 'k1'), sending)).toEqual(lost);
  });
});

describe('the cash-out', () => {
  const cashOut = (status: CashOut['status']): CashOut => ({ cashOutId: 'CO1', status, brokerStatus: 'WORD', amount: euros('250') });
  const seen = (status: CashOut['status']): object => ({ cashOutId: 'CO1', status, amount: '250', currency: 'EUR' });
  const broker = (
    more: Partial<BrokerPort>,
  ): Pick<BrokerPort, 'abilities' | 'createCashOut' | 'findCashOut' | 'approveCashOut' | 'readCashOut'> => ({
    abilities: { placeOrder: ability, createCashOut: ability, approveCashOut: ability },
    createCashOut: async () => lost,
    findCashOut: async () => ({ found: 'absent' }),
    approveCashOut: async () => lost,
    readCashOut: async () => lost,
    ...more,
  });
  const applied = async (): Promise<Outcome<CashOut, never>> => ({ kind: 'applied', result: cashOut('needs-approval') });

  it('is asked for by account and amount', async () => {
    const asked: unknown[] = [];
    const effect = createCashOut(
      broker({
        createCashOut: async (request) => {
          asked.push(request);
          return applied();
        },
        findCashOut: async () => ({ found: 'applied', result: cashOut('done') }),
      }),
      sourcesWith(),
      noneCompared,
      timing,
    );
    const request: unknown = effect.request(state, journey, 'k1');
    expect(await effect.restsOn?.(request, sending)).toBeNull();
    expect(await effect.send(request, sending)).toEqual({ kind: 'applied', result: seen('needs-approval') });
    expect(asked).toMatchObject([{ account: 'B1', amount: euros('250') }]);
    expect(await effect.inquire(request, sending)).toEqual({ found: 'applied', result: seen('done') });
    expect(effect.resultFromPerson(request, 'CO1 seen at their desk')).toEqual(seen('pending'));
  });
  it('stays unknown when no answer came', async () => {
    const effect = createCashOut(broker({}), sourcesWith(), noneCompared, timing);
    const request: unknown = effect.request(state, journey, 'k1');
    expect(await effect.send(request, sending)).toEqual(lost);
    expect(await effect.inquire(request, sending)).toEqual({ found: 'absent' });
  });
  it('is approved by its id, and found approved by its status', async () => {
    const at = (status: CashOut['status']): ReturnType<typeof approveCashOut> =>
      approveCashOut(
        broker({ approveCashOut: applied, readCashOut: async () => ({ kind: 'applied', result: cashOut(status) }) }),
        sourcesWith(),
        noneCompared,
        timing,
      );
    const request: unknown = at('done').request(state, journey, 'k1');
    expect(at('done').reference?.(request)).toBe('CO1');
    expect(await at('done').send(request, sending)).toEqual({ kind: 'applied', result: seen('needs-approval') });
    expect(await at('needs-approval').inquire(request, sending)).toEqual({ found: 'absent' });
    expect(await at('pending').inquire(request, sending)).toEqual({ found: 'applied', result: seen('pending') });
    expect(await at('unclear').inquire(request, sending)).toMatchObject({ found: 'no-answer' });
    for (const ended of ['failed', 'returned'] as const)
      expect(await at(ended).inquire(request, sending)).toEqual({ found: 'rejected', reason: ended });
    expect(at('done').resultFromPerson(request, 'x')).toEqual(seen('pending'));
    const silent = approveCashOut(broker({}), sourcesWith(), noneCompared, timing);
    expect(await silent.send(request, sending)).toEqual(lost);
    expect(await silent.inquire(request, sending)).toMatchObject({ found: 'no-answer' });
  });

  const read = async (status: CashOut['status'], approved: boolean): Promise<string> => {
    const effect = readCashOut(broker({ readCashOut: async () => ({ kind: 'applied', result: cashOut(status) }) }), timing);
    const request: unknown = effect.request({ ...state, approved }, journey, 'k1');
    expect(effect.reference?.(request)).toBe('CO1');
    return (await effect.read(request, sending)).kind;
  };
  it('is asked about until it says something to act on', async () => {
    for (const status of ['done', 'failed', 'returned', 'needs-approval'] as const) expect(await read(status, false)).toBe('applied');
    expect(await read('pending', false)).toBe('accepted');
    expect(await read('unclear', false)).toBe('accepted');
    expect(await read('needs-approval', true)).toBe('accepted');
    const silent = readCashOut(broker({}), timing);
    expect(await silent.read({ cashOutId: 'CO1', approved: false }, sending)).toEqual(lost);
  });
});

describe('PayCounterAccount', () => {
  const choices = { houseAccountIban: HOUSE, remittanceInformation: 'Withdrawal' };
  const effectWith = (
    outcome: Outcome<Payment>,
    inquiry: Inquiry<Payment>,
    sources: PaymentSources = sourcesWith(),
  ): ReturnType<typeof payCounterAccount> =>
    payCounterAccount(
      { abilities: { pay: ability }, pay: async () => outcome, findPayment: async () => inquiry },
      sources,
      noneCompared,
      choices,
      timing,
      () => NOW_MS,
    );
  const effect = effectWith(lost, { found: 'absent' });
  const request = effect.request(state, journey, 'k1') as PaymentRequest;
  const payment: Payment = {
    paymentId: 'PM1',
    endToEndId: request.endToEndId,
    amount: euros('250'),
    bookedAt: '2026-03-04T09:00:00Z',
    returned: null,
  };

  it('asks for one payment, from the house account to the checked account', () => {
    expect(request).toEqual({
      endToEndId: endToEndIdOf('k1'),
      uetr: uetrOf('k1'),
      debtorIban: HOUSE,
      creditorName: 'A. Customer',
      creditorIban: IBAN,
      amount: euros('250'),
      remittanceInformation: 'Withdrawal',
      externalId: 'C1',
      restsOn: { ownerId: 'U1', cashOuts: { payoutId: journey.id, account: 'B1', cashOutId: 'CO1', openedAtMs: journey.openedAtMs } },
    });
    expect(effect.reference?.(request)).toBe(request.endToEndId);
    expect([isIban(HOUSE), isIban('NL91 ABNA 0417 1643 00'), isIban('NL91ABNA0417164301')]).toEqual([true, false, false]);
  });
  it('names the payment by its key alone: the same on every repeat, another in another generation', () => {
    expect(endToEndIdOf('k1')).toBe(endToEndIdOf('k1'));
    const names = Array.from({ length: 2000 }, (_, n) => endToEndIdOf(`k:${String(n)}`));
    expect(new Set(names).size).toBe(2000);
    for (const name of names) expect(name).toMatch(/^WD[A-Z2-7]{26}$/);
    for (const key of ['k1', 'k2', 'k3'])
      expect(uetrOf(key)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uetrOf('k1')).not.toBe(uetrOf('k2'));
  });
  it('keeps the names it gave: a change here would pay what is on its way a second time', () => {
    expect([endToEndIdOf('po1:PayCounterAccount'), uetrOf('po1:PayCounterAccount')]).toEqual([
      'WD2LSEDI67VMEQYKM52CI2JZEXZE',
      '4201fbb0-0d53-49d9-889e-3000ec752a36',
    ]);
  });
  const standing = (sources: PaymentSources, asked: unknown = request): Promise<NotSent> | undefined =>
    effectWith(lost, { found: 'absent' }, sources).restsOn?.(asked, sending);
  const notSent = (reason: string): object => ({ kind: 'rejected', reason: `not sent: ${reason}` });
  it('pays only the account that was checked, asked for again right before', async () => {
    const account = CUSTOMER.counterAccount;
    const now = (more: Partial<BankCustomer>) => sourcesWith({ customer: { kind: 'applied', result: { ...CUSTOMER, ...more } } });
    expect(await standing(now({}))).toBeNull();
    for (const [sources, reason] of [
      [now({ active: false }), 'the customer is not active at the bank any more'],
      [now({ counterAccount: null }), 'the customer has no counter account any more'],
      [now({ counterAccount: account && { ...account, iban: HOUSE } }), 'the counter account at the bank is another one now'],
      [now({ counterAccount: account && { ...account, ownerName: 'B. Other' } }), 'the counter account at the bank has another owner now'],
      [sourcesWith({ customer: { kind: 'rejected', reason: 'not-found' } }), 'the bank does not know the customer any more'],
    ] as const)
      expect(await standing(sources)).toEqual(notSent(reason));
    expect(await standing(sourcesWith({ customer: lost }))).toMatchObject({
      kind: 'retryable',
      evidence: expect.stringMatching(/^not sent: .*unknown/),
    });
  });
  it('pays only what the portfolio still asks for, and only its owner [E2]', async () => {
    const now = (more: Partial<Portfolio>) => sourcesWith({ portfolio: { kind: 'applied', result: { ...shown, ...more } } });
    for (const [sources, reason] of [
      [now({ divestAmount: { kind: 'nothing' } }), 'the divest request was called off'],
      [now({ divestAmount: { kind: 'amount', amount: decimal('249') } }), 'the divest request was lowered to 249'],
      [now({ ownerId: 'U2' as UserId }), 'the portfolio has another owner'],
      [now({ archived: true }), 'the portfolio is archived'],
      [
        sourcesWith({ user: { kind: 'applied', result: { ...shownUser(IBAN), externalId: 'C2' } } }),
        'the owner is another customer of the bank',
      ],
      [sourcesWith({ portfolio: { kind: 'rejected', reason: 'forbidden' } }), 'InvestSuite does not show the portfolio (forbidden)'],
      [sourcesWith({ user: { kind: 'rejected', reason: 'not-found' } }), 'InvestSuite does not show the owner (not-found)'],
    ] as const)
      expect(await standing(sources)).toEqual(notSent(reason));
    for (const silent of [{ portfolio: lost }, { user: lost }])
      expect(await standing(sourcesWith(silent))).toMatchObject({ kind: 'retryable' });
  });
  it('does not send a request that lacks what it rests on, as one of an earlier release: it is asked anew [A1]', async () => {
    const { restsOn, ...before } = request as unknown as Record<string, unknown> & { readonly restsOn: Record<string, unknown> };
    const { ownerId: _owner, ...ownerless } = restsOn;
    expect(await standing(sourcesWith(), before)).toEqual(notSent('it was asked by an earlier release, before such facts were frozen'));
    expect(await standing(sourcesWith(), { ...before, restsOn: ownerless })).toEqual(notSent('the request does not say whose money it is'));
  });
  it('is paid when the bank has settled it, with the time of booking or of our learning', async () => {
    const paid = { paymentId: 'PM1', endToEndId: request.endToEndId, paidAt: '2026-03-04T09:00:00Z', returned: null };
    expect(await effectWith({ kind: 'applied', result: payment }, { found: 'applied', result: payment }).send(request, sending)).toEqual({
      kind: 'applied',
      result: paid,
    });
    expect(await effectWith(lost, { found: 'applied', result: { ...payment, bookedAt: null } }).inquire(request, sending)).toEqual({
      found: 'applied',
      result: { ...paid, paidAt: '2026-03-04T10:00:00.000Z' },
    });
  });
  it('shows a return that the bank already knows', async () => {
    const returned = { amount: euros('250'), reason: 'AC04', reference: 'R1' };
    const answer = effectWith({ kind: 'applied', result: { ...payment, returned } }, { found: 'absent' });
    expect(await answer.send(request, sending)).toMatchObject({
      result: { returned: { amount: '250', currency: 'EUR', reason: 'AC04', reference: 'R1' } },
    });
  });
  it('believes no answer about another payment', async () => {
    for (const other of [
      { ...payment, amount: euros('250.01') },
      { ...payment, amount: { ...euros('250'), currency: currency('USD') } },
      { ...payment, endToEndId: 'WDOTHER' },
    ]) {
      const answer = effectWith({ kind: 'applied', result: other }, { found: 'applied', result: other });
      expect(await answer.send(request, sending)).toMatchObject({ kind: 'unknown' });
      expect(await answer.inquire(request, sending)).toMatchObject({ found: 'ambiguous' });
    }
  });
  it('waits under our own reference, whatever the bank calls the payment', async () => {
    const answer = effectWith({ kind: 'accepted', reference: 'PM1' }, { found: 'pending', reference: 'PM1' });
    expect(await answer.send(request, sending)).toEqual({ kind: 'accepted', reference: request.endToEndId });
    expect(await answer.inquire(request, sending)).toEqual({ found: 'pending', reference: request.endToEndId });
  });
  it('hands on what is no answer, and takes the word of people', async () => {
    expect(await effect.send(request, sending)).toEqual(lost);
    expect(await effect.inquire(request, sending)).toEqual({ found: 'absent' });
    expect(effect.resultFromPerson(request, 'x'.repeat(300))).toEqual({
      paymentId: 'x'.repeat(128),
      endToEndId: request.endToEndId,
      paidAt: '2026-03-04T10:00:00.000Z',
      returned: null,
    });
  });
});

describe('ReadWithdrawable', () => {
  const cash = {
    currency: currency('EUR'),
    withdrawable: decimal('40'),
    booked: decimal('40'),
    pendingSettlement: [],
    pendingOut: decimal('0'),
  };
  it('reads what is free to leave, and when that was', async () => {
    const effect = readWithdrawable({ readCash: async () => ({ kind: 'applied', result: cash }) }, timing, () => NOW_MS);
    expect(await effect.read(effect.request(state, journey, 'k1'), sending)).toEqual({
      kind: 'applied',
      result: { withdrawable: '40', currency: 'EUR', at: '2026-03-04T10:00:00.000Z' },
    });
    const silent = readWithdrawable({ readCash: async () => lost }, timing, () => NOW_MS);
    expect(await silent.read({ brokerAccount: 'B1' }, sending)).toEqual(lost);
  });
});

describe('ClearSuspense', () => {
  const shown: ShownPayment = {
    paymentId: 'PM9',
    endToEndId: 'HAND9',
    state: 'settled',
    amount: euros('250'),
    creditorIban: IBAN,
    bookedAt: '2026-03-04T12:00:00Z',
    bookedAtMs: NOW_MS + 7_200_000,
    returned: false,
  };
  type Asked = Parameters<CoreBankingPort['readPayment']>[0];
  type Outside = {
    readonly payment: (by: Asked) => Awaited<ReturnType<CoreBankingPort['readPayment']>>;
    readonly cashOut: CashOut['status'] | 'unknown' | 'silent';
    readonly withdrawable: string | null;
    readonly code: string;
  };
  const nothing: Outside = { payment: () => ({ kind: 'rejected', reason: 'not-found' }), cashOut: 'done', withdrawable: '40', code: 'EUR' };
  const effectOver = (outside: Partial<Outside>) => {
    const { payment: found, cashOut, withdrawable, code } = { ...nothing, ...outside };
    const broker: Pick<BrokerPort, 'readCashOut' | 'readCash'> = {
      readCashOut: async () => {
        if (cashOut === 'silent') return lost;
        if (cashOut === 'unknown') return { kind: 'rejected', reason: 'not-found' };
        return { kind: 'applied', result: { cashOutId: 'CO1', status: cashOut, brokerStatus: cashOut, amount: null } };
      },
      readCash: async () => {
        if (withdrawable === null) return lost;
        const result = { currency: currency(code), withdrawable: decimal(withdrawable), booked: decimal('0'), pendingSettlement: [] };
        return { kind: 'applied', result: { ...result, pendingOut: decimal('0') } };
      },
    };
    return clearSuspense({ coreBanking: { readPayment: async (by) => found(by) }, broker }, timing, () => NOW_MS);
  };
  const suspended = { ...state, status: 'InSuspense' as const, suspense: { withdrawable: decimal('40'), at: '2026-03-04T10:00:00.000Z' } };
  const check = async (said: 'applied' | 'rejected' | 'send-again', evidence: string, outside: Partial<Outside>, request?: unknown) => {
    const effect = effectOver(outside);
    const frozen: unknown = request ?? effect.request(suspended, journey, 'k1');
    return effect.checkWord?.(frozen, { said, evidence }, sending);
  };
  const byId =
    (payment: ShownPayment): Outside['payment'] =>
    (by) =>
      'paymentId' in by && by.paymentId === payment.paymentId
        ? { kind: 'applied', result: payment }
        : { kind: 'rejected', reason: 'not-found' };

  it('sends nothing, and freezes what the word of people is held against', async () => {
    const effect = effectOver({});
    expect(effect.request(suspended, journey, 'k1')).toEqual({
      ...{ amount: '250', currency: 'EUR', brokerAccount: 'B1', cashOutId: 'CO1', creditorIban: IBAN },
      ...{ withdrawableThen: '40', suspendedAt: '2026-03-04T10:00:00.000Z' },
    });
    expect(await effect.send({}, sending)).toMatchObject({ kind: 'rejected' });
    expect(await effect.inquire({}, sending)).toMatchObject({ found: 'rejected' });
    expect(await check('send-again', 'put it to us anew', {})).toEqual({ taken: true });
    expect(effect.resultFromPerson({}, 'PM9 on the statement')).toMatchObject({ paymentId: 'PM9' });
  });
  it('takes "paid by hand" for a payment that the bank shows, by its id or by its reference [A8]', async () => {
    const result = { paymentId: 'PM9', endToEndId: 'HAND9', paidAt: '2026-03-04T12:00:00Z', returned: null };
    expect(await check('applied', 'PM9 on the statement (anna)', { payment: byId(shown) })).toEqual({ taken: true, result });
    const byReference: Outside['payment'] = (by) =>
      'endToEndId' in by && by.endToEndId === 'HAND9' ? { kind: 'applied', result: shown } : { kind: 'rejected', reason: 'not-found' };
    expect(await check('applied', 'HAND9', { payment: byReference })).toEqual({ taken: true, result });
  });
  it.each<[string, Partial<ShownPayment>]>([
    ['as open', { state: 'open' }],
    ['as refused', { state: 'refused' }],
    ['sent that payment back', { returned: true }],
    ['EUR 249.99, not EUR 250', { amount: euros('249.99') }],
    ['USD 250, not EUR 250', { amount: { ...euros('250'), currency: currency('USD') } }],
    ['to another account', { creditorIban: HOUSE }],
    ['does not show to which account', { creditorIban: null }],
    ['made by the middleware', { endToEndId: endToEndIdOf('another') }],
    ['before the cash was in suspense', { bookedAtMs: NOW_MS - 90_000_000 }],
    ['does not show when', { bookedAtMs: null }],
  ])('does not take "paid by hand" for a payment that the bank shows %s [A8] [D1]', async (why, other) => {
    const payment = byId({ ...shown, ...other });
    expect(await check('applied', 'PM9', { payment })).toEqual({ taken: false, why: containing(why) });
  });
  it('does not take "paid by hand" for a payment that the bank does not show, or while the bank is silent [A8]', async () => {
    const why = async (evidence: string, outside: Partial<Outside>) => await check('applied', evidence, outside);
    expect(await why('PM-INVENTED', {})).toEqual({ taken: false, why: 'the bank shows no payment PM-INVENTED' });
    expect(await why('X', { payment: () => ({ kind: 'rejected', reason: 'several' }) })).toMatchObject({ taken: false });
    expect(await why('X', { payment: () => lost })).toEqual({ taken: false, why: 'the bank could not be asked just now' });
    expect(await why(' ', {})).toMatchObject({ taken: false });
  });
  it('takes "moved back" when the cash-out came back, or when the cash has risen by the amount [A8]', async () => {
    for (const cashOut of ['returned', 'failed'] as const)
      expect(await check('rejected', 'moved back', { cashOut })).toEqual({ taken: true });
    expect(await check('rejected', 'moved back', { withdrawable: '290' })).toEqual({ taken: true });
    expect(await check('rejected', 'moved back', { cashOut: 'unknown', withdrawable: '300.5' })).toEqual({ taken: true });
  });
  it.each<[string, Partial<Outside>]>([
    ['0 more, and 250 was to come back', {}],
    ['249.99 more, and 250 was to come back', { withdrawable: '289.99' }],
    ['another currency', { withdrawable: '500', code: 'USD' }],
    ['could not be asked', { cashOut: 'silent' }],
    ['could not be asked for the cash', { withdrawable: null }],
  ])('does not take "moved back" otherwise: %s [A8]', async (why, outside) => {
    expect(await check('rejected', 'moved back', outside)).toEqual({ taken: false, why: containing(why) });
  });
  it('has nothing to hold their word against where no figure was frozen, or where an earlier release asked [A8]', async () => {
    const unseen: unknown = effectOver({}).request({ ...suspended, suspense: null }, journey, 'k1');
    expect(await check('rejected', 'moved back', { withdrawable: '900' }, unseen)).toMatchObject({ taken: false });
    expect(await check('rejected', 'moved back', { cashOut: 'returned' }, unseen)).toEqual({ taken: true });
    expect(await check('applied', 'PM9', { payment: byId({ ...shown, bookedAtMs: null }) }, unseen)).toMatchObject({ taken: true });
    const older = { amount: '250', currency: 'EUR' };
    for (const said of ['applied', 'rejected'] as const)
      expect(await check(said, 'PM9', { payment: byId(shown), cashOut: 'returned' }, older)).toMatchObject({ taken: false });
  });
});
