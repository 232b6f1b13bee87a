import { hash } from 'node:crypto';
import type { Envelope } from '../../../contracts/internal/envelope.js';
import { printAsFirstRelease } from '../../../contracts/internal/outside-events.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** The first `length` characters (5 bits each) of a SHA-256, in lower-case base32: the same text gives the same id for ever. */
export const derivedId = (prefix: string, text: string, length = 24): string => {
  const digest = hash('sha256', text, 'buffer');
  let bits = 0;
  let value = 0;
  let id = '';
  for (const byte of digest) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && id.length < length) {
      bits -= 5;
      id += ALPHABET[(value >>> bits) & 31] ?? '';
      value &= (1 << bits) - 1;
    }
  }
  return `${prefix}${id}`;
};

/** Postgres stores no NUL in text. */
export const storable = (text: string): string => (text.includes('\u0000') ? text.replaceAll('\u0000', '\ufffd') : text);

/** Tells two bodies under one event id apart. Not a signature. */
export const contentHash = (text: string): string => hash('md5', text, 'hex');

/** The envelope's time: where a sender gives none it is when we took it in, another one at each repetition. */
const TIME = /"occurredAt":"[^"\\]*",?/;
/**
 * The mark of what a message says: the same for a repetition, in the form of the first release or in ours.
 * @param event the message when its envelope could be read.
 */
export const bodyHash = (value: string, event: Envelope | null): string =>
  contentHash(((event === null ? null : printAsFirstRelease(event)) ?? value).replace(TIME, ''));

/** The event under which an answer lies in the inbox that was handed over to a newer instance. */
export const answerEventId = (effectId: string, of: { readonly generation: number; readonly lastSentAtMs: number | null }): string =>
  `${effectId}.answer.${String(of.generation)}.${String(of.lastSentAtMs)}`;

/** What an effect sends as its key: the effect's id, and from the second generation on that generation. */
export const effectKey = (effectId: string, generation: number): string =>
  generation === 1 ? effectId : `${effectId}:g${String(generation)}`;
