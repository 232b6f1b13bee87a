import { z } from 'zod';
import { divestAmountToken, printedDivestAmount } from '../../../contracts/investsuite/divest-amount.js';
import { OWNER_CHOICES } from '../../../contracts/investsuite/events.js';
import { MANAGERS, MONEY_TYPES } from '../../../contracts/investsuite/http.js';
import { decimalToken, integerToken, jsonObject, problemsOf, type JsonObject } from '../../../contracts/tokens.js';
import { ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import { JsonNumber, printJson, type Json, type Printable } from '../../../shared/kernel/json.js';
import type { Answer, Call } from '../shared/http.js';
import { INVESTSUITE_FAULTS } from './faults.js';
import { holdingsWire, levelOf, settingsOf, textField, withSettings, type StoredPortfolio } from './state.js';
import type { PlannedOrder } from './optimiser.js';
import type { World } from './world.js';

const text = z.string().min(1);
const fraction = decimalToken.transform((value): number => Number(value)).pipe(z.number().min(0).max(1));

/** All bodies are strict: a misspelt field would quietly test nothing. */
export const createUserBody = z.strictObject({
  id: text.optional(),
  externalId: text.nullish(),
  status: text.default('ACTIVE'),
  counterAccount: z.strictObject({ iban: text, bic: text.nullish() }).nullable(),
});
export const createPortfolioBody = z.strictObject({
  id: text.optional(),
  externalId: text.nullish(),
  userId: text,
  baseCurrency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('EUR'),
  manager: z.enum(MANAGERS).default('ROBO_ADVISOR_DISCRETIONARY'),
  brokerProvider: text.nullish(),
  moneyType: z.enum(MONEY_TYPES).default('REAL_MONEY'),
  status: text.default('ACTIVE'),
  archived: z.boolean().default(false),
  active: z.boolean().default(true),
  fundedSince: text.nullish(),
  holdings: z.record(text, decimalToken).default({}),
  divestAmount: divestAmountToken,
  brokerage: z
    .strictObject({
      portfolioId: text.nullish(),
      userId: text.nullish(),
      iban: text.nullish(),
      bankId: text.nullish(),
      paymentReference: text.nullish(),
    })
    .default({}),
  /** Without the creation event (and the one of a first divest request). */
  quiet: z.boolean().default(true),
});
/** `everything`, `cancel`, `set` to a level, `raise` by an amount. `seen`: the level a late app believes it reads, for `raise`. */
export const appBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('set'), amount: decimalToken }),
  z.strictObject({ action: z.literal('raise'), amount: decimalToken, seen: divestAmountToken.optional() }),
  z.strictObject({ action: z.literal('cancel') }),
  z.strictObject({ action: z.literal('everything') }),
]);
export const changePortfolioBody = z.strictObject({
  by: z.enum(['app', 'admin']).default('admin'),
  status: text.optional(),
  archived: z.boolean().optional(),
  deleted: z.boolean().optional(),
  holdings: z.record(text, decimalToken).optional(),
  settings: jsonObject.optional(),
});
export const faultBody = z.strictObject({
  fault: z.enum(INVESTSUITE_FAULTS),
  operation: text.optional(),
  subject: text.optional(),
  times: integerToken.optional(),
  skip: integerToken.optional(),
  probability: fraction.optional(),
  delayMs: integerToken.optional(),
  detail: text.optional(),
});
/** `shares` positive buys. The price is the one of the table unless given. */
export const proposeBody = z.strictObject({
  isRecommended: z.boolean().default(true),
  status: text.default('SUCCESS'),
  orders: z.record(text, z.strictObject({ shares: decimalToken, price: decimalToken.optional(), cost: decimalToken.default(ZERO) })),
});
export const optimiserBody = z.strictObject({
  wholeShares: z.boolean().optional(),
  quantityType: z.enum(['UNITS', 'AMOUNT']).optional(),
  feeRate: decimalToken.optional(),
  feeFixed: decimalToken.optional(),
});
export const choiceBody = z.strictObject({ value: z.enum(OWNER_CHOICES) });
export const webhookBody = z.strictObject({ url: z.url(), secret: text });
/** A delivery of the test's own making, signed like any other. */
export const deliveryBody = z.strictObject({ id: text, body: z.string() });

const ok = (body: Printable, status = 200): Answer => ({ status, body });
export const unknownThing = (what: string): Answer => ({ status: 404, body: { error: `there is no such ${what}` } });

/** Runs `act` with the checked body, or says what is wrong with it. */
export const withBody = <Schema extends z.ZodType>(schema: Schema, call: Call, act: (body: z.output<Schema>) => Answer): Answer => {
  const read = schema.safeParse(call.body ?? {});
  return read.success ? act(read.data) : { status: 400, body: { error: problemsOf(read.error) } };
};

const defined = <Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>;
  };

const portfolioWire = (body: z.output<typeof createPortfolioBody>, world: World): JsonObject => ({
  external_id: body.externalId ?? null,
  name: 'Portfolio',
  deleted: false,
  owned_by_user_id: body.userId,
  owned_by_user_ids: [],
  base_currency: body.baseCurrency,
  money_type: body.moneyType,
  config: {
    manager: body.manager,
    manager_version: new JsonNumber('1'),
    manager_settings:
      body.manager === 'USER_MANAGED'
        ? null
        : {
            policy_id: world.newId('Y'),
            goal_id: world.newId('L'),
            horizon_id: world.newId('H'),
            risk_profile_id: world.newId('K'),
            divest_amount: body.divestAmount.kind === 'nothing' ? null : printedDivestAmount(body.divestAmount),
            start_amount: new JsonNumber('2000.00'),
            recurring_deposit_amount: new JsonNumber('100'),
            active: body.active,
            broker_provider: body.brokerProvider ?? null,
            commission_profile: null,
            suitability_profile_id: null,
            proposed_risk_profile_id: null,
            risk_profile_score: new JsonNumber('3'),
            end_datetime: null,
            optimization_cooldown_end: null,
            tags: [],
            background_image: null,
            background_color: null,
          },
  },
  brokerage_account: {
    brokerage_portfolio_id: body.brokerage.portfolioId ?? null,
    brokerage_user_id: body.brokerage.userId ?? null,
    bank_account_type: 'IBAN',
    bank_account_number: body.brokerage.iban ?? null,
    bank_id: body.brokerage.bankId ?? null,
    payment_reference: body.brokerage.paymentReference ?? null,
  },
  portfolio: holdingsWire(body.holdings),
  funded_since: body.fundedSince ?? null,
  snapshot_datetime: null,
  start_datetime: null,
  archived: body.archived,
  status: body.status,
});

export const createUser = (world: World, call: Call): Answer =>
  withBody(createUserBody, call, (body) => {
    const id = body.id ?? world.newId('U');
    const account = body.counterAccount;
    world.users.set(id, {
      id,
      external_id: body.externalId ?? null,
      version: new JsonNumber('1'),
      status: body.status,
      first_name: 'Test',
      last_name: 'Customer',
      language: 'en-GB',
      deleted: false,
      counter_account:
        account === null
          ? null
          : {
              bank_account_number: account.iban,
              bank_account_number_type: 'IBAN',
              bank_id: account.bic ?? null,
              bank_id_type: account.bic ? 'BIC' : null,
            },
    });
    return ok({ id }, 201);
  });

export const createPortfolio = (world: World, call: Call): Answer =>
  withBody(createPortfolioBody, call, (body) => {
    const id = body.id ?? world.newId('P');
    if (world.portfolio(id) !== undefined) return { status: 409, body: { error: 'the id is taken' } };
    const stored = world.addPortfolio(id, portfolioWire(body, world), body.quiet);
    return ok({ id, version: stored.version }, 201);
  });

const changed = (stored: StoredPortfolio): Answer =>
  ok({ id: stored.id, version: stored.version, divest_amount: settingsOf(stored.wire)['divest_amount'] ?? null });

export const actAsApp = (world: World, stored: StoredPortfolio, call: Call): Answer =>
  withBody(appBody, call, (body) => {
    switch (body.action) {
      case 'set':
        return changed(world.setLevel(stored.id, divestAmountToken.parse(body.amount), 'app'));
      case 'raise':
        return changed(world.raise(stored.id, body.amount, body.seen));
      case 'cancel':
        return changed(world.setLevel(stored.id, { kind: 'nothing' }, 'app'));
      case 'everything':
        return changed(world.setLevel(stored.id, { kind: 'everything' }, 'app'));
    }
  });

export const changePortfolio = (world: World, stored: StoredPortfolio, call: Call): Answer =>
  withBody(changePortfolioBody, call, (body) => {
    const { by, holdings, settings, ...flags } = body;
    const fields: Record<string, Json> = { ...defined(flags) };
    if (holdings !== undefined) fields['portfolio'] = holdingsWire(holdings);
    if (settings !== undefined) Object.assign(fields, withSettings(stored.wire, settings));
    return changed(world.write(stored.id, { by, requestId: null, fields }));
  });

export const setPrices = (world: World, call: Call): Answer =>
  withBody(z.record(text, decimalToken), call, (prices) => {
    for (const [instrument, price] of Object.entries(prices)) world.prices.set(instrument, price);
    return ok(Object.fromEntries(world.prices));
  });

export const switchFault = (world: World, call: Call): Answer =>
  withBody(faultBody, call, (body) => ok({ id: world.faults.switchOn(defined(body)) }, 201));

export const propose = (world: World, stored: StoredPortfolio, call: Call): Answer =>
  withBody(proposeBody, call, (body) => {
    const orders = Object.entries(body.orders).map(([instrument, given]): PlannedOrder => {
      const price: Decimal = given.price ?? world.prices.get(instrument) ?? ZERO;
      return { instrument, shares: given.shares, price, cost: given.cost, quantityType: 'UNITS', quantity: given.shares };
    });
    return ok({ id: world.optimiser.propose(stored, { status: body.status, isRecommended: body.isRecommended, orders }).id }, 201);
  });

/** A short look at one portfolio, and its wire. */
export const showPortfolio = (stored: StoredPortfolio): Answer =>
  ok({
    id: stored.id,
    version: stored.version,
    status: textField(stored.wire, 'status'),
    level: printJson(printedDivestAmount(levelOf(stored.wire))),
    wire: stored.wire,
  });
