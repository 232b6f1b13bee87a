/**
 * One webhook: verify over the raw bytes, parse, forward, acknowledge. 202 means that Kafka has every event of the body.
 * What is signed and cannot be read is kept whole before it is refused.
 */
import { createHash } from 'node:crypto';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { headersOf, printEnvelope } from '../../../../contracts/internal/envelope.js';
import { JsonError, parseJson, type Json } from '../../../../shared/kernel/json.js';
import { atMost, rawJsonBody, sendProblem, type Count, type Problem } from '../../../../shared/runtime/http.js';
import type { OutgoingMessage } from '../../../../shared/runtime/kafka/producer.js';
import type { Log } from '../../../../shared/runtime/log.js';
import { verifyWebhook, webhookKey } from '../../../../shared/runtime/webhook-signature.js';
import { eventsOf, type Forwarded, type KeptBody, type Sorted, type Source } from '../decide/forwarding.js';

export type WebhookRoute = {
  readonly path: string;
  readonly source: Source;
  readonly secrets: readonly string[];
  readonly sort: (body: Json) => Sorted;
};
export type Webhooks = {
  readonly known: (source: string, webhookId: string) => Promise<boolean>;
  readonly remember: (source: string, webhookId: string, bodyHash: string) => Promise<void>;
  readonly keep: (kept: KeptBody) => Promise<void>;
};
export type WebhookTools = {
  readonly store: Webhooks;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
  readonly log: Log;
  readonly count: Count;
  readonly nowMs: () => number;
  readonly limits: { readonly bodyBytes: number; readonly eventsPerBody: number; readonly atOnce: number };
};

const messageOf = (event: Forwarded, nowIso: string, traceparent: string | undefined): OutgoingMessage => {
  const envelope = {
    id: event.eventId,
    type: event.type,
    version: '1',
    occurredAt: event.occurredAt ?? nowIso,
    portfolioId: event.portfolioId,
  };
  return {
    topic: event.topic,
    key: event.key,
    headers: headersOf(envelope, traceparent),
    value: printEnvelope({ ...envelope, data: event.content }),
  };
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

const NOT_KEPT: Problem = { status: 503, code: 'database-away', title: 'The body could not be kept now; send it again' };

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
    const headers = {
      id: one(request.headers['webhook-id']),
      timestamp: one(request.headers['webhook-timestamp']),
      signature: one(request.headers['webhook-signature']),
    };
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
      this.#refuse(response, {
        status: 413,
        code: 'too-many-events',
        title: `A body may hold ${String(this.#tools.limits.eventsPerBody)} events`,
      });
      return;
    }
    await this.#forward(response, {
      webhookId: verdict.id,
      body,
      sorted: events.map((event) => this.#route.sort(event)),
      traceparent: one(request.headers['traceparent']),
    });
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

  async #forward(
    response: Response,
    received: { webhookId: string; body: Buffer; sorted: readonly Sorted[]; traceparent: string | undefined },
  ): Promise<void> {
    const { source } = this.#route;
    const { webhookId, body, sorted, traceparent } = received;
    const nowIso = new Date(this.#tools.nowMs()).toISOString();
    const events = sorted.flatMap((each) => (each.kind === 'forward' ? [each.event] : []));
    const problems = sorted.flatMap((each, index) =>
      each.kind === 'malformed' ? each.problems.map((problem) => `event ${String(index)}: ${problem}`) : [],
    );
    try {
      if (events.length > 0) await this.#tools.publish(events.map((event) => messageOf(event, nowIso, traceparent)));
    } catch (error) {
      this.#tools.log.warn(
        { source, reason: error instanceof Error ? error.message : 'unknown' },
        'Kafka did not acknowledge: the sender is asked to come again',
      );
      this.#refuse(
        response,
        { status: 503, code: 'kafka-away', title: 'The events could not be stored now; send them again' },
        { 'Retry-After': '5' },
      );
      return;
    }
    for (const event of events) this.#tools.count({ source, outcome: 'forwarded', topic: event.topic });
    if (!(await this.#keepUnlisted(sorted, webhookId, body))) {
      this.#refuse(response, NOT_KEPT, { 'Retry-After': '5' });
      return;
    }
    if (problems.length > 0) {
      await this.#keepAndRefuse(response, webhookId, body, 'wrong-shape', problems);
      return;
    }
    await this.#tools.store.remember(source, webhookId, hashOf(body)).catch((error: unknown) => {
      this.#tools.log.warn(
        { source, reason: error instanceof Error ? error.message : 'unknown' },
        'the webhook id is not remembered: a repetition will be found by its event ids',
      );
    });
    response.status(202).json({ accepted: events.length });
  }

  /** False when one of them could not be kept. */
  async #keepUnlisted(sorted: readonly Sorted[], webhookId: string, body: Buffer): Promise<boolean> {
    const { source } = this.#route;
    let kept = true;
    for (const each of sorted) {
      if (each.kind !== 'unlisted') continue;
      this.#count('unlisted');
      if (!each.keep) continue;
      this.#tools.log.warn({ source, what: each.what, eventId: each.eventId }, 'an event of a kind or version we do not act on is kept');
      if (!(await this.#keep({ eventId: each.eventId, source, webhookId, errorClass: 'Unlisted', reason: each.what, body }))) kept = false;
    }
    return kept;
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
    const kept = await this.#keep({
      eventId: `${source}:unreadable:${hashOf(body)}`,
      source,
      webhookId,
      errorClass: code,
      reason: problems.join('; '),
      body,
    });
    if (!kept) {
      this.#refuse(response, NOT_KEPT, { 'Retry-After': '5' });
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
    this.#tools.count({ source: this.#route.source, outcome, topic: '' });
  }
}

export const webhookHandlers = (route: WebhookRoute, tools: WebhookTools): readonly (RequestHandler | ErrorRequestHandler)[] => {
  const reception = new Reception(route, tools);
  return [
    atMost(tools.limits.atOnce, () => {
      tools.count({ source: route.source, outcome: 'too-many', topic: '' });
    }),
    ...rawJsonBody(tools.limits.bodyBytes),
    (request: Request, response: Response) => reception.receive(request, response),
  ];
};
