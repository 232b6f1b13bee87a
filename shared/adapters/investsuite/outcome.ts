import { errorBody } from '../../../contracts/investsuite/http.js';
import type { Outcome } from '../../kernel/outcome.js';
import type { InvestSuiteRefusal } from '../../ports/investsuite.js';
import type { Sent } from '../http/authorised.js';
import type { HttpAnswer } from '../http/http.js';
import { asRead, describe, outcomeOfStatus, retryable, unknown, type Open } from '../http/outcome.js';
import type { Json } from '../../kernel/json.js';

type Refused = { readonly kind: 'rejected'; readonly reason: InvestSuiteRefusal; readonly note: string };

/** Documented refusals, each "not done". Error table of the API introduction, copy of December 2022; 422 is the older 400. */
export const REFUSALS: Readonly<Record<number, Exclude<InvestSuiteRefusal, 'changed-meanwhile' | 'forbidden'>>> = {
  400: 'invalid',
  404: 'not-found',
  409: 'conflict',
  422: 'invalid',
};

const LONGEST_NOTE = 400;

/** Where the body says the fault is: places and error types only, since messages may repeat what was sent. */
export const problemNote = (answer: HttpAnswer): string => {
  const start = `answered ${describe(answer)}`;
  const read = answer.body.kind === 'json' ? errorBody.safeParse(answer.body.json) : null;
  if (read?.success !== true) return start;
  const { detail, request_id: requestId } = read.data;
  const places = Array.isArray(detail)
    ? detail
        .map((one) => `${(one.loc ?? []).filter((step) => typeof step === 'string').join('.')} ${one.type ?? ''}`.trim())
        .filter((place) => place !== '')
    : [];
  const parts = [start, ...places, ...(typeof requestId === 'string' ? [`request ${requestId}`] : [])];
  return parts.join('; ').slice(0, LONGEST_NOTE);
};

/** The JSON of a 2xx, or what is known instead. */
export type Judged = { readonly json: Json; readonly ended: null } | { readonly json: null; readonly ended: Open | Refused };

/** Rows for a write: before the first byte retryable, after it unknown; documented refusals rejected; what is unlisted unknown. */
export const judgeWrite = (sent: Sent): Judged => {
  if (sent.answer === null) return { json: null, ended: sent.open };
  const { answer } = sent;
  const open = outcomeOfStatus(answer);
  if (open !== null) return { json: null, ended: open };
  const refusal = REFUSALS[answer.status];
  if (refusal !== undefined) return { json: null, ended: { kind: 'rejected', reason: refusal, note: problemNote(answer) } };
  if (answer.status !== 200 && answer.status !== 201) return { json: null, ended: unknown(`unlisted: ${problemNote(answer)}`) };
  if (answer.body.kind !== 'json') return { json: null, ended: unknown(`answered ${describe(answer)} without a readable body`) };
  return { json: answer.body.json, ended: null };
};

type ReadEnd = Extract<Open, { kind: 'retryable' }> | Extract<Outcome<never, 'not-found'>, { kind: 'rejected' }>;
export type JudgedRead =
  | { readonly json: Json; readonly status: number; readonly ended: null }
  | { readonly json: null; readonly status: number | null; readonly ended: ReadEnd };

/** Rows for a read: it may always be asked again; only a 404 is an answer. */
export const judgeRead = (sent: Sent): JudgedRead => {
  if (sent.answer === null) return { json: null, status: null, ended: asRead(sent.open) };
  const { answer } = sent;
  const ended = (end: ReadEnd): JudgedRead => ({ json: null, status: answer.status, ended: end });
  const open = outcomeOfStatus(answer);
  if (open !== null) return ended(asRead(open));
  if (answer.status === 404) return ended({ kind: 'rejected', reason: 'not-found', note: problemNote(answer) });
  if (answer.status !== 200 && answer.status !== 202) return ended(retryable(problemNote(answer), 60_000));
  if (answer.body.kind !== 'json') return ended(retryable(`answered ${describe(answer)} without a readable body`));
  return { json: answer.body.json, status: answer.status, ended: null };
};
