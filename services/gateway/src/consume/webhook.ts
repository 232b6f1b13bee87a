/**
 * One webhook: verify over the raw bytes, parse, forward, acknowledge. 202 means that Kafka has every event of the body.
 * What is signed and cannot be read is kept whole before it is refused.
 */
import { createHash } from 'node:crypto';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import type { Counter } from 'prom-client';
import { headersOf, printEnvelope } from '../../../../contracts/internal/envelope.js';
import { JsonError, parseJson, type Json } from '../../../../shared/kernel/json.js';
import { sendProblem, type Problem } from '../../../../shared/runtime/http.js';
import type { OutgoingMessage } from '../../../../shared/runtime/kafka/producer.js';
import type { Log } from '../../../../shared/runtime/log.js';
import { verifyWebhook, webhookKey } from '../../../../shared/runtime/webhook-signature.js';
import { eventsOf, type Forwarded, type Sorted, type Source } from '../decide/forwarding.js';
import type { KeptBody, WebhookStore } from '../store/webhook.store.js';

export type WebhookRoute = { readonly path: string; readonly source: Source; readonly secrets: readonly string[]; readonly sort: (body: Json) => Sorted };
export type WebhookTools = {
  readonly store: Pick<WebhookStore, 'known' | 'remember' | 'keep'>;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
  readonly log: Log;
  readonly counter: Counter;
  readonly nowMs: () => number;
  readonly limits: { readonly bodyBytes: number; readonly eventsPerBody: number; readonly atOnce: number };
};

const messageOf = (event: Forwarded, nowIso: string, traceparent: string | undefined): OutgoingMessage => {
  const envelope = { id: event.eventId, type: event.type, version: '1', occurredAt: event.occurredAt ?? nowIso, portfolioId: event.portfolioId };
  return { topic: event.topic, key: event.key, headers: headersOf(envelope, traceparent), value: printEnvelope({ ...envelope, data: event.content }) };
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

const REFUSALS: Readonly<Record<string, string>> = {
  'signature-missing': 'The headers webhook-id, webhook-timestamp and webhook-signature are required',
  'signature-malformed': 'A signature header is malformed',
  'timestamp-out-of-tolerance': 'The webhook was signed too long ago, or in the future',
  'signature-wrong': 'The signature does not fit the body',
};

class Reception {
  readonly #route: WebhookRoute;
  readonly #tools: WebhookTools;
  readonly #keys: readonly Buffer[];

  constructor(route: WebhookRoute, tools: WebhookTools) {
    this.#route = route;
    this.#tools = tools;
    this.#keys = route.secrets.map(webhookKey);
  }

  async receive(request: Request, response: Response): Promise<void> {
    const { source } = this.#route;
    if (!Buffer.isBuffer(request.body)) {
      this.#refuse(response, { status: 415, code: 'media-type', title: 'The body must be application/json, not compressed' });
      return;
    }
    const body: Buffer = request.body;
    const headers = { id: one(request.headers['webhook-id']), timestamp: one(request.headers['webhook-timestamp']), signature: one(request.headers['webhook-signature']) };
    const verdict = verifyWebhook(this.#keys, headers, body, this.#tools.nowMs());
    if (!verdict.ok) {
      this.#refuse(response, { status: 401, code: verdict.code, title: REFUSALS[verdict.code] ?? 'Not signed' });
      return;
    }
    if (await this.#alreadyForwarded(verdict.id)) {
      this.#count('repeated');
      response.status(202).json({ accepted: 0, repeated: true });
      return;
    }
    let events: readonly Json[];
    try {
      events = eventsOf(parseJson(body.toString('utf8')));
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      await this.#keepAndRefuse(response, verdict.id, body, 'not-json', [error.message]);
      return;
    }
    if (events.length > this.#tools.limits.eventsPerBody) {
      this.#refuse(response, { status: 413, code: 'too-many-events', title: `A body may hold ${String(this.#tools.limits.eventsPerBody)} events` });
      return;
    }
    await this.#forward(response, { webhookId: verdict.id, body, sorted: events.map((event) => this.#route.sort(event)), traceparent: one(request.headers['traceparent']) });
    this.#tools.log.debug({ source, events: events.length }, 'webhook');
  }

  /** Away is not "unknown webhook": the events' own ids find a repetition later. */
  async #alreadyForwarded(webhookId: string): Promise<boolean> {
    try {
      return await this.#tools.store.known(this.#route.source, webhookId);
    } catch {
      return false;
    }
  }

  async #forward(response: Response, received: { webhookId: string; body: Buffer; sorted: readonly Sorted[]; traceparent: string | undefined }): Promise<void> {
    const { source } = this.#route;
    const { webhookId, body, sorted, traceparent } = received;
    const nowIso = new Date(this.#tools.nowMs()).toISOString();
    const events = sorted.flatMap((each) => (each.kind === 'forward' ? [each.event] : []));
    const problems = sorted.flatMap((each, index) => (each.kind === 'malformed' ? each.problems.map((problem) => `event ${String(index)}: ${problem}`) : []));
    try {
      if (events.length > 0) await this.#tools.publish(events.map((event) => messageOf(event, nowIso, traceparent)));
    } catch (error) {
      this.#tools.log.warn({ source, reason: error instanceof Error ? error.message : 'unknown' }, 'Kafka did not acknowledge: the sender is asked to come again');
      this.#refuse(response, { status: 503, code: 'kafka-away', title: 'The events could not be stored now; send them again' }, { 'Retry-After': '5' });
      return;
    }
    for (const event of events) this.#tools.counter.inc({ source, outcome: 'forwarded', topic: event.topic });
    await this.#keepUnlisted(sorted, webhookId, body);
    if (problems.length > 0) {
      await this.#keepAndRefuse(response, webhookId, body, 'wrong-shape', problems);
      return;
    }
    await this.#tools.store.remember(source, webhookId, hashOf(body)).catch((error: unknown) => {
      this.#tools.log.warn({ source, reason: error instanceof Error ? error.message : 'unknown' }, 'the webhook id is not remembered: a repetition will be found by its event ids');
    });
    response.status(202).json({ accepted: events.length });
  }

  async #keepUnlisted(sorted: readonly Sorted[], webhookId: string, body: Buffer): Promise<void> {
    const { source } = this.#route;
    for (const each of sorted) {
      if (each.kind !== 'unlisted') continue;
      this.#count('unlisted');
      if (!each.keep) continue;
      this.#tools.log.warn({ source, what: each.what, eventId: each.eventId }, 'an event of a kind or version we do not act on is kept');
      await this.#keep({ eventId: each.eventId, source, webhookId, errorClass: 'Unlisted', reason: each.what, body });
    }
  }

  async #keep(kept: KeptBody): Promise<boolean> {
    try {
      await this.#tools.store.keep(kept);
      return true;
    } catch (error) {
      this.#tools.log.error({ err: error, source: kept.source }, 'a body could not be kept');
      return false;
    }
  }

  async #keepAndRefuse(response: Response, webhookId: string, body: Buffer, code: string, problems: readonly string[]): Promise<void> {
    const { source } = this.#route;
    const kept = await this.#keep({ eventId: `${source}:unreadable:${hashOf(body)}`, source, webhookId, errorClass: code, reason: problems.join('; '), body });
    if (!kept) {
      this.#refuse(response, { status: 503, code: 'database-away', title: 'The body could not be kept now; send it again' }, { 'Retry-After': '5' });
      return;
    }
    this.#tools.log.warn({ source, code, problems }, 'a signed body cannot be read; it is kept in quarantine');
    this.#refuse(response, { status: 400, code, title: 'The body cannot be read', detail: problems.slice(0, 10).join('; ') });
  }

  #refuse(response: Response, problem: Problem, headers: Readonly<Record<string, string>> = {}): void {
    this.#count(problem.code);
    sendProblem(response, problem, headers);
  }

  #count(outcome: string): void {
    this.#tools.counter.inc({ source: this.#route.source, outcome, topic: '' });
  }
}

/** More at once than this process can hold: the sender is asked to wait, before its body is read. */
const gate = (atOnce: number, counter: Counter, source: Source): RequestHandler => {
  let running = 0;
  return (_request, response, next) => {
    if (running >= atOnce) {
      counter.inc({ source, outcome: 'too-many', topic: '' });
      sendProblem(response, { status: 429, code: 'too-many-requests', title: 'Too many webhooks at once; come again' }, { 'Retry-After': '1' });
      return;
    }
    running++;
    response.once('close', () => { running--; });
    next();
  };
};

const bodyFailed: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const { type } = error as { type?: string };
  if (type === 'entity.too.large') sendProblem(response, { status: 413, code: 'too-large', title: 'The body is too large' });
  else if (type === 'encoding.unsupported') sendProblem(response, { status: 415, code: 'media-type', title: 'The body must not be compressed' });
  else if (type === 'request.aborted' || type === 'request.size.invalid') sendProblem(response, { status: 400, code: 'cut', title: 'The body ended too early' });
  else next(error);
};

export const webhookHandlers = (route: WebhookRoute, tools: WebhookTools): readonly (RequestHandler | ErrorRequestHandler)[] => {
  const reception = new Reception(route, tools);
  return [
    gate(tools.limits.atOnce, tools.counter, route.source),
    express.raw({ type: ['application/json', 'application/*+json'], limit: tools.limits.bodyBytes, inflate: false }),
    (request: Request, response: Response) => reception.receive(request, response),
    bodyFailed,
  ];
};
