/**
 * Whether a message that was fetched counts. This is decided once, before anything of it is read. What is refused is kept for people, under
 * an id of its own. It can neither stop a lane nor take the place of a true message.
 */
import { signatureHeaders } from '../../../../contracts/internal/envelope.js';
import { emittersOf, type ServiceName } from '../../../../contracts/internal/services.js';
import type { Topic } from '../../../../contracts/internal/topics.js';
import { whyNotOurs, type Refusal, type SignatureRules } from '../../signing/messages.js';
import type { OriginalMessage } from '../steps/lanes.js';

export type Admitted =
  /** Signed by a service that may emit this topic; or from before the upgrade, when nobody signed. */
  | { readonly kind: 'ours' }
  /** Written by others, on a topic where the tenant allows that: it may only point at something that is read again. */
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'refused'; readonly why: Refusal };
export type Admission = (message: OriginalMessage) => Admitted;

export type AdmissionOptions = Omit<SignatureRules, 'mayEmit'> & {
  /** By `topic/partition`: messages with lower offsets were written before services signed. */
  readonly unsignedUntil: ReadonlyMap<string, bigint>;
  /** Topics that others fill, by the tenant's choice. */
  readonly unsignedTopics: ReadonlySet<string>;
};

const mayEmit = (service: ServiceName, topic: string): boolean => emittersOf(topic as Topic).includes(service);

export const admissionOf = (options: AdmissionOptions): Admission => {
  const rules: SignatureRules = { ...options, mayEmit };
  return (message) => {
    const { topic, partition, offset, headers } = message;
    const isUnsigned = headers[signatureHeaders.signature] === undefined && headers[signatureHeaders.signedAt] === undefined;
    if (isUnsigned) {
      const until = options.unsignedUntil.get(`${topic}/${String(partition)}`);
      if (until !== undefined && BigInt(offset) < until) return { kind: 'ours' };
      if (options.unsignedTopics.has(topic)) return { kind: 'unsigned' };
    }
    const why = whyNotOurs(message, rules);
    return why === null ? { kind: 'ours' } : { kind: 'refused', why };
  };
};
