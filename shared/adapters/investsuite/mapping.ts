/** InvestSuite's words and ours. Wire names appear in this file and in contracts only. */
import { divestAmountToken, printedDivestAmount } from '../../../contracts/investsuite/divest-amount.js';
import type { OptimizationRead, PortfolioRead, TransactionRead, UserRead } from '../../../contracts/investsuite/http.js';
import { isJsonObject, type JsonObject } from '../../../contracts/tokens.js';
import { absolute, compare, parseDecimal, ZERO, type Decimal } from '../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId, OptimizationId, PortfolioId, UserId } from '../../kernel/ids.js';
import { JsonNumber, parseJson, printJson, type Json, type Printable } from '../../kernel/json.js';
import { currency, type DivestAmount } from '../../kernel/money.js';
import type { ManagedBy, Movement, Optimization, OptimizationOrder, Portfolio, TransactionWrite, User } from '../../ports/investsuite.js';

/** Something in an answer that we must not guess at. */
export type Unclear = { readonly unclear: string };

const MANAGERS: Readonly<Record<string, ManagedBy>> = {
  USER_MANAGED: 'self',
  ROBO_ADVISOR_ADVISORY: 'robo-advisory',
  ROBO_ADVISOR_DISCRETIONARY: 'robo-discretionary',
};
const OWNER_CHOICES: Readonly<Record<string, Optimization['ownerChoice']>> = {
  ACCEPT: 'accept',
  REJECT: 'reject',
  REOPTIMIZE: 'reoptimize',
  IGNORED: 'ignored',
};
/** Missing creation time: as old as can be, so that no guard takes it for fresh. */
const OLDEST = '1970-01-01T00:00:00.000Z';

export type Holdings = Readonly<Record<InstrumentId, Decimal>>;

/** Only an explicit `active: true` is active; only `REAL_MONEY` is real; unknown managers are `unknown`. */
export const portfolioOf = (read: PortfolioRead): Portfolio | Unclear => {
  if (read.owned_by_user_id === null || read.owned_by_user_id === undefined) return { unclear: 'the portfolio has no owner' };
  return {
    id: read.id as PortfolioId,
    externalId: read.external_id ?? null,
    ownerId: read.owned_by_user_id as UserId,
    baseCurrency: currency(read.base_currency),
    realMoney: read.money_type === 'REAL_MONEY',
    manager: MANAGERS[read.config.manager] ?? 'unknown',
    brokerProvider: read.config.settings?.broker_provider ?? null,
    active: read.config.settings?.active === true,
    archived: read.archived,
    deleted: read.deleted,
    status: read.status,
    brokerAccount: (read.brokerage_account?.brokerage_portfolio_id ?? null) as BrokerAccountId | null,
    divestAmount: read.config.divestAmount,
    holdings: read.portfolio,
    version: read.version,
    configJson: printJson(read.config.raw),
  };
};

/** Only an IBAN counter account is one we can pay; anything else is none. */
export const userOf = (read: UserRead): User => {
  const account = read.counter_account ?? null;
  const isIban = account?.number !== null && account?.numberType === 'IBAN';
  return {
    id: read.id as UserId,
    externalId: read.external_id ?? null,
    counterAccount:
      isIban && account.number !== null ? { iban: account.number.replaceAll(' ', '').toUpperCase(), bic: account.bankId } : null,
  };
};

type OrderRead = OptimizationRead['portfolio_update']['orders'][string];

/** By its own `quantity_type`: money only when it says AMOUNT; without a type `shares` are units. */
const orderOf = (instrument: string, read: OrderRead): OptimizationOrder | Unclear => {
  const kind = read.quantity_type ?? 'UNITS';
  if (kind !== 'UNITS' && kind !== 'AMOUNT') return { unclear: 'an order has an unknown quantity_type' };
  const amount = kind === 'AMOUNT' ? (read.quantity ?? null) : null;
  const units = (kind === 'UNITS' && read.quantity_type === 'UNITS' ? read.quantity : null) ?? read.shares ?? null;
  if (units === null || (kind === 'AMOUNT' && amount === null)) return { unclear: 'an order does not say how much' };
  if (amount !== null && compare(amount, ZERO) !== compare(units, ZERO))
    return { unclear: 'amount and shares of an order have different signs' };
  return { instrument: instrument as InstrumentId, units, amount, expectedPrice: read.expected_share_price ?? null };
};

export const optimizationOf = (read: OptimizationRead): Optimization | Unclear => {
  const orders: OptimizationOrder[] = [];
  for (const [instrument, order] of Object.entries(read.portfolio_update.orders)) {
    const mapped = orderOf(instrument, order);
    if ('unclear' in mapped) return mapped;
    orders.push(mapped);
  }
  return {
    id: read.id as OptimizationId,
    createdAt: read.creation_datetime ?? OLDEST,
    recommended: read.portfolio_update.is_recommended,
    ownerChoice: read.owner_choice === null || read.owner_choice === undefined ? null : (OWNER_CHOICES[read.owner_choice] ?? null),
    orders,
    startedFrom: read.current_solution?.holdings ?? null,
  };
};

const number = (value: Decimal | null): JsonNumber | undefined => (value === null ? undefined : new JsonNumber(value));

const movementBody = (movement: Movement): Printable => ({
  external_id: movement.externalId ?? undefined,
  type: movement.type,
  status: movement.status,
  datetime: movement.datetime,
  instrument_id: movement.instrument,
  quantity: number(movement.quantity),
  unit_price: number(movement.unitPrice),
  unit_price_currency: movement.unitPriceCurrency ?? undefined,
  reference_external_id: movement.referenceExternalId ?? undefined,
  description: movement.description ?? undefined,
});

/** Unknown members are refused with 400, so nothing is sent that the page does not list. */
export const createTransactionBody = (write: TransactionWrite): Printable => ({
  external_id: write.externalId,
  optimization_id: write.optimizationId ?? undefined,
  movements: write.movements.map(movementBody),
});

/** As the update samples have it: no optimization_id, which stays as it was. */
export const replaceTransactionBody = (write: TransactionWrite): Printable => ({
  external_id: write.externalId,
  movements: write.movements.map(movementBody),
});

export const holdingsBody = (holdings: Holdings): Printable =>
  Object.fromEntries(Object.entries(holdings).map(([instrument, quantity]) => [instrument, new JsonNumber(quantity)]));

const settingsOf = (config: JsonObject): JsonObject | null => {
  const settings = config['manager_settings'];
  return isJsonObject(settings) ? settings : null;
};

/** The whole config with only the level changed, or null for a portfolio that has no settings (self investor). */
export const configWith = (config: JsonObject, level: DivestAmount): JsonObject | null => {
  const settings = settingsOf(config);
  return settings === null ? null : { ...config, manager_settings: { ...settings, divest_amount: printedDivestAmount(level) } };
};

/** The level a config of ours holds. @throws ZodError when it is not one: it was read by the same rule. */
export const levelIn = (config: JsonObject): DivestAmount => divestAmountToken.parse(settingsOf(config)?.['divest_amount']);

/** @throws RangeError when the text is not an object: it was written by `portfolioOf`. */
export const configOf = (configJson: string): JsonObject => {
  const config = parseJson(configJson);
  if (!isJsonObject(config)) throw new RangeError('config is not an object');
  return config;
};

/** Same holdings, whatever the order; an instrument with zero units is as good as one that is missing. */
export const sameHoldings = (a: Holdings, b: Holdings): boolean => {
  const instruments = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<InstrumentId>;
  return [...instruments].every((instrument) => compare(a[instrument] ?? ZERO, b[instrument] ?? ZERO) === 0);
};

export const sameLevel = (a: DivestAmount, b: DivestAmount): boolean =>
  a.kind === 'amount' && b.kind === 'amount' ? compare(a.amount, b.amount) === 0 : a.kind === b.kind;

const numberIn = (value: Json | undefined): Decimal | null =>
  value instanceof JsonNumber ? parseDecimal(value.raw) : typeof value === 'string' ? parseDecimal(value) : null;

/** Equal in meaning: 2000 and 2000.00 and "2000" are, and so are null and missing. */
const sameJson = (a: Json | undefined, b: Json | undefined): boolean => {
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  const x = numberIn(a);
  const y = numberIn(b);
  if (x !== null && y !== null) return compare(x, y) === 0;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item: Json, index) => sameJson(item, b[index] as Json));
  if (isJsonObject(a) && isJsonObject(b)) return differingKeys(a, b).length === 0;
  return a === b;
};

const differingKeys = (a: JsonObject, b: JsonObject): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !sameJson(a[key], b[key]));

/** Names of the settings that differ, the divest amount and what InvestSuite sets by itself left aside. */
export const changedSettings = (sent: JsonObject, back: JsonObject, aside: readonly string[]): readonly string[] => {
  const outer = differingKeys({ ...sent, manager_settings: null }, { ...back, manager_settings: null });
  const inner = differingKeys(settingsOf(sent) ?? {}, settingsOf(back) ?? {});
  return [...outer, ...inner.filter((key) => key !== 'divest_amount').map((key) => `manager_settings.${key}`)].filter(
    (name) => !aside.includes(name),
  );
};

/** One movement as text, without what InvestSuite may write differently: sign of a placed sale, form of a time. */
const movementMark = (type: string, status: string, instrument: string, quantity: Decimal): string =>
  [type, status, instrument, absolute(quantity)].join(' ');

/** True when the movements read back are the ones that were sent, in any order. */
export const sameMovements = (sent: readonly Movement[], back: TransactionRead['movements']): boolean => {
  const ours = sent.map((one) => movementMark(one.type, one.status, one.instrument, one.quantity)).sort();
  const theirs = back.map((one) => movementMark(one.type, one.status, one.instrument_id, one.quantity)).sort();
  return ours.length === theirs.length && ours.every((mark, index) => mark === theirs[index]);
};
