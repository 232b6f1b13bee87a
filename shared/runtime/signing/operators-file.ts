/**
 * The people who may look and act: OPERATORS_FILE, YAML or JSON, read again when it changes. Every service reads the public keys in it,
 * so that neither the operator service nor its database role can act in a person's name.
 */
import { createHash, timingSafeEqual, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { instantMs } from '../../kernel/instant.js';
import { publicKeyOf, publicKeyText } from './ed25519.js';
import { WatchedFile } from './watched-file.js';
import { readYamlFile } from './yaml-file.js';

/** `look` reads; `act` asks for an act; `approve` is the second person of another's act; `settle` overrules with a statement. */
export const operatorRoles = ['look', 'act', 'approve', 'settle'] as const;
export type OperatorRole = (typeof operatorRoles)[number];

const NAME = /^[a-z][a-z0-9._-]{0,63}$/;

const operator = z.strictObject({
  name: z.string().regex(NAME, 'a name is lower case letters, digits, `.`, `_` and `-`'),
  roles: z.array(z.enum(operatorRoles)).min(1),
  /** ISO 8601 date, UTC: the last day is the day before. */
  expires: z.iso.date(),
  /** SHA-256 of the token, 64 hexadecimal digits; null for a person without a login. */
  tokenHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'SHA-256 as 64 hexadecimal digits')
    .nullable(),
  /** Ed25519, 32 bytes in base64; null for a person who only looks. */
  publicKey: z
    .string()
    .nullable()
    .transform((text, context): KeyObject | null => {
      if (text === null) return null;
      try {
        return publicKeyOf(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'not an Ed25519 public key: 32 bytes in base64' });
        return z.NEVER;
      }
    }),
});
export type Operator = z.output<typeof operator>;

const differ = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;
const keyTexts = (list: readonly Operator[]): readonly string[] =>
  list.flatMap(({ publicKey }) => (publicKey === null ? [] : [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')]));

const operatorsFile = z
  .strictObject({ operators: z.array(operator).max(1_000) })
  .refine(({ operators }) => differ(operators.map(({ name }) => name)), 'two operators have one name')
  // One key or one token for two names would let one person count as two.
  .refine(({ operators }) => differ(keyTexts(operators)), 'two operators have one public key')
  .refine(
    ({ operators }) => differ(operators.flatMap(({ tokenHash }) => (tokenHash === null ? [] : [tokenHash]))),
    'two operators have one token',
  )
  .refine(
    ({ operators }) => operators.every(({ roles, publicKey }) => publicKey !== null || roles.every((role) => role === 'look')),
    'whoever acts or approves needs a public key',
  );

/** What people compare by word of mouth: SHA-256 of the 32 bytes of the public key, in hexadecimal digits. */
export const fingerprintOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(Buffer.from(publicKeyText(publicKey), 'base64'))
    .digest('hex');

/** One spelling of a person: two spellings are not two people. */
export const normalisedName = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

const readOperators = (path: string): readonly Operator[] => readYamlFile(path, operatorsFile).operators;

/** Who may act now. A file that has become unreadable leaves the people of before, and `onProblem` hears of it. */
export class Operators {
  readonly #file: WatchedFile<readonly Operator[]>;
  readonly #nowMs: () => number;

  /** @throws Error when the file cannot be used: the process must not start. */
  constructor(path: string, nowMs: () => number, onProblem: (problem: string) => void) {
    this.#nowMs = nowMs;
    this.#file = new WatchedFile({
      ...{ path, nowMs, read: readOperators },
      onProblem: (problem) => {
        onProblem(`OPERATORS_FILE ${problem}`);
      },
    });
  }

  /** Null when nobody of this name is known, or the person's time was over then. `atMs`: since the epoch; default now. */
  named(name: string, atMs: number = this.#nowMs()): Operator | null {
    const wanted = normalisedName(name);
    return this.#valid(
      this.#file.content.find((one) => one.name === wanted),
      atMs,
    );
  }

  /** By a token; compared with each in the same time. Null as in `named`. */
  withToken(token: string): Operator | null {
    const hash = createHash('sha256').update(token).digest();
    let found: Operator | undefined;
    for (const one of this.#file.content)
      if (one.tokenHash !== null && timingSafeEqual(Buffer.from(one.tokenHash, 'hex'), hash)) found = one;
    return this.#valid(found, this.#nowMs());
  }

  /** Everybody in the file, also those whose time is over. */
  all(): readonly Operator[] {
    return this.#file.content;
  }

  #valid(one: Operator | undefined, atMs: number): Operator | null {
    return one !== undefined && atMs < (instantMs(`${one.expires}T00:00:00Z`) ?? 0) ? one : null;
  }
}
