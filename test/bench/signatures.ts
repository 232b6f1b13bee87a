/** What it costs to sign a message and to judge one, beside the bare operation of the library on the same bytes. No server is needed. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { emittersOf } from '../../contracts/internal/services.js';
import type { Topic } from '../../contracts/internal/topics.js';
import { publicKeyText, signedBytes } from '../../shared/runtime/signing/ed25519.js';
import { messageSigner, whyNotOurs, type SignatureRules } from '../../shared/runtime/signing/messages.js';
import { keyIdOf, type KnownKey } from '../../shared/runtime/signing/trusted-keys-file.js';
import { takeTurns, type Bench } from './measure.js';
import { withdrawalMessage } from './realistic-events.js';

const run: Bench['run'] = async (context) => {
  const count = context.quick ? 500 : 5_000;
  const rounds = context.quick ? 1 : 5;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const id = keyIdOf(publicKeyText(publicKey));
  const known: KnownKey = { id, key: publicKey, notAfterMs: null, service: 'gateway' };
  const rules: SignatureRules = {
    keyWithId: (wanted) => (wanted === id ? known : null),
    mayEmit: (service, topic) => emittersOf(topic as Topic).includes(service),
    nowMs: Date.now,
    oldestMs: 86_400_000,
    skewMs: 60_000,
  };
  const signMessage = messageSigner(privateKey, Date.now);
  const messages = Array.from({ length: count }, (_, number) => withdrawalMessage(number));
  const signed = messages.map(signMessage);
  const bytes = messages.map(({ key, value }) => signedBytes([key, value]));
  const signatures = bytes.map((one) => sign(null, one, privateKey));
  /** Microseconds of one. */
  const each = (work: (index: number) => unknown): Promise<{ readonly us: number }> => {
    const startedAtMs = performance.now();
    for (let index = 0; index < count; index++) if (work(index) === false) throw new Error('a good signature was refused');
    return Promise.resolve({ us: ((performance.now() - startedAtMs) * 1_000) / count });
  };
  const measured = await takeTurns(
    rounds,
    {
      sign: () => each((index) => signMessage(messages[index] ?? withdrawalMessage(0)).headers['signature']),
      bareSign: () => each((index) => sign(null, bytes[index] ?? Buffer.alloc(0), privateKey)),
      judge: () => each((index) => whyNotOurs(signed[index] ?? withdrawalMessage(0), rules) === null),
      bareVerify: () => each((index) => verify(null, bytes[index] ?? Buffer.alloc(0), publicKey, signatures[index] ?? Buffer.alloc(0))),
    },
    (name, round) => context.progress(`round ${round + 1} of ${rounds}: ${name}`),
  );
  const of = (name: keyof typeof measured): number => measured[name].median.us;
  return {
    figures: [
      {
        name: 'signing a message',
        value: of('sign'),
        unit: 'µs',
        floor: { name: 'bare Ed25519 signature of its bytes', value: of('bareSign'), unit: 'µs' },
      },
      {
        name: 'judging a message',
        value: of('judge'),
        unit: 'µs',
        floor: { name: 'bare Ed25519 verification', value: of('bareVerify'), unit: 'µs' },
      },
    ],
    notes: [
      `${count} announced divest requests of about ${messages[0]?.value.length ?? 0} characters, median of ${rounds} rounds in turns`,
    ],
  };
};

export const signatures: Bench = { name: 'signatures', does: 'what it costs to sign a message and to judge one', run };
