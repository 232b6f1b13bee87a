/** Who asks, and whether they may. Every refusal is a line of the log and a figure. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { sendProblem, type Problem } from '../../../../shared/runtime/http/server.js';
import { normalisedName, type Operator, type OperatorRole } from '../../../../shared/runtime/signing/operators-file.js';
import type { LoginDelays } from './login-delays.js';

export type KnownOperator = { readonly name: string; readonly token: string };
/** Who is at the door. */
export type Visitor = { readonly name: string; readonly roles: readonly OperatorRole[] };

/** In one word, for metrics. */
export const refusalReasons = ['no-token', 'unknown-token', 'too-many-failures', 'no-role', 'refused'] as const;
export type RefusalReason = (typeof refusalReasons)[number];
export type OnRefusal = (
  reason: RefusalReason,
  about: { readonly name: string | null; readonly address: string; readonly what: string },
) => void;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** People of OPERATORS_FILE with their roles, and those of OPERATOR_TOKENS, who only look. Compared with each, in the same time whatever is sent. */
export const recogniser = (
  lookers: readonly KnownOperator[],
  withToken: (token: string) => Operator | null,
): ((token: string) => Visitor | null) => {
  const known = lookers.map(({ name, token }) => ({ name, hash: hashOf(token) }));
  return (token) => {
    const hash = hashOf(token);
    let found: Visitor | null = null;
    for (const one of known) if (timingSafeEqual(one.hash, hash)) found = { name: one.name, roles: ['look'] };
    const person = withToken(token);
    return person === null ? found : { name: person.name, roles: person.roles };
  };
};

export type Door = {
  readonly recognise: (token: string) => Visitor | null;
  readonly delays: LoginDelays;
  readonly onRefusal: OnRefusal;
};

type Locals = { visitor?: Visitor; onRefusal?: OnRefusal };
const localsOf = (response: Response): Locals => response.locals as Locals;

const addressOf = (request: Request): string => request.socket.remoteAddress ?? 'unknown';
/** Who they say they are: only so that guessing at one person from many addresses is slowed down, too. */
const claimedName = (request: Request): string | null => {
  const name = request.get('operator-name');
  return name === undefined || name === '' ? null : normalisedName(name).slice(0, 64);
};
const tokenIn = (request: Request): string | null => /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;

const UNKNOWN: Problem = { status: 401, code: 'operator-unknown', title: 'Who are you? Send the token of a named operator' };

/** Everything behind this handler is asked by a named operator. */
export const authenticated =
  ({ recognise, delays, onRefusal }: Door): RequestHandler =>
  (request, response, next) => {
    const address = addressOf(request);
    const claimed = claimedName(request);
    const keys = [`address:${address}`, ...(claimed === null ? [] : [`name:${claimed}`])];
    const refuse = (reason: RefusalReason, problem: Problem, headers: Readonly<Record<string, string>>): void => {
      onRefusal(reason, { name: claimed, address, what: `${request.method} ${request.path}` });
      sendProblem(response, problem, headers);
    };
    const token = tokenIn(request);
    const visitor = token === null ? null : recognise(token);
    // A right token is never kept waiting: somebody who guesses under a name must not keep this person from the stop.
    const leftMs = visitor === null ? delays.leftMs(keys) : 0;
    if (leftMs > 0) {
      const seconds = String(Math.ceil(leftMs / 1_000));
      const title = `Too many failed logins: try again in ${seconds} s`;
      refuse('too-many-failures', { status: 429, code: 'too-many-failures', title }, { 'Retry-After': seconds });
      return;
    }
    if (visitor === null) {
      // Somebody without any token has not guessed at one.
      if (token !== null) delays.failed(keys);
      refuse(token === null ? 'no-token' : 'unknown-token', UNKNOWN, { 'WWW-Authenticate': 'Bearer' });
      return;
    }
    // Only the name: whoever guesses at others from this address goes on waiting.
    delays.succeeded([`name:${visitor.name}`]);
    Object.assign(localsOf(response), { visitor, onRefusal });
    next();
  };

export const visitorOf = (response: Response): Visitor => {
  const { visitor } = localsOf(response);
  if (visitor === undefined) throw new Error('a route of operators was reached without a name');
  return visitor;
};
export const operatorOf = (response: Response): string => visitorOf(response).name;

/** Whatever is refused to somebody behind the door. */
export const noteRefusal = (request: Request, response: Response, reason: RefusalReason, why: string): void => {
  const { visitor, onRefusal } = localsOf(response);
  onRefusal?.(reason, { name: visitor?.name ?? null, address: addressOf(request), what: `${request.method} ${request.path}: ${why}` });
};

/** One of these roles is enough. Whoever may act or approve may look. */
export const mayDo =
  (...roles: readonly OperatorRole[]): RequestHandler =>
  (request, response, next) => {
    const visitor = visitorOf(response);
    if (roles.includes('look') || roles.some((role) => visitor.roles.includes(role))) {
      next();
      return;
    }
    noteRefusal(request, response, 'no-role', `needs ${roles.join(' or ')}`);
    sendProblem(response, { status: 403, code: 'no-role', title: `${visitor.name} has no role for this: it needs ${roles.join(' or ')}` });
  };
