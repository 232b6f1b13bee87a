/**
 * One webhook: verify over the raw bytes, parse, forward, acknowledge. 202 means that Kafka has every event of the body.
 * What is signed and cannot be read is kept whole before it is refused.
 */
import { eventIdOf } from './event-id.js';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import type { EventReader, SortedEvent } from '../../../../contracts/internal/event-reader.js';
import { isoOf } from '../../../../shared/kernel/instant.js';
import { JsonError, parseJson, printJson, type Json, type Printable } from '../../../../shared/kernel/json.js';
import { BodyRefused, type Bodies } from '../../../../shared/runtime/http/body.js';
import type { Places } from '../../../../shared/runtime/http/places.js';
import { sendProblem, type Count, type Problem } from '../../../../shared/runtime/http/server.js';
import { MessageTooLarge, TopicRefused } from '../../../../shared/runtime/kafka/errors.js';
import { isForever, neverSendable, type OutgoingMessage } from '../../../../shared/runtime/kafka/producer.js';
import type { Log } from '../../../../shared/runtime/process/log.js';
import { TooManyWaiting } from '../../../../shared/runtime/batching.js';
import {
  readSignedHeaders,
  verifyWebhook,
  webhookKey,
  type SignedHeaders,
  type Verdict,
} from '../../../../shared/runtime/http/webhook-signature.js';
import { eventsOf, messageOf, type Arrived, type KeptBody, type Sealed, type Sorted } from '../decide/forwarding.js';

export type WebhookRoute = {
  readonly path: string;
  readonly secrets: readonly string[];
  readonly reader: EventReader;
  /** Of this route alone: one busy sender leaves the others theirs. */
  readonly places: Pick<Places, 'with'>;
};
export type Webhooks = {
  /** Hash of the body that was forwarded under this id, or null. */
  readonly forwardedBody: (source: string, webhookId: string) => Promise<string | null>;
  readonly remember: (source: string, webhookId: string, bodyHash: string) => Promise<void>;
  readonly keep: (kept: KeptBody) => Promise<void>;
};
export type WebhookTools = {
  readonly store: Webhooks;
  /** What became of each message, in their order; null when Kafka has acknowledged it. */
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<readonly (Error | null)[]>;
  readonly log: Log;
  readonly count: Count;
  readonly nowMs: () => number;
  readonly bodies: Pick<Bodies, 'read'>;
  /** The connection of a request has shown a secret of ours. */
  readonly proven: (socket: Socket) => void;
  /** Whom a request is counted for. */
  readonly senderOf: (request: IncomingMessage) => string;
  readonly limits: { readonly eventsPerBody: number };
  readonly seal: Sealed;
};

/** The message, or why our own consumers, or Kafka, would never take it. */
const sendableOf = (
  event: SortedEvent,
  arrived: Arrived,
  seal: Sealed,
): OutgoingMessage | { readonly problems: readonly string[]; readonly tooLarge: boolean } => {
  const message = messageOf(event, arrived, seal);
  if ('problems' in message) return { ...message, tooLarge: false };
  const never = neverSendable(message);
  return never === null ? message : { problems: [never.message], tooLarge: never instanceof MessageTooLarge };
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
// A sender's bytes are forwarded as they are, or not at all: nothing is replaced.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const textOf = (body: Buffer): string => {
  try {
    return utf8.decode(body);
  } catch {
    throw new JsonError('the body is not UTF-8');
  }
};
/** What is compressed would have to be unpacked before anybody could say how large it is. */
const isPlainJson = ({ headers }: Pick<Request, 'headers'>): boolean =>
  /^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i.test(headers['content-type'] ?? '') &&
  (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

const NOT_KEPT: Problem = { status: 503, code: 'database-away', title: 'The body could not be kept now; send it again' };

const BUSY: Problem = { status: 503, code: 'busy', title: 'Too many webhooks wait for the database; send it again' };
const NOT_JSON: Problem = { status: 400, code: 'not-json', title: 'The body cannot be read' };
const WRONG_SHAPE: Problem = { status: 400, code: 'wrong-shape', title: 'The body cannot be read' };
const EVENT_TOO_LARGE: Problem = { status: 413, code: 'event-too-large', title: 'An event of the body is too large to be forwarded' };
const EVENT_REFUSED: Problem = { status: 422, code: 'event-refused', title: 'An event of the body is refused by Kafka, for ever' };
const KAFKA_AWAY: Problem = { status: 503, code: 'kafka-away', title: 'The events could not be stored now; send them again' };
const TOPIC_REFUSED: Problem = { status: 503, code: 'topic-refused', title: 'Kafka takes no event of this kind now; send it again' };
const ANOTHER_BODY: Problem = { status: 409, code: 'another-body', title: 'This webhook-id was forwarded before, with another body' };

const TOO_MANY_EVENTS: Problem = { status: 413, code: 'too-many-events', title: 'The body holds too many events' };
const MEDIA_TYPE: Problem = { status: 415, code: 'media-type', title: 'The body must be application/json, not compressed' };
const TOO_MANY_REQUESTS: Problem = { status: 429, code: 'too-many-requests', title: 'Too many requests at once; come again' };

const REFUSALS: Readonly<Record<Extract<Verdict, { ok: false }>['code'], string>> = {
  'signature-missing': 'The headers webhook-id, webhook-timestamp and webhook-signature are required',
  'signature-malformed': 'A signature header is malformed',
  'timestamp-out-of-tolerance': 'The webhook was signed too long ago, or in the future',
  'signature-wrong': 'The signature does not fit the body',
};

const WARN_EVERY_MS = 60_000;

type Received = { readonly webhookId: string; readonly body: Buffer };

class Reception {
  readonly #reader: EventReader;
  readonly #places: WebhookRoute['places'];
  readonly #tools: WebhookTools;
  readonly #keys: readonly Buffer[];
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(route: WebhookRoute, tools: WebhookTools) {
    this.#reader = route.reader;
    this.#places = route.places;
    this.#tools = tools;
    this.#keys = route.secrets.map(webhookKey);
  }

  /** Headers, then the body, then the signature; only then a place. Whoever cannot sign takes none, however slow. */
  async receive(request: Request, response: Response): Promise<void> {
    const signed: SignedHeaders = {
      id: one(request.headers['webhook-id']),
      timestamp: one(request.headers['webhook-timestamp']),
      signature: one(request.headers['webhook-signature']),
    };
    const headers = readSignedHeaders(signed);
    if ('ok' in headers) {
      this.#refuseUnsigned(response, headers.code);
      return;
    }
    const body = await this.#bodyOf(request, response);
    if (body === null) return;
    const verdict = verifyWebhook(this.#keys, headers, body, this.#tools.nowMs());
    if (!verdict.ok) {
      this.#refuseUnsigned(response, verdict.code);
      return;
    }
    this.#tools.proven(request.socket);
    const done = await this.#places.with(() => this.#take(request, response, { webhookId: verdict.id, body }));
    if (done === null) this.#refuse(response, TOO_MANY_REQUESTS, { 'Retry-After': '1' });
  }

  /** Null: it did not come, and the sender has been told. */
  async #bodyOf(request: Request, response: Response): Promise<Buffer | null> {
    try {
      return await this.#tools.bodies.read(request, this.#tools.senderOf(request));
    } catch (error) {
      if (!(error instanceof BodyRefused)) throw error;
      const { problem } = error;
      if (problem.status === 413) this.#warnOfTooLarge();
      // Nothing more is heard on a connection whose body nobody waits for.
      this.#refuse(response, problem, problem.status === 408 ? { Connection: 'close' } : {});
      return null;
    }
  }

  /** Its signature was not looked at, so it is not kept. Anybody can send such bodies: a line a minute says enough. */
  #warnOfTooLarge(): void {
    const nowMs = this.#tools.nowMs();
    if (nowMs - this.#warnedAtMs < WARN_EVERY_MS) return;
    this.#warnedAtMs = nowMs;
    this.#tools.log.warn(
      { source: this.#reader.sender, code: 'too-large' },
      'a body is larger than WEBHOOK_MAX_BODY_BYTES and was refused unread',
    );
  }

  async #take(request: Request, response: Response, received: Received): Promise<void> {
    const { sender: source } = this.#reader;
    const { body } = received;
    if (!isPlainJson(request)) {
      await this.#keepAndRefuse(response, received, MEDIA_TYPE, [MEDIA_TYPE.title]);
      return;
    }
    const bodyHash = hashOf(body);
    const before = await this.#forwardedBefore(received.webhookId);
    if (before instanceof TooManyWaiting) {
      this.#refuse(response, BUSY, { 'Retry-After': '1' });
      return;
    }
    if (before === bodyHash) {
      this.#count('repeated');
      response.status(202).json({ accepted: 0, repeated: true });
      return;
    }
    if (before !== null) {
      await this.#keepAndRefuse(response, received, ANOTHER_BODY, [ANOTHER_BODY.title]);
      return;
    }
    let events: readonly Json[];
    try {
      events = eventsOf(parseJson(textOf(body)));
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      await this.#keepAndRefuse(response, received, NOT_JSON, [error.message]);
      return;
    }
    if (events.length > this.#tools.limits.eventsPerBody) {
      const problem = `the body holds ${events.length} events, more than the ${this.#tools.limits.eventsPerBody} of one body`;
      await this.#keepAndRefuse(response, received, TOO_MANY_EVENTS, [problem]);
      return;
    }
    await this.#forward(response, {
      ...received,
      bodyHash,
      events,
      traceparent: one(request.headers['traceparent']),
    });
    this.#tools.log.debug({ source, events: events.length }, 'webhook');
  }

  /** Away is not "unknown webhook": the events' own ids find a repetition later. */
  async #forwardedBefore(webhookId: string): Promise<string | null | TooManyWaiting> {
    try {
      return await this.#tools.store.forwardedBody(this.#reader.sender, webhookId);
    } catch (error) {
      return error instanceof TooManyWaiting ? error : null;
    }
  }

  async #forward(
    response: Response,
    received: Received & { readonly bodyHash: string; readonly events: readonly Json[]; readonly traceparent: string | undefined },
  ): Promise<void> {
    const { sender: source } = this.#reader;
    const { webhookId, bodyHash, traceparent } = received;
    const sorted = received.events.map((event): Sorted => ({ read: this.#reader.read(event), body: event }));
    const nowIso = isoOf(this.#tools.nowMs());
    const messages: OutgoingMessage[] = [];
    const problems: string[] = [];
    let refusal: Problem = WRONG_SHAPE;
    sorted.forEach(({ read, body }, index) => {
      const made =
        read.kind === 'event'
          ? sendableOf(read.event, { eventId: eventIdOf(source, read.event.id), body, nowIso, traceparent }, this.#tools.seal)
          : read.kind === 'malformed'
            ? { ...read, tooLarge: false }
            : null;
      if (made === null) return;
      if ('problems' in made) {
        problems.push(...made.problems.map((problem) => `event ${String(index)}: ${problem}`));
        if (made.tooLarge) refusal = EVENT_TOO_LARGE;
      } else messages.push(made);
    });
    const outcomes = messages.length === 0 ? [] : await this.#tools.publish(messages);
    const now = outcomes.find((outcome) => outcome !== null && !isForever(outcome));
    if (now !== undefined && now !== null) {
      this.#tools.log.warn({ source, reason: now.message }, 'Kafka did not acknowledge: the sender is asked to come again');
      this.#refuse(response, now instanceof TopicRefused ? TOPIC_REFUSED : KAFKA_AWAY, { 'Retry-After': '5' });
      return;
    }
    messages.forEach((message, index) => {
      const never = outcomes[index] ?? null;
      if (never === null) {
        this.#tools.count({ source, outcome: 'forwarded', topic: message.topic });
        return;
      }
      // Kafka says it again however often the sender comes: the others are stored, and people look at this one.
      problems.push(never.message);
      refusal = never instanceof MessageTooLarge ? EVENT_TOO_LARGE : EVENT_REFUSED;
    });
    if (!(await this.#keepUnlisted(sorted, received))) {
      this.#refuse(response, NOT_KEPT, { 'Retry-After': '5' });
      return;
    }
    if (problems.length > 0) {
      await this.#keepAndRefuse(response, received, refusal, problems);
      return;
    }
    await this.#tools.store.remember(source, webhookId, bodyHash).catch((error: unknown) => {
      this.#tools.log.warn(
        { source, reason: error instanceof Error ? error.message : 'unknown' },
        'the webhook id is not remembered: a repetition will be found by its event ids',
      );
    });
    response.status(202).json({ accepted: messages.length });
  }

  /** Each by itself: a thousand of them in one body are not a thousand times that body. False when one could not be kept. */
  async #keepUnlisted(sorted: readonly Sorted[], { webhookId, body }: Received): Promise<boolean> {
    const { sender: source } = this.#reader;
    let kept = true;
    for (const { read, body: event } of sorted) {
      if (read.kind !== 'unlisted') continue;
      this.#count('unlisted');
      const { what } = read;
      if (!read.keep) {
        this.#tools.log.info({ source, what }, 'an event of a type that we have no use for is acknowledged and ignored');
        continue;
      }
      const eventId = eventIdOf(source, read.id);
      this.#tools.log.warn({ source, what, eventId }, 'an event of a kind or version we do not act on is kept');
      const own = sorted.length === 1 ? body : Buffer.from(printJson(event as Printable));
      if (!(await this.#keep({ eventId, source, webhookId, errorClass: 'Unlisted', reason: what, body: own }))) kept = false;
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

  async #keepAndRefuse(response: Response, { webhookId, body }: Received, problem: Problem, problems: readonly string[]): Promise<void> {
    const { sender: source } = this.#reader;
    const { code } = problem;
    const kept = await this.#keep({
      eventId: `${source}:${code === ANOTHER_BODY.code ? code : 'unreadable'}:${hashOf(body)}`,
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
    const entry = { source, code, problems };
    if (code === ANOTHER_BODY.code)
      this.#tools.log.error(
        { alarm: code, ...entry },
        'a webhook id came again with another body: it is kept in quarantine, somebody must look',
      );
    else this.#tools.log.warn(entry, 'a signed body cannot be read; it is kept in quarantine');
    this.#refuse(response, { ...problem, detail: problems.slice(0, 10).join('; ') });
  }

  #refuseUnsigned(response: Response, code: keyof typeof REFUSALS): void {
    this.#refuse(response, { status: 401, code, title: REFUSALS[code] });
  }

  #refuse(response: Response, problem: Problem, headers: Readonly<Record<string, string>> = {}): void {
    this.#count(problem.code);
    sendProblem(response, problem, headers);
  }

  #count(outcome: string): void {
    this.#tools.count({ source: this.#reader.sender, outcome, topic: '' });
  }
}

export const webhookHandler = (route: WebhookRoute, tools: WebhookTools): RequestHandler => {
  const reception = new Reception(route, tools);
  return (request: Request, response: Response) => reception.receive(request, response);
};
