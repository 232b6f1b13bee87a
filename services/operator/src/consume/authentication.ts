import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { sendProblem } from '../../../../shared/runtime/http/server.js';

export type KnownOperator = { readonly name: string; readonly token: string };

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares with every token, in the same time whatever is sent. */
export const recogniser = (operators: readonly KnownOperator[]): ((authorization: string | undefined) => string | null) => {
  const known = operators.map(({ name, token }) => ({ name, hash: hashOf(token) }));
  return (authorization) => {
    const sent = hashOf(/^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1] ?? '');
    let found: string | null = null;
    for (const { name, hash } of known) if (timingSafeEqual(hash, sent)) found = name;
    return found;
  };
};

/** Everything behind this handler is asked by a named operator. */
export const authenticated = (operators: readonly KnownOperator[]): RequestHandler => {
  const recognise = recogniser(operators);
  return (request, response, next) => {
    const name = recognise(request.headers.authorization);
    if (name === null) {
      sendProblem(
        response,
        { status: 401, code: 'operator-unknown', title: 'Who are you? Send the token of a named operator' },
        { 'WWW-Authenticate': 'Bearer' },
      );
      return;
    }
    (response.locals as { operator?: string }).operator = name;
    next();
  };
};

export const operatorOf = (response: Response): string => {
  const name = (response.locals as { operator?: string }).operator;
  if (name === undefined) throw new Error('a route of operators was reached without a name');
  return name;
};
