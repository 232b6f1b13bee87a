/**
 * Events of DriveWealth's queue: at least once, in any order, of types that may grow at any time. An event is a hint to
 * look; the resource is the truth. Sources: README.md.
 */
import { z } from 'zod';
import { isJsonObject, jsonObject, type JsonObject } from '../../tokens.js';
import { optionalDecimal, optionalText, wireCode } from '../tokens.js';
import { orderDetail, transactionRow } from './http.js';

/** `id` is `event_<uuid>` and the same over repeats; `timestamp` is RFC 3339 with nanoseconds. */
export const eventEnvelope = z.object({
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(200),
  timestamp: z.string().min(1),
  payload: jsonObject,
});
export type EventEnvelope = z.infer<typeof eventEnvelope>;

/** One envelope, or an array of them, as the bridge from the queue may send. */
export const eventBody = z.union([z.array(eventEnvelope).min(1), eventEnvelope.transform((event) => [event])]);

export const ORDER_EVENTS = ['orders.created', 'orders.updated', 'orders.completed'] as const;
export const REDEMPTION_EVENTS = ['redemptions.created', 'redemptions.updated'] as const;
export const TRANSACTION_EVENTS = ['transactions.created'] as const;
export const ACCOUNT_EVENTS = [
  'accounts.created',
  'accounts.updated',
  'accounts.violation.created',
  'accounts.violation.removed',
  'accounts.position.updated',
] as const;
/**
 * Cancel and rebill: a trade is corrected after its end. The envelope is documented (`object` is CANCEL_REBILL), the members of the payload
 * are not. A word after the last point that is new to us is a correction too.
 */
export const CORRECTION_EVENTS = [
  'transfers.cancelRebill.created',
  'transfers.cancelRebill.updated',
  'transfers.cancelRebill.completed',
] as const;
const CORRECTION_FAMILY = 'transfers.cancelRebill.';
/** Movements between accounts and brokers. Whatever of this family is not listed is kept: it may move cash or units of a customer. */
export const TRANSFER_FAMILY = 'transfers.';
/** Documented, of no use to us: accepted and left alone. */
export const OTHER_EVENTS = [
  'deposits.created',
  'deposits.updated',
  'settlements.created',
  'settlements.updated',
  'settlements.completed',
  'positions.updated',
  'instruments.updated',
  'bankAccounts.created',
  'bankAccounts.updated',
  'allocations.created',
  'allocations.updated',
  'statements.created',
  'users.created',
  'users.updated',
] as const;

export const orderEventPayload = orderDetail;

/** Here the id is `paymentID` and the status a bare number, unlike in the REST reads. `amount` is negative. */
export const redemptionEventPayload = z.object({
  paymentID: z.string().min(1),
  status: wireCode,
  statusMessage: optionalText,
  statusComment: optionalText,
  type: optionalText,
  amount: optionalDecimal,
  currency: optionalText,
  accountID: optionalText,
  accountNo: optionalText,
  userID: optionalText,
  note: optionalText,
  finTranReference: optionalText,
  metadata: z
    .record(z.string(), z.string())
    .nullish()
    .transform((value) => value ?? undefined),
});

export const transactionEventPayload = z.object({
  accountID: z.string().min(1),
  accountNo: optionalText,
  userID: optionalText,
  transaction: transactionRow,
});

export const accountEventPayload = z.object({ accountID: optionalText, accountNo: optionalText, userID: optionalText });

/** Where the payload may stand, and under which name. A name that is no text counts as none. */
const OWNERS = ['account', 'accountDetails', 'user', 'userDetails', 'cancelRebill', 'transfer', 'transaction', 'order'] as const;
const textAt = (body: JsonObject, name: string): string | undefined => {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};
const objectAt = (body: JsonObject, name: string): JsonObject => {
  const value = body[name];
  return isJsonObject(value) ? value : {};
};
const anyOf = (bodies: readonly JsonObject[], names: readonly string[]): string | undefined =>
  bodies.flatMap((body) => names.map((name) => textAt(body, name))).find((text) => text !== undefined);

const ACCOUNT_NOS = ['accountNo', 'accountNumber'];
const ACCOUNT_IDS = ['accountID', 'accountId'];
const USER_IDS = ['userID', 'userId'];

/** Whose correction it is, under any name that the vendor uses for an account or its owner elsewhere. Nothing is required. */
export const correctionEventPayload = jsonObject.transform((body) => {
  const bodies = [body, ...OWNERS.map((name) => objectAt(body, name))];
  const account = objectAt(body, 'account');
  const user = objectAt(body, 'user');
  return {
    accountNo: anyOf(bodies, ACCOUNT_NOS) ?? textAt(account, 'no'),
    accountID: anyOf(bodies, ACCOUNT_IDS) ?? textAt(account, 'id') ?? textAt(body, 'account'),
    userID: anyOf(bodies, USER_IDS) ?? textAt(user, 'id') ?? textAt(body, 'user'),
  };
});

export type BrokerEvent =
  | {
      readonly kind: 'order';
      readonly id: string;
      readonly type: string;
      readonly timestamp: string;
      readonly payload: z.infer<typeof orderEventPayload>;
    }
  | {
      readonly kind: 'redemption';
      readonly id: string;
      readonly type: string;
      readonly timestamp: string;
      readonly payload: z.infer<typeof redemptionEventPayload>;
    }
  | {
      readonly kind: 'transaction';
      readonly id: string;
      readonly type: string;
      readonly timestamp: string;
      readonly payload: z.infer<typeof transactionEventPayload>;
    }
  | {
      readonly kind: 'account';
      readonly id: string;
      readonly type: string;
      readonly timestamp: string;
      readonly payload: z.infer<typeof accountEventPayload>;
    }
  | {
      readonly kind: 'correction';
      readonly id: string;
      readonly type: string;
      readonly timestamp: string;
      readonly payload: z.infer<typeof correctionEventPayload>;
    }
  /** A type we do not know, or know and do not use. Never an error. */
  | { readonly kind: 'other'; readonly id: string; readonly type: string; readonly timestamp: string };

const among = (type: string, list: readonly string[]): boolean => list.includes(type);

/** Reads one event from parsed JSON. @throws z.ZodError when the envelope, or the payload of a type we use, has another shape. */
export const readEvent = (json: unknown): BrokerEvent => {
  const { id, type, timestamp, payload } = eventEnvelope.parse(json);
  if (type.startsWith(CORRECTION_FAMILY))
    return { kind: 'correction', id, type, timestamp, payload: correctionEventPayload.parse(payload) };
  if (among(type, ORDER_EVENTS)) return { kind: 'order', id, type, timestamp, payload: orderEventPayload.parse(payload) };
  if (among(type, REDEMPTION_EVENTS)) return { kind: 'redemption', id, type, timestamp, payload: redemptionEventPayload.parse(payload) };
  if (among(type, TRANSACTION_EVENTS)) return { kind: 'transaction', id, type, timestamp, payload: transactionEventPayload.parse(payload) };
  if (among(type, ACCOUNT_EVENTS)) return { kind: 'account', id, type, timestamp, payload: accountEventPayload.parse(payload) };
  return { kind: 'other', id, type, timestamp };
};
