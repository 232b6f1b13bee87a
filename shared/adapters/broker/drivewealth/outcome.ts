import { errorResponse } from '../../../../contracts/broker/drivewealth/http.js';
import type { Json } from '../../../kernel/json.js';
import type { Outcome } from '../../../kernel/outcome.js';
import type { CashOutRefusal, OrderRefusal } from '../../../ports/broker.js';
import type { Sent } from '../../http/authorised.js';
import type { HttpAnswer } from '../../http/http.js';
import { asRead, CREDENTIALS_RETRY_MS, describe, outcomeOfStatus, retryable, unknown, type Open } from '../../http/outcome.js';

/** What an error code says happened. `open`: an earlier request may have been carried out. */
type Row<Reason extends string> = { readonly code: RegExp; readonly says: Reason | 'open' | 'credentials' };
export type Refusals<Reason extends string> = readonly Row<Reason>[];

/**
 * Codes about keys and repeats: E101 too many repeats, E075 and E020 duplicates, IK0xx keys (IK075: the remembered answer is
 * lost). None of them says what became of the first request. L0xx: login.
 */
const SHARED: Refusals<never> = [
  { code: /^(E101|E075|E020|IK\d+)$/, says: 'open' },
  { code: /^L\d+$/, says: 'credentials' },
];

/** Documented refusals of an order; errors page and order pages, November 2026. */
export const ORDER_REFUSALS: Refusals<OrderRefusal> = [
  { code: /^O098$/, says: 'account-not-open' },
  { code: /^O105$/, says: 'not-enough-units' },
  { code: /^O0(0[5-9]|1[0-9])$/, says: 'malformed' },
  { code: /^E032$/, says: 'malformed' },
  { code: /^(O099|O123|O124|O125)$/, says: 'refused' },
  // The account is restricted; comes with 403.
  { code: /^(A001|A051)$/, says: 'refused' },
  ...SHARED,
];

/** Documented refusals of a redemption. Failures are remembered with the key, so none of them can be tried again under it. */
export const CASH_OUT_REFUSALS: Refusals<CashOutRefusal> = [
  { code: /^Y075$/, says: 'not-enough-cash' },
  { code: /^(Y025|A065)$/, says: 'not-allowed' },
  { code: /^(K050|K075|E032)$/, says: 'malformed' },
  { code: /^(A001|A04[4-9]|A05\d|A06[0-4]|N\d+)$/, says: 'refused' },
  ...SHARED,
];

const codeOf = (answer: HttpAnswer): string | null => {
  const read = answer.body.kind === 'json' ? errorResponse.safeParse(answer.body.json) : null;
  return read?.success === true ? read.data.errorCode : null;
};

const saysOf = <Reason extends string>(code: string | null, rows: Refusals<Reason>): Row<Reason>['says'] | null =>
  code === null ? null : (rows.find((row) => row.code.test(code))?.says ?? null);

/** The code only: the message is free text that may hold account numbers. */
const noteOf = (answer: HttpAnswer, code: string | null): string =>
  code === null ? `answered ${describe(answer)}` : `answered ${describe(answer)} ${code.slice(0, 20)}`;

type Refused<Reason extends string> = { readonly kind: 'rejected'; readonly reason: Reason; readonly note: string };
export type Judged<Reason extends string> =
  { readonly json: Json; readonly ended: null } | { readonly json: null; readonly ended: Open | Refused<Reason> };

/**
 * Rows for a write: only a listed code rejects; any other 4xx, and what cannot be read, is unknown. A refusal may be 400 or 403: a code
 * that is listed decides, and only a 403 without one blames our credentials.
 */
export const judgeWrite = <Reason extends string>(sent: Sent, rows: Refusals<Reason>): Judged<Reason> => {
  if (sent.answer === null) return { json: null, ended: sent.open };
  const { answer } = sent;
  const listed = answer.status === 403 && saysOf(codeOf(answer), rows) !== null;
  const open = listed ? null : outcomeOfStatus(answer);
  if (open !== null) return { json: null, ended: open };
  if (answer.status === 200 || answer.status === 201) {
    if (answer.body.kind === 'json') return { json: answer.body.json, ended: null };
    return { json: null, ended: unknown(`answered ${describe(answer)} without a readable body`) };
  }
  const code = codeOf(answer);
  const says = saysOf(code, rows);
  const note = noteOf(answer, code);
  if (says === 'credentials') return { json: null, ended: retryable(`credentials: ${note}`, CREDENTIALS_RETRY_MS) };
  if (says === null || says === 'open') return { json: null, ended: unknown(says === null ? `unlisted: ${note}` : note) };
  return { json: null, ended: { kind: 'rejected', reason: says, note } };
};

export type ReadEnd = Extract<Open, { kind: 'retryable' }> | Extract<Outcome<never, 'not-found'>, { kind: 'rejected' }>;
export type Got<Value> = { readonly value: Value; readonly ended: null } | { readonly value: null; readonly ended: ReadEnd };

export const got = <Value>(value: Value): Got<Value> => ({ value, ended: null });
export const not = (ended: ReadEnd): Got<never> => ({ value: null, ended });
/** Something in an answer that we must not guess at: asked again, people see it in the evidence. */
export const unclear = (evidence: string, retryAfterMs = 10_000): Got<never> => not(retryable(evidence, retryAfterMs));

/** Rows for a read: it may always be asked again; 404 and the two "not found" codes are answers. */
export const judgeRead = (sent: Sent): Got<Json> => {
  if (sent.answer === null) return not(asRead(sent.open));
  const { answer } = sent;
  const open = outcomeOfStatus(answer);
  if (open !== null) return not(asRead(open));
  if (answer.status === 200) {
    return answer.body.kind === 'json' ? got(answer.body.json) : not(retryable(`answered ${describe(answer)} without a readable body`));
  }
  const code = codeOf(answer);
  if (answer.status === 404 || code === 'Y050' || code === 'A001')
    return not({ kind: 'rejected', reason: 'not-found', note: noteOf(answer, code) });
  return not(retryable(noteOf(answer, code), 60_000));
};
