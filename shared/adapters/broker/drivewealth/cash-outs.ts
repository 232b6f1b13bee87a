import {
  createRedemptionRequest,
  PATHS,
  redemption,
  redemptionList,
  type CreateRedemptionRequest,
  type Redemption,
} from '../../../../contracts/broker/drivewealth/http.js';
import { instantMs } from '../../../kernel/instant.js';
import { Bug } from '../../../kernel/bug.js';
import { absolute, compare, isPositive } from '../../../kernel/decimal.js';
import { JsonNumber, type Json, type Printable } from '../../../kernel/json.js';
import { isPayable, type Currency } from '../../../kernel/money.js';
import type { Inquiry, Outcome, Sending } from '../../../kernel/outcome.js';
import type { BrokerPort, CashOut, CashOutRefusal, CashOutRequest, ListedCashOut } from '../../../ports/broker.js';
import { noAnswer, retryable, unknown } from '../../http/outcome.js';
import { isOfAccount, type Accounts, type AccountNames } from './accounts.js';
import { wireKey, type DriveWealthClient } from './client.js';
import { get } from './get.js';
import { cashOutOf, timeOf } from './mapping.js';
import { post } from './post.js';
import { CASH_OUT_REFUSALS, got, judgeWrite, unclear, type Got } from './outcome.js';

export type CashOutOptions = {
  readonly currency: Currency;
  readonly redemptionType: CreateRedemptionRequest['type'];
  readonly bankAccountId?: string;
  readonly settlementProfileId?: string;
  readonly clockSkewMs: number;
};
export type CashOuts = Pick<BrokerPort, 'createCashOut' | 'findCashOut' | 'readCashOut' | 'readCashOuts' | 'approveCashOut'>;
type Context = { readonly client: DriveWealthClient; readonly accounts: Accounts; readonly options: CashOutOptions };
type Applied = Outcome<CashOut, CashOutRefusal>;

const bodyOf = (request: CashOutRequest, accountNo: string, key: string, options: CashOutOptions): Printable => {
  const body = {
    accountNo,
    amount: new JsonNumber(request.amount.amount),
    currency: request.amount.currency,
    type: options.redemptionType,
    note: key,
    ...(options.bankAccountId === undefined ? {} : { bankAccountID: options.bankAccountId }),
    ...(options.settlementProfileId === undefined ? {} : { settlementProfileID: options.settlementProfileId }),
  };
  if (!createRedemptionRequest.safeParse(body).success) throw new Bug('a redemption that their schema refuses');
  return body;
};

/** Null: amount, currency and account are those asked for, as far as the answer tells. */
const differenceOf = (read: Redemption, request: CashOutRequest, names: AccountNames): string | null => {
  if (read.amount !== undefined && compare(absolute(read.amount), request.amount.amount) !== 0) return 'another amount';
  if (read.currency !== undefined && read.currency !== request.amount.currency) return 'another currency';
  return isOfAccount({ accountID: read.accountId, accountNo: read.accountNo }, names) ? null : 'another account';
};

type Ended =
  | { readonly kind: 'applied'; readonly result: CashOut }
  | { readonly kind: 'rejected'; readonly reason: 'failed' | 'returned'; readonly note: string };

/** It exists, in whatever status, unless it has come to an end without money leaving. */
const endOf = (cashOut: CashOut): Ended => {
  switch (cashOut.status) {
    case 'failed':
      return { kind: 'rejected', reason: 'failed', note: cashOut.brokerStatus };
    case 'returned':
      return { kind: 'rejected', reason: 'returned', note: cashOut.brokerStatus };
    case 'pending':
    case 'unclear':
    case 'needs-approval':
    case 'done':
      return { kind: 'applied', result: cashOut };
  }
};

const createCashOut =
  (context: Context): CashOuts['createCashOut'] =>
  async (request, sending) => {
    const { options } = context;
    if (!isPositive(request.amount.amount) || !isPayable(request.amount)) throw new Bug('a cash-out is a positive amount of whole cents');
    if (request.amount.currency !== options.currency)
      return { kind: 'rejected', reason: 'not sent: another currency than the accounts have' };
    const posted = await post(
      context,
      {
        operation: 'create-cash-out',
        path: PATHS.redemptions,
        account: request.account,
        refusals: CASH_OUT_REFUSALS,
        body: ({ accountNo }, key) => bodyOf(request, accountNo, key, options),
      },
      sending,
    );
    if (posted.ended !== null) return posted.ended;
    const read = redemption.safeParse(posted.json);
    if (!read.success) return unknown('the answer holds no redemption');
    const difference = differenceOf(read.data, request, posted.names);
    return difference === null
      ? endOf(cashOutOf(read.data, request.amount.currency))
      : unknown(`the answer holds ${difference} than was asked`);
  };

const noteOf = (read: Redemption): string | null => {
  const note = read.note?.trim() ?? '';
  return note === '' ? null : note;
};

const carries = (read: Redemption, key: string): boolean => noteOf(read) === key;

/** Made since the first send, as far as the row tells. */
const isSince = (read: Redemption, fromMs: number): boolean => {
  const createdMs = read.created === undefined ? null : instantMs(read.created);
  return createdMs === null || createdMs >= fromMs;
};

const MOST_CANDIDATES = 20;

/** Every redemption of the account: the published list has neither pages nor dates. */
const listOf = ({ client }: Context, operation: string, names: AccountNames, signal: AbortSignal): Promise<Got<readonly Redemption[]>> =>
  get(client, { operation, path: PATHS.accountRedemptions(names.accountId), shape: redemptionList, what: 'the redemptions' }, signal);

type Sorted = { readonly ours: readonly Redemption[]; readonly perhaps: readonly Redemption[] };

/**
 * The published row of the list has no note; the read by id has one. So each row since the first send that shows no note is read by its id.
 * `perhaps`: of our account, amount and time, and no note there either. The note may be lost, so such a one is never "not ours".
 */
const sortOut = async (context: Context, request: CashOutRequest, names: AccountNames, sending: Sending): Promise<Got<Sorted>> => {
  const list = await listOf(context, 'find-cash-out', names, sending.signal);
  if (list.ended !== null) return list;
  const key = wireKey(sending.key);
  const fromMs = sending.firstSentAtMs - context.options.clockSkewMs;
  const ours = list.value.filter((one) => carries(one, key));
  const unnamed = list.value.filter((one) => noteOf(one) === null && isSince(one, fromMs));
  if (unnamed.length > MOST_CANDIDATES) return unclear('too many redemptions could be ours');
  const perhaps: Redemption[] = [];
  for (const row of unnamed) {
    const read = await redemptionOf(context, row.redemptionId, sending.signal);
    if (read.ended !== null) return read;
    const note = noteOf(read.value);
    if (note === key) ours.push({ ...row, note, status: read.value.status });
    else if (note === null && differenceOf(row, request, names) === null) perhaps.push(row);
  }
  return got({ ours, perhaps });
};

const foundOf = (cashOut: CashOut): Inquiry<CashOut, CashOutRefusal> => {
  const end = endOf(cashOut);
  return end.kind === 'applied' ? { found: 'applied', result: end.result } : { found: 'rejected', reason: end.reason, note: end.note };
};

const NOT_FOUND = { found: 'no-answer', evidence: 'the account or a redemption was not found', retryAfterMs: 60_000 } as const;

const findCashOut =
  (context: Context): CashOuts['findCashOut'] =>
  async (request, sending) => {
    const names = await context.accounts.find(request.account, sending.signal);
    const sorted = names.ended === null ? await sortOut(context, request, names.value, sending) : names;
    if (names.ended !== null || sorted.ended !== null) {
      const ended = names.ended ?? sorted.ended;
      return ended === null || ended.kind === 'rejected' ? NOT_FOUND : noAnswer(ended);
    }
    const { ours, perhaps } = sorted.value;
    const [only, second] = ours;
    if (second !== undefined) return { found: 'ambiguous', evidence: `${String(ours.length)} redemptions carry our key` };
    if (only !== undefined) {
      const difference = differenceOf(only, request, names.value);
      return difference === null
        ? foundOf(cashOutOf(only, request.amount.currency))
        : { found: 'ambiguous', evidence: `the redemption with our key is of ${difference}` };
    }
    return perhaps.length === 0
      ? { found: 'absent' }
      : { found: 'ambiguous', evidence: `${String(perhaps.length)} redemptions of the same amount since the first send carry no note` };
  };

const createdMs = ({ created }: Redemption): number => (created === undefined ? null : instantMs(created)) ?? Number.MAX_SAFE_INTEGER;

/** The rows with the notes that their reads by id show. Of more than can be read the older ones stay without: then they are nobody's. */
const withNotes = async (context: Context, rows: readonly Redemption[], signal: AbortSignal): Promise<Got<readonly Redemption[]>> => {
  const read: Redemption[] = [];
  for (const row of [...rows].sort((a, b) => createdMs(b) - createdMs(a))) {
    const found = read.length < MOST_CANDIDATES ? await redemptionOf(context, row.redemptionId, signal) : got(row);
    // Its list shows it: that it is not found now says nothing about the account.
    if (found.ended !== null) return found.ended.kind === 'rejected' ? unclear('a redemption of the list was not found') : found;
    read.push({ ...row, note: found.value.note });
  }
  return got(read);
};

/**
 * The account's list, from which nothing is left out that could be recent. Our key stands in the note, and the published row has none.
 * So each row whose id is not known to be ours is read by its id.
 */
const readCashOuts =
  (context: Context): CashOuts['readCashOuts'] =>
  async (account, sinceMs, { keys, cashOutIds }, signal) => {
    const names = await context.accounts.find(account, signal);
    if (names.ended !== null) return names.ended;
    const list = await listOf(context, 'list-cash-outs', names.value, signal);
    if (list.ended !== null) return list.ended;
    if (list.value.some((row) => !isOfAccount({ accountID: row.accountId, accountNo: row.accountNo }, names.value)))
      return retryable('the list shows a redemption of another account', 10_000);
    const isOurs = (row: Redemption): boolean => cashOutIds.includes(row.redemptionId);
    const fromMs = sinceMs - context.options.clockSkewMs;
    const keyOf = new Map(keys.map((key) => [wireKey(key), key]));
    const isKey = (row: Redemption): boolean => keyOf.has(noteOf(row) ?? '');
    const rows = list.value.filter((row) => isOurs(row) || isKey(row) || isSince(row, fromMs));
    const bare = rows.filter((row) => noteOf(row) === null && !isOurs(row));
    const named = await withNotes(context, bare, signal);
    if (named.ended !== null) return named.ended;
    const listed = (row: Redemption): ListedCashOut => ({
      ...cashOutOf(row, context.options.currency),
      createdAt: timeOf(row.created),
      key: keyOf.get(noteOf(row) ?? '') ?? null,
    });
    return { kind: 'applied', result: [...rows.filter((row) => !bare.includes(row)), ...named.value].map(listed) };
  };

const redemptionOf = async ({ client }: Context, cashOutId: string, signal: AbortSignal): Promise<Got<Redemption>> => {
  const question = { operation: 'read-cash-out', path: PATHS.redemption(cashOutId), shape: redemption, what: 'the redemption' };
  const answer = await get(client, question, signal);
  return answer.ended === null && answer.value.redemptionId !== cashOutId ? unclear('the redemption cannot be read') : answer;
};

const readOne = async (context: Context, cashOutId: string, signal: AbortSignal): Promise<Got<CashOut>> => {
  const read = await redemptionOf(context, cashOutId, signal);
  // The published form of this read leaves the amount out.
  return read.ended === null ? got(cashOutOf(read.value, context.options.currency)) : read;
};

const approvedOf = (json: Json, cashOutId: string): Redemption | null => {
  const read = redemption.safeParse(json);
  return read.success && read.data.redemptionId === cashOutId ? read.data : null;
};

/**
 * Reads first: only a withdrawal that waits for the adviser is approved. No idempotency key goes with it, since a refusal
 * would be remembered for days and answered even after the cash has settled.
 */
const approveCashOut =
  (context: Context): CashOuts['approveCashOut'] =>
  async (cashOutId, sending): Promise<Applied> => {
    const before = await readOne(context, cashOutId, sending.signal);
    if (before.ended !== null) return before.ended.kind === 'rejected' ? retryable('the redemption was not found', 60_000) : before.ended;
    // Taken for "approved already", it would leave the withdrawal waiting for its adviser for ever.
    if (before.value.status === 'unclear') return retryable(`not approved yet: the broker says ${before.value.brokerStatus.slice(0, 20)}`);
    if (before.value.status !== 'needs-approval') return endOf(before.value);
    const judged = judgeWrite(
      await context.client.send({
        operation: 'approve-cash-out',
        method: 'PATCH',
        path: PATHS.redemption(cashOutId),
        body: { status: 'RIA_APPROVED' },
        signal: sending.signal,
      }),
      CASH_OUT_REFUSALS,
    );
    if (judged.ended !== null && judged.ended.kind !== 'rejected') return judged.ended;
    const answered = judged.ended === null ? approvedOf(judged.json, cashOutId) : null;
    if (answered !== null) {
      const cashOut = cashOutOf(answered, context.options.currency);
      if (cashOut.status !== 'needs-approval' && cashOut.status !== 'unclear') return endOf(cashOut);
    }
    const after = await readOne(context, cashOutId, sending.signal);
    if (after.ended !== null) return unknown('the status after the approval could not be read');
    if (after.value.status === 'unclear') return unknown(`after the approval the broker says ${after.value.brokerStatus.slice(0, 20)}`);
    if (after.value.status !== 'needs-approval') return endOf(after.value);
    // Refused and still waiting: nothing was lost, and cash that is missing today may settle tomorrow.
    return retryable(judged.ended === null ? 'it still waits for approval' : `the approval was refused: ${judged.ended.note}`, 30_000);
  };

export const createCashOuts = (context: Context): CashOuts => ({
  createCashOut: createCashOut(context),
  findCashOut: findCashOut(context),
  readCashOut: async (cashOutId, signal) => {
    const read = await readOne(context, cashOutId, signal);
    return read.ended === null ? { kind: 'applied', result: read.value } : read.ended;
  },
  readCashOuts: readCashOuts(context),
  approveCashOut: approveCashOut(context),
});
