import { EXECUTION_STATUSES, movement, MOVEMENT_TYPES, REQUEST_STATUSES, type MovementRead } from '../../../contracts/investsuite/http.js';
import { isJsonObject, type JsonObject } from '../../../contracts/tokens.js';
import { instantMs } from '../../../shared/kernel/instant.js';
import {
  absolute,
  compare,
  decimal,
  isNegative,
  isPositive,
  isZero,
  plus,
  sum,
  times,
  type Decimal,
} from '../../../shared/kernel/decimal.js';
import type { Json } from '../../../shared/kernel/json.js';
import { EXTRA, MISSING, type Problem } from './answers.js';

const FIELDS = new Set([
  'type',
  'status',
  'datetime',
  'instrument_id',
  'quantity',
  'external_id',
  'reference_external_id',
  'unit_price',
  'unit_price_currency',
  'reference_instrument_id',
  'description',
  'trade_type',
  'sub_type',
]);
const REQUIRED = ['type', 'status', 'datetime', 'instrument_id', 'quantity'] as const;
const MUST_ADD: ReadonlySet<string> = new Set([
  'CASH_DEPOSIT',
  'CASH_DIVIDEND',
  'COUPON',
  'STOCK_DIVIDEND',
  'TRANSFER_IN',
  'CORPORATE_ACTION_IN',
]);
const MUST_TAKE: ReadonlySet<string> = new Set([
  'CASH_WITHDRAWAL',
  'TRANSFER_OUT',
  'CORPORATE_ACTION_OUT',
  'CUSTODY_FEE',
  'INSTRUMENT_ENTRY_EXIT_FEE',
  'MANAGEMENT_FEE',
  'OTHER_FEE',
  'OTHER_TAX',
  'SERVICE_ENTRY_EXIT_FEE',
  'TRANSACTION_FEE',
  'WITHHOLDING_TAX',
]);
const CASH_TRANSFERS: ReadonlySet<string> = new Set(['CASH_DEPOSIT', 'CASH_WITHDRAWAL']);
const BOOKED: ReadonlySet<string> = new Set(['EXECUTED', 'SETTLED']);
const UNFILLED: ReadonlySet<string> = new Set(['CANCELLED', 'NOT_EXECUTED', 'EXPIRED']);
const REQUESTS: ReadonlySet<string> = new Set(REQUEST_STATUSES);
const STATUSES: ReadonlySet<string> = new Set([...REQUEST_STATUSES, ...EXECUTION_STATUSES]);
const TYPES: ReadonlySet<string> = new Set(MOVEMENT_TYPES);

export const isCash = (one: MovementRead): boolean => one.instrument_id.startsWith('$');
export const isBooked = (one: MovementRead): boolean => BOOKED.has(one.status);
export const isRequest = (one: MovementRead): boolean => REQUESTS.has(one.status);
const isFill = (one: MovementRead): boolean => isBooked(one) && !isCash(one) && (one.type === 'BUY' || one.type === 'SELL');
const isLeg = (one: MovementRead): boolean => isBooked(one) && isCash(one);

const shapeProblems = (given: Json, at: string): readonly Problem[] => {
  const loc = ['body', 'movements', at];
  if (!isJsonObject(given)) return [{ loc, msg: 'value is not a valid dict', type: 'type_error.dict' }];
  const problems: Problem[] = Object.keys(given)
    .filter((key) => !FIELDS.has(key))
    .map((key) => ({ loc: [...loc, key], ...EXTRA }));
  for (const key of REQUIRED) if (given[key] === undefined || given[key] === null) problems.push({ loc: [...loc, key], ...MISSING });
  if (problems.length > 0) return problems;
  const read = movement.safeParse(given);
  if (!read.success)
    return read.error.issues.map((issue) => ({ loc: [...loc, ...issue.path.map(String)], msg: issue.message, type: 'type_error' }));
  if (!TYPES.has(read.data.type)) problems.push({ loc: [...loc, 'type'], msg: 'not a movement type', type: 'type_error.enum' });
  if (!STATUSES.has(read.data.status)) problems.push({ loc: [...loc, 'status'], msg: 'not a movement status', type: 'type_error.enum' });
  if (instantMs(read.data.datetime) === null)
    problems.push({ loc: [...loc, 'datetime'], msg: 'invalid datetime format', type: 'value_error.datetime' });
  return problems;
};

/** Makes a list of movements a 400. */
export const movementShapeProblems = (given: Json | undefined): readonly Problem[] => {
  if (given === undefined) return [{ loc: ['body', 'movements'], ...MISSING }];
  if (!Array.isArray(given) || given.length === 0)
    return [{ loc: ['body', 'movements'], msg: 'ensure this value has at least 1 items', type: 'value_error.list.min_items' }];
  return (given as readonly Json[]).flatMap((one, index) => shapeProblems(one, String(index)));
};

export const readMovements = (given: readonly JsonObject[]): readonly MovementRead[] => given.map((one) => movement.parse(one));

/** `kind` names the rule, for the book of violations. */
export type RuleBreak = { readonly kind: string; readonly detail: string };

const signBreak = (one: MovementRead): RuleBreak | null => {
  const wrong = (detail: string): RuleBreak => ({
    kind: 'wrong-sign',
    detail: `${one.type} ${one.status} of ${one.instrument_id}: ${one.quantity}; ${detail}`,
  });
  if (isZero(one.quantity)) return wrong('zero moves nothing');
  if (MUST_ADD.has(one.type) && isNegative(one.quantity)) return wrong('it adds, so it is positive');
  if (MUST_TAKE.has(one.type) && isPositive(one.quantity)) return wrong('it takes away, so it is negative');
  if (one.type === 'BUY' && isNegative(one.quantity)) return wrong('what is bought is positive');
  // A placed SELL stands with both signs in the documentation; a booked one, and a cash leg, does not.
  if (one.type === 'SELL' && isPositive(one.quantity) && isBooked(one)) return wrong('what is sold is negative');
  return null;
};

const statusBreaks = (list: readonly MovementRead[]): readonly RuleBreak[] => {
  const breaks: RuleBreak[] = [];
  if (list.filter(isRequest).length > 1) breaks.push({ kind: 'two-requests', detail: 'more than one of PLANNED, PENDING, PLACED' });
  for (const one of list.filter((each) => CASH_TRANSFERS.has(each.type) && !isBooked(each))) {
    breaks.push({ kind: 'cash-transfer-status', detail: `${one.type} starts at EXECUTED or SETTLED, not ${one.status}` });
  }
  const seen = new Set<string>();
  for (const one of list.filter((each) => isBooked(each) && (each.external_id ?? null) !== null)) {
    const key = `${one.external_id ?? ''} ${one.instrument_id} ${one.type}`;
    if (seen.has(key)) breaks.push({ kind: 'counted-twice', detail: `${one.external_id ?? ''} stands twice; EXECUTED becomes SETTLED` });
    seen.add(key);
  }
  return breaks;
};

const legBreak = (leg: MovementRead, fills: readonly MovementRead[]): RuleBreak | null => {
  const reference = leg.reference_external_id ?? null;
  if (reference !== null) {
    const fill = fills.find((one) => one.external_id === reference);
    if (fill === undefined) return { kind: 'reference-unknown', detail: `${leg.type} refers to ${reference}, which no fill has` };
    if (fill.datetime !== leg.datetime)
      return { kind: 'datetime-differs', detail: `${leg.type} of ${reference}: ${leg.datetime}, its fill ${fill.datetime}` };
    return fill.status === leg.status
      ? null
      : { kind: 'status-differs', detail: `${leg.type} of ${reference} is ${leg.status}, its fill ${fill.status}` };
  }
  const together = fills.filter((one) => one.datetime === leg.datetime);
  if (together.length === 0) return { kind: 'datetime-differs', detail: `${leg.type} at ${leg.datetime} belongs to no fill` };
  return together.some((one) => (one.external_id ?? null) === null)
    ? null
    : { kind: 'reference-missing', detail: `${leg.type} at ${leg.datetime}: its fill has an external_id` };
};

const correlationBreaks = (list: readonly MovementRead[]): readonly RuleBreak[] => {
  const fills = list.filter(isFill);
  if (fills.length === 0) return [];
  return list.filter(isLeg).flatMap((leg) => legBreak(leg, fills) ?? []);
};

/** Breaks that make the write a 422. Source: docs.investsuite.com, transactions page: signs, statuses, correlation. */
export const refusedBreaks = (list: readonly MovementRead[]): readonly RuleBreak[] => [
  ...list.flatMap((one) => signBreak(one) ?? []),
  ...statusBreaks(list),
  ...correlationBreaks(list),
];

const ROUNDING = decimal('0.02');

/** Breaks the real server would take without a word, and that make the books wrong. */
export const silentBreaks = (list: readonly MovementRead[]): readonly RuleBreak[] =>
  list.filter(isFill).flatMap((fill) => {
    const legs = list.filter(
      (one) =>
        isLeg(one) &&
        (one.type === 'BUY' || one.type === 'SELL') &&
        (fill.external_id ? one.reference_external_id === fill.external_id : one.datetime === fill.datetime),
    );
    const name = fill.external_id ?? fill.datetime;
    if (legs.length === 0) return [{ kind: 'cash-leg-missing', detail: `fill ${name} moves no cash` }];
    if (legs.some((leg) => leg.type === fill.type))
      return [{ kind: 'cash-leg-type', detail: `the cash leg of ${fill.type} ${name} is a ${fill.type} too` }];
    if (fill.unit_price === null || fill.unit_price === undefined) return [];
    const difference = plus(sum(legs.map((leg) => leg.quantity)), times(fill.quantity, fill.unit_price));
    return compare(absolute(difference), ROUNDING) > 0
      ? [{ kind: 'cash-leg-amount', detail: `fill ${name}: cash and quantity times price differ by ${difference}` }]
      : [];
  });

const identity = (one: MovementRead): string => {
  if (isRequest(one)) return `request ${one.type} ${one.instrument_id}`;
  const own = one.external_id ?? '';
  const reference = one.reference_external_id ?? '';
  return own === '' && reference === ''
    ? `${one.type} ${one.instrument_id} ${absolute(one.quantity)}`
    : `${own}/${reference} ${one.type} ${one.instrument_id}`;
};

const corrected = (list: readonly MovementRead[]): boolean => list.some((one) => (one.trade_type ?? null) !== null);

/** What a full replacement lost or turned back. */
export const replacementBreaks = (before: readonly MovementRead[], after: readonly MovementRead[]): readonly RuleBreak[] => {
  if (corrected(after)) return [];
  const left = [...after];
  return before.flatMap((old) => {
    const index = left.findIndex((one) => identity(one) === identity(old));
    const now = index < 0 ? undefined : left.splice(index, 1)[0];
    if (now === undefined) return [{ kind: 'movement-lost', detail: `${identity(old)} (${old.status}) is gone` }];
    if (old.status === 'SETTLED' && now.status !== 'SETTLED')
      return [{ kind: 'status-went-back', detail: `${identity(old)}: SETTLED became ${now.status}` }];
    if (isBooked(old) && compare(old.quantity, now.quantity) !== 0)
      return [{ kind: 'fill-changed', detail: `${identity(old)}: ${old.quantity} became ${now.quantity}` }];
    return [];
  });
};

const quantityOf = (list: readonly MovementRead[]): Decimal => sum(list.map((one) => absolute(one.quantity)));

/** True when an order needs nothing more: what was placed is booked, or said to be cancelled, expired or not executed. */
export const isDone = (list: readonly MovementRead[]): boolean => {
  const ends = list.filter((one) => !isCash(one) && (isBooked(one) || UNFILLED.has(one.status)));
  const placed = list.find(isRequest);
  if (placed === undefined) return list.some((one) => isBooked(one) || UNFILLED.has(one.status));
  // An order by amount is placed as quantity 1 at that price; how much of it is filled cannot be told from quantities.
  if ((placed.unit_price ?? null) !== null) return ends.length > 0;
  return compare(quantityOf(ends), absolute(placed.quantity)) >= 0;
};

export const transactionType = (list: readonly MovementRead[]): string => {
  if (list.some((one) => one.type === 'BUY' || one.type === 'SELL')) return 'ORDER';
  if (list.some((one) => CASH_TRANSFERS.has(one.type))) return 'CASH_TRANSFER';
  return 'ADMINISTRATIVE';
};

/** Of an order by the worst of its parts, as far as the documentation lets one tell. */
export const transactionStatus = (list: readonly MovementRead[]): string => {
  if (!isDone(list)) return list.some(isBooked) ? 'PARTIALLY_EXECUTED' : (list.find(isRequest)?.status ?? 'PENDING');
  const booked = list.filter(isBooked);
  if (booked.length === 0) return list.find((one) => UNFILLED.has(one.status))?.status ?? 'PENDING';
  return booked.every((one) => one.status === 'SETTLED') ? 'SETTLED' : 'EXECUTED';
};
