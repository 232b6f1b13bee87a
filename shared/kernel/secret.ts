/**
 * What a secret must be before it may guard anything. A text that somebody masked, shortened or left as it stood in an example is no
 * secret, although it is long enough. What is wrong is said in words; the secret itself never is.
 */

/** Bytes of a key that signs webhooks (Standard Webhooks 1.0.0, "Signature scheme": 24 to 64 bytes). */
export const WEBHOOK_KEY_BYTES = { least: 24, most: 64 } as const;
/** Characters of what another system issues for us. Theirs are longer; a shorter one was cut off, or made up by hand. */
export const SHORTEST_CREDENTIAL = 12;
/** Random bytes that repeat so few values do not occur: of 24 bytes, fewer than 8 different ones come once in 10^27. */
const FEWEST_DIFFERENT = 8;

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Stars, dots, bullets, dashes or an ellipsis where characters were taken out; one character many times over. */
const MASKED = /[*\u2022\u25cf\u2026]|\.{3}|([\s\S])\1{5}/;
/** What a header can carry. A blank or a line break in a secret is a slip of the hand. */
const PRINTABLE = /^[\u0021-\u007e]+$/;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes, or null for what is not base64 to the letter: with padding, without blanks, without bits left over (RFC 4648, 3.5). */
export const base64Bytes = (text: string): Uint8Array | null => {
  if (!BASE64.test(text)) return null;
  const digits = Array.from(text.replace(/=+$/, ''), (character) => ALPHABET.indexOf(character));
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const digit of digits) {
    held = (held << 6) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
    held &= (1 << bits) - 1;
  }
  return held === 0 ? bytes : null;
};

export type WebhookKey = { readonly key: Uint8Array; readonly problem: null } | { readonly key: null; readonly problem: string };

const noKey = (problem: string): WebhookKey => ({ key: null, problem });

/** The bytes that sign, judged after decoding: `whsec_` and base64. A text without the prefix counts as it stands, in ASCII. */
export const webhookKeyOf = (secret: string): WebhookKey => {
  const { least, most } = WEBHOOK_KEY_BYTES;
  const isEncoded = secret.startsWith(PREFIX);
  if (!isEncoded && MASKED.test(secret)) return noKey('looks masked: put the secret itself there');
  if (!isEncoded && !PRINTABLE.test(secret)) return noKey('must be whsec_ and base64, or printable ASCII without blanks');
  const key = isEncoded ? base64Bytes(secret.slice(PREFIX.length)) : Uint8Array.from(secret, (one) => one.charCodeAt(0));
  if (key === null) return noKey('must have base64 behind whsec_, to the letter: it may be masked or cut off');
  if (key.length < least || key.length > most) return noKey(`must hold a key of ${least} to ${most} bytes, and this one has ${key.length}`);
  if (new Set(key).size < FEWEST_DIFFERENT) return noKey('repeats a few bytes and can be guessed: make one from random bytes');
  return { key, problem: null };
};

/** Null, or what is wrong with a password or token of at least so many characters. */
export const credentialProblem = (secret: string, shortest: number = SHORTEST_CREDENTIAL): string | null => {
  if (!PRINTABLE.test(secret)) return 'must be printable ASCII without blanks or line breaks';
  if (secret.length < shortest) return `must have at least ${shortest} characters`;
  return MASKED.test(secret) ? 'looks masked: put the secret itself there' : null;
};
