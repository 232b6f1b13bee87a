import { payment, paymentList, problem, REASONS, type Payment as WirePayment } from '../../../../contracts/core-banking/http.js';
import { isJsonObject } from '../../../../contracts/tokens.js';
import type { Inquiry, Outcome } from '../../../kernel/outcome.js';
import type { Payment, PaymentRequest } from '../../../ports/core-banking.js';
import type { Sent } from '../../http/authorised.js';
import type { HttpAnswer } from '../../http/http.js';
import { describe, noAnswer, outcomeOfStatus, unknown } from '../../http/outcome.js';
import { differenceOf, paymentOf, stateOf } from './mapping.js';

/** A refusal without a reason code. */
const UNSPECIFIED = 'MS03';
/** ISO 20022 external status reason codes have this form. Any other text of theirs must not pass for a word of ours. */
const REASON_CODE = /^[A-Z0-9]{4}$/;

type Paid = Outcome<Payment>;

/** A duplicate is no refusal: it says that an original exists, which has to be looked up. */
const refusal = (text: string, note: string): Paid => {
  const reason = REASON_CODE.test(text) ? text : UNSPECIFIED;
  return reason === REASONS.duplication
    ? unknown(`refused as a duplicate (${reason}): the original decides`)
    : { kind: 'rejected', reason, note };
};

const outcomeOfPayment = (read: WirePayment, request: PaymentRequest): Paid => {
  const difference = differenceOf(read, request);
  if (difference !== null) return unknown(`the answer is about ${difference} than was asked for`);
  const state = stateOf(read.status);
  switch (state) {
    case 'settled':
      return { kind: 'applied', result: paymentOf(read) };
    case 'on-its-way':
      return { kind: 'accepted', reference: read.paymentId };
    case 'refused':
      return refusal(read.status === 'CANC' ? 'CANC' : (read.statusReason ?? UNSPECIFIED), read.status);
    case null:
      return { kind: 'accepted', reference: read.paymentId, note: `unlisted status ${read.status.slice(0, 20)}` };
  }
};

const readPayment = (answer: HttpAnswer): WirePayment | null => {
  const read = answer.body.kind === 'json' ? payment.safeParse(answer.body.json) : null;
  return read?.success === true ? read.data : null;
};

/** 422 with a problem that can be read is a definite refusal. */
const outcomeOfProblem = (answer: HttpAnswer): Paid => {
  // Every member of a problem is optional (RFC 9457, 3.1).
  const read =
    answer.body.kind === 'json' && isJsonObject(answer.body.json) ? problem.safeParse({ status: null, ...answer.body.json }) : null;
  if (read?.success !== true) return unknown(`answered ${describe(answer)} without a readable problem`);
  return refusal(read.data.reason ?? UNSPECIFIED, `422 ${(read.data.code ?? '').slice(0, 60)}`.trim());
};

/** Rows for a payment. Only what the contract calls a refusal is one; every other 4xx is unknown. */
export const outcomeOfPay = (sent: Sent, request: PaymentRequest): Paid => {
  if (sent.answer === null) return sent.open;
  const { answer } = sent;
  const open = outcomeOfStatus(answer);
  if (open !== null) return open;
  switch (answer.status) {
    case 200:
    case 201: {
      const read = readPayment(answer);
      return read === null ? unknown(`answered ${describe(answer)} without a readable payment`) : outcomeOfPayment(read, request);
    }
    case 409:
      return unknown('answered 409: the reference exists there with another body');
    case 422:
      return outcomeOfProblem(answer);
    default:
      return unknown(`unlisted: answered ${describe(answer)}`);
  }
};

const inquiryOfPayment = (read: WirePayment, request: PaymentRequest): Inquiry<Payment> => {
  const outcome = outcomeOfPayment(read, request);
  switch (outcome.kind) {
    case 'applied':
      return { found: 'applied', result: outcome.result };
    case 'rejected':
      return { found: 'rejected', reason: outcome.reason, ...(outcome.note === undefined ? {} : { note: outcome.note }) };
    case 'accepted':
      return { found: 'pending', reference: outcome.reference, ...(outcome.note === undefined ? {} : { note: outcome.note }) };
    case 'retryable':
    case 'unknown':
      return { found: 'ambiguous', evidence: outcome.evidence };
  }
};

const isDuplicate = (read: WirePayment): boolean => read.status === 'RJCT' && read.statusReason === REASONS.duplication;

/** Rows for the search by reference. One payment answers; several, or one that is not as asked, are for a person. */
export const inquiryOfList = (sent: Sent, request: PaymentRequest): Inquiry<Payment> => {
  if (sent.answer === null) return noAnswer(sent.open);
  const open = outcomeOfStatus(sent.answer);
  if (open !== null) return noAnswer(open);
  const read = sent.answer.status === 200 && sent.answer.body.kind === 'json' ? paymentList.safeParse(sent.answer.body.json) : null;
  if (read?.success !== true)
    return { found: 'no-answer', evidence: `answered ${describe(sent.answer)} without a readable list`, retryAfterMs: 10_000 };
  const { items } = read.data;
  if (items.some((item) => item.endToEndId !== request.endToEndId))
    return { found: 'no-answer', evidence: 'the list holds other references than was asked for', retryAfterMs: 60_000 };
  const originals = items.length > 1 ? items.filter((item) => !isDuplicate(item)) : items;
  const [only, second] = originals;
  if (only === undefined)
    return items.length === 0
      ? { found: 'absent' }
      : { found: 'ambiguous', evidence: 'only refused duplicates are shown, and no original' };
  return second === undefined
    ? inquiryOfPayment(only, request)
    : { found: 'ambiguous', evidence: `${String(originals.length)} payments carry the reference` };
};
