/** One HTTP exchange: a bounded body in, JSON with every digit out, refusals as problem+json. */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { problemsOf } from '../../../../contracts/tokens.js';
import { parseJson, printJson, type Json, type Printable } from '../../../../shared/kernel/json.js';
import { networkOf } from '../../../../shared/runtime/http/address.js';
import { Bodies, BodyRefused } from '../../../../shared/runtime/http/body.js';
import { sendProblem, type Problem } from '../../../../shared/runtime/http/server.js';
import { noteRefusal } from './authentication.js';

/** A corrected message and what is around it. */
const LARGEST_BODY_BYTES = 1_000_000;
const bodies = new Bodies({ bytes: LARGEST_BODY_BYTES, deadlineMs: 10_000, perSender: 100, heldBytes: 32_000_000 });
// Bytes that are no text would be signed as one thing and acted upon as another.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Ends an exchange with this problem. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: Problem;
  constructor(status: number, code: string, title: string, detail?: string) {
    super(title);
    this.problem = { status, code, title, ...(detail === undefined ? {} : { detail }) };
  }
}

const readBody = async (request: Request): Promise<Json> => {
  if (!/^application\/json(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'media-type', 'The body must be application/json');
  const bytes = await bodies.read(request, networkOf(request.socket.remoteAddress ?? '')).catch((error: unknown) => {
    if (!(error instanceof BodyRefused)) throw error;
    const { status, code, title } = error.problem;
    throw new Refusal(status, code, title);
  });
  try {
    return parseJson(utf8.decode(bytes));
  } catch {
    throw new Refusal(400, 'not-json', 'The body is not JSON');
  }
};

export const parsed = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new Refusal(400, 'wrong-shape', 'This cannot be understood', problemsOf(read.error).slice(0, 10).join('; '));
};

export const bodyOf = async <S extends z.ZodType>(schema: S, request: Request): Promise<z.output<S>> =>
  parsed(schema, await readBody(request));

/** Text of people: something to read, no control characters, nothing that a database cannot keep. */
export const words = (longest: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((text) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) && !/\p{Cs}/u.test(text), 'holds characters that cannot be kept');

export type Answer = { readonly status: number; readonly body: unknown };
export const ok = (body: unknown): Answer => ({ status: 200, body });

export const exchange =
  (answer: (request: Request, response: Response) => Promise<Answer>): RequestHandler =>
  async (request, response) => {
    try {
      const { status, body } = await answer(request, response);
      // Rows of ours: JSON values, whole numbers and lossless ones.
      response
        .status(status)
        .set('Cache-Control', 'no-store')
        .type('application/json')
        .send(printJson(body as Printable));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.status === 403 || error.problem.code === 'changed-since')
        noteRefusal(request, response, 'refused', error.problem.code);
      sendProblem(response, error.problem, error.problem.status === 413 || error.problem.status === 408 ? { Connection: 'close' } : {});
    }
  };
