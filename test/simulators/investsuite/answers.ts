import type { Printable } from '../../../shared/kernel/json.js';
import type { Answer, Call, Refusals } from '../shared/http.js';

/** One place of a 400 or 422 body. */
export type Problem = { readonly loc: readonly string[]; readonly msg: string; readonly type: string };

export const EXTRA = { msg: 'extra fields not permitted', type: 'value_error.extra' } as const;
export const READ_ONLY = { msg: 'field may not be updated', type: 'value_error.readonly' } as const;
export const MISSING = { msg: 'field required', type: 'value_error.missing' } as const;

const printable = (problems: readonly Problem[]): Printable =>
  problems.map((problem) => ({ loc: problem.loc, msg: problem.msg, type: problem.type }));

/** Bodies as the errors page has them: 400 and 422 a list in `detail`, 401 a `description`, 403, 404 and 409 a text. */
export const invalid = (problems: readonly Problem[], call: Call, status: 400 | 422 = 400): Answer => ({
  status,
  body: {
    title: status === 400 ? 'Invalid request' : 'Unprocessable entity',
    detail: printable(problems),
    status,
    body: call.body ?? null,
  },
});
export const unauthorised = (call: Call): Answer => ({
  status: 401,
  body: {
    title: 'Unauthorized',
    description: 'The access token is missing or has expired',
    request_id: call.requestId,
    timestamp: new Date().toISOString(),
  },
});
export const forbidden = (): Answer => ({
  status: 403,
  body: { title: 'Forbidden', detail: 'You have no permission for this', status: 403 },
});
export const notFound = (what: string): Answer => ({
  status: 404,
  body: { title: 'Not found', detail: `${what} was not found`, status: 404 },
});
export const conflict = (detail: string): Answer => ({ status: 409, body: { title: 'Conflict', detail, status: 409 } });

export const refusals: Refusals = {
  serverError: (call) => ({ status: 500, body: { title: 'Internal server error', request_id: call.requestId } }),
  unauthorised,
  tooManyRequests: (_call, retryAfterSeconds) => ({
    status: 429,
    headers: { 'retry-after': retryAfterSeconds },
    body: { title: 'Too many requests', status: 429 },
  }),
  refuse: (call, detail) => {
    if (detail === '403') return forbidden();
    if (detail === '404') return notFound('The object');
    if (detail === '400') return invalid([{ loc: ['body'], ...EXTRA }], call);
    return invalid([{ loc: ['body'], msg: detail ?? 'not acceptable', type: 'value_error' }], call, 422);
  },
  conflict: (_call, detail) => conflict(detail ?? 'the object is in another state'),
};
