/**
 * Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec): `v1` is base64 HMAC-SHA256 over
 * `id.timestamp.body`, the raw bytes. The id is signed, so it can be trusted as the key that finds a repetition.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const TOLERANCE_SECONDS = 300;

export type SignedHeaders = {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
};
export type Verdict =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly code: 'signature-missing' | 'signature-malformed' | 'timestamp-out-of-tolerance' | 'signature-wrong' };

/** `whsec_` and base64, or text as it stands. Several secrets at once let a sender rotate. */
export const webhookKey = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');

const refuse = (code: Extract<Verdict, { ok: false }>['code']): Verdict => ({ ok: false, code });

export const verifyWebhook = (keys: readonly Buffer[], headers: SignedHeaders, body: Buffer, nowMs: number): Verdict => {
  const { id, timestamp, signature } = headers;
  if (id === undefined || timestamp === undefined || signature === undefined) return refuse('signature-missing');
  if (id === '' || id.length > 256 || !/^\d{1,12}$/.test(timestamp) || signature.length > 4_096) return refuse('signature-malformed');
  const given = signature.split(' ').flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice(3), 'base64')] : []));
  if (given.length === 0) return refuse('signature-malformed');
  const signed = keys.some((key) => {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
  if (!signed) return refuse('signature-wrong');
  // Last, so that only the holder of a secret learns anything about our clock.
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > TOLERANCE_SECONDS) return refuse('timestamp-out-of-tolerance');
  return { ok: true, id };
};
