/**
 * Signatures of our own messages on Kafka. A signature says which service has sent this value under this key on this topic, and when. It
 * does not say that the value is true. Whoever can write to Kafka can repeat a signed message, and nothing else.
 */
import { instantMs, isoOf } from '../../kernel/instant.js';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { headerNames, signatureHeaders } from '../../../contracts/internal/envelope.js';
import type { ServiceName } from '../../../contracts/internal/services.js';
import type { OutgoingMessage, Producer } from '../kafka/producer.js';
import { publicKeyText, signFields, verifyFields } from './ed25519.js';
import { keyIdOf, type KnownKey } from './trusted-keys-file.js';

/** The first field of what is signed: a signature of a message is none of anything else. */
const PURPOSE = 'cmw-message-1';
const FORM = /^v1:([0-9a-f]{16}):([A-Za-z0-9+/]{86}==)$/;
/** As `Date.prototype.toISOString` writes it. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** What a signature covers, as it stands on Kafka. The topic is without the prefix of the installation. */
export type SignedMessage = {
  readonly topic: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
};

const fieldsOf = ({ topic, key, headers, value }: SignedMessage, signedAt: string): readonly string[] => [
  PURPOSE,
  topic,
  key ?? '',
  headers[headerNames.eventId] ?? '',
  headers[headerNames.eventType] ?? '',
  signedAt,
  value,
];

export type SignMessage = <M extends OutgoingMessage>(message: M) => M;

/** @param nowMs ms since 1970. */
export const messageSigner = (key: KeyObject, nowMs: () => number): SignMessage => {
  const id = keyIdOf(publicKeyText(createPublicKey(key)));
  return (message) => {
    const signedAt = isoOf(nowMs());
    const signature = `v1:${id}:${signFields(key, fieldsOf(message, signedAt))}`;
    return {
      ...message,
      headers: { ...message.headers, [signatureHeaders.signedAt]: signedAt, [signatureHeaders.signature]: signature },
    };
  };
};

/** The one place where a service signs: everything that it publishes goes through here, dead letters too. */
export const signing = (producer: Producer, sign: SignMessage): Producer => ({
  send: (messages, limits) => producer.send(messages.map(sign), limits),
  sendEach: (messages, limits) => producer.sendEach(messages.map(sign), limits),
  stop: (deadlineMs) => producer.stop(deadlineMs),
});

/** Why a message does not count. */
export const refusals = [
  'unsigned',
  'malformed-signature',
  'unknown-key',
  'key-is-over',
  'signer-may-not-emit',
  'wrong-signature',
  'signed-too-long-ago',
  'signed-in-the-future',
] as const;
export type Refusal = (typeof refusals)[number];

export type SignatureRules = {
  readonly keyWithId: (id: string) => KnownKey | null;
  readonly mayEmit: (service: ServiceName, topic: string) => boolean;
  readonly nowMs: () => number;
  /** Older ones may have been handled and forgotten. */
  readonly oldestMs: number;
  /** So far the clocks of two machines may be apart. */
  readonly skewMs: number;
};

/** Null when the signature holds and its signer may emit this topic. Never throws, whatever stands in the message. */
export const whyNotOurs = (message: SignedMessage, rules: SignatureRules): Refusal | null => {
  const signature = message.headers[signatureHeaders.signature];
  const signedAt = message.headers[signatureHeaders.signedAt];
  if (signature === undefined) return 'unsigned';
  const [, id, bytes] = FORM.exec(signature) ?? [];
  if (id === undefined || bytes === undefined || signedAt === undefined || !MOMENT.test(signedAt)) return 'malformed-signature';
  const signedAtMs = instantMs(signedAt);
  if (signedAtMs === null) return 'malformed-signature';
  const known = rules.keyWithId(id);
  if (known === null) return 'unknown-key';
  const nowMs = rules.nowMs();
  if (known.notAfterMs !== null && nowMs >= known.notAfterMs) return 'key-is-over';
  if (!rules.mayEmit(known.service, message.topic)) return 'signer-may-not-emit';
  if (!verifyFields(known.key, fieldsOf(message, signedAt), bytes)) return 'wrong-signature';
  if (signedAtMs < nowMs - rules.oldestMs) return 'signed-too-long-ago';
  return signedAtMs > nowMs + rules.skewMs ? 'signed-in-the-future' : null;
};
