/**
 * Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec): `v1` is base64 HMAC-SHA256 over
 * `id.timestamp.body`, the raw bytes. The id is signed, so it can be trusted as the key that finds a repetition.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { base64Bytes, webhookKeyOf } from '../../kernel/secret.js';

export const TOLERANCE_SECONDS = 300;

export type SignedHeaders = {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
};
export type Verdict =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly code: 'signature-missing' | 'signature-malformed' | 'timestamp-out-of-tolerance' | 'signature-wrong' };

/**
 * `whsec_` and base64, or text as it stands. Several secrets at once let a sender rotate.
 * @throws RangeError for a secret that guards nothing: whoever signs with its empty or guessable key would be believed.
 */
export const webhookKey = (secret: string): Buffer => {
  const { key, problem } = webhookKeyOf(secret);
  if (key === null) throw new RangeError(`a webhook secret ${problem}`);
  return Buffer.from(key);
};

const refuse = (code: Extract<Verdict, { ok: false }>['code']): Extract<Verdict, { ok: false }> => ({ ok: false, code });

type Whole = { readonly [Name in keyof SignedHeaders]: string };

/** What can be said before the body is there: nobody waits for a body that cannot be signed. */
export const readSignedHeaders = ({ id, timestamp, signature }: SignedHeaders): Whole | Extract<Verdict, { ok: false }> => {
  if (id === undefined || timestamp === undefined || signature === undefined) return refuse('signature-missing');
  if (id === '' || id.length > 256 || !/^\d{1,12}$/.test(timestamp) || signature.length > 4_096) return refuse('signature-malformed');
  return { id, timestamp, signature };
};

export const verifyWebhook = (keys: readonly Buffer[], headers: SignedHeaders, body: Buffer, nowMs: number): Verdict => {
  const read = readSignedHeaders(headers);
  if ('ok' in read) return read;
  const { id, timestamp, signature } = read;
  const given = signature.split(' ').flatMap((one) => (one.startsWith('v1,') ? (base64Bytes(one.slice(3)) ?? []) : []));
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
