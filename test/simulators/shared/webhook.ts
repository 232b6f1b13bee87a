import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const MIN_SECRET_BYTES = 24;

/** Bytes of a secret written as `whsec_` and base64, or base64 alone. @throws RangeError when it is shorter than 24 bytes. */
export const webhookKey = (secret: string): Buffer => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length < MIN_SECRET_BYTES) throw new RangeError('a webhook secret is whsec_ and the base64 of at least 24 bytes');
  return key;
};

/** Headers of Standard Webhooks 1.0.0: base64 HMAC-SHA256 over `id.timestamp.body`. */
export const signedHeaders = (input: {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
  readonly secret: string;
}): Record<string, string> => {
  const timestamp = String(input.timestampSeconds);
  const signature = createHmac('sha256', webhookKey(input.secret))
    .update(`${input.id}.${timestamp}.${input.body}`, 'utf8')
    .digest('base64');
  return { 'webhook-id': input.id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
};

export type Delivery = { readonly id: string; readonly body: string };
/** What came of one attempt: an HTTP status, or why there was none. */
export type Attempt = { readonly id: string; readonly attempt: number; readonly status: number | null; readonly error: string | null };

export type WebhookSender = {
  /** Sends until a 2xx, in the background. The id stays the same over all attempts. */
  readonly send: (delivery: Delivery) => void;
  /** Deliveries not yet answered with 2xx. */
  readonly waiting: () => number;
  /** Ends all attempts and waits for those under way. */
  readonly stop: () => Promise<void>;
};

export type WebhookSenderOptions = {
  readonly url: string;
  readonly secret: string;
  readonly nowMs: () => number;
  /** First pause after a failed attempt; it doubles up to `maxRetryMs`. Defaults 100 and 3000 milliseconds. */
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  /** Deadline of one attempt in milliseconds. Default 15000. */
  readonly attemptTimeoutMs?: number;
  readonly onAttempt?: (attempt: Attempt) => void;
};

const attemptOnce = async (
  options: WebhookSenderOptions,
  delivery: Delivery,
  stopped: AbortSignal,
): Promise<{ status: number | null; error: string | null }> => {
  const timestampSeconds = Math.floor(options.nowMs() / 1000);
  try {
    const answer = await fetch(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signedHeaders({ ...delivery, timestampSeconds, secret: options.secret }) },
      body: delivery.body,
      redirect: 'manual',
      signal: AbortSignal.any([stopped, AbortSignal.timeout(options.attemptTimeoutMs ?? 15_000)]),
    });
    await answer.arrayBuffer();
    return { status: answer.status, error: null };
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    return { status: null, error: reason };
  }
};

export const createWebhookSender = (options: WebhookSenderOptions): WebhookSender => {
  webhookKey(options.secret);
  const stopper = new AbortController();
  const underWay = new Set<Promise<void>>();
  const deliver = async (delivery: Delivery): Promise<void> => {
    let retryMs = options.firstRetryMs ?? 100;
    for (let attempt = 1; !stopper.signal.aborted; attempt++) {
      const result = await attemptOnce(options, delivery, stopper.signal);
      options.onAttempt?.({ id: delivery.id, attempt, ...result });
      if (result.status !== null && result.status >= 200 && result.status < 300) return;
      const aborted = await pause(retryMs, false, { signal: stopper.signal }).catch(() => true);
      if (aborted) return;
      retryMs = Math.min(retryMs * 2, options.maxRetryMs ?? 3_000);
    }
  };
  return {
    send: (delivery) => {
      if (stopper.signal.aborted) return;
      const job = deliver(delivery).finally(() => underWay.delete(job));
      underWay.add(job);
    },
    waiting: () => underWay.size,
    stop: async () => {
      stopper.abort();
      await Promise.allSettled([...underWay]);
    },
  };
};
