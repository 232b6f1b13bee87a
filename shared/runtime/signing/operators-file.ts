/**
 * The people who may look and act: OPERATORS_FILE, YAML or JSON, read again when it changes. Every service reads the public keys in it,
 * so that neither the operator service nor its database role can act in a person's name.
 */
import { createHash, timingSafeEqual, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { instantMs } from '../../kernel/instant.js';
import { publicKeyOf } from './ed25519.js';

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

/** One spelling of a person: two spellings are not two people. */
export const normalisedName = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

/** @throws Error that says what is wrong with the file, never what stands in it. */
const readOperators = (path: string): readonly Operator[] => {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(path, 'utf8'));
  } catch {
    throw new Error('cannot be read as YAML or JSON');
  }
  const parsed = operatorsFile.safeParse(content);
  if (parsed.success) return parsed.data.operators;
  throw new Error(parsed.error.issues.map(({ path: place, message }) => `${place.map(String).join('.')} ${message}`.trim()).join('; '));
};

const LOOK_EVERY_MS = 1_000;

/** Who may act now. A file that has become unreadable leaves the people of before, and `onProblem` hears of it. */
export class Operators {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #onProblem: (problem: string) => void;
  #list: readonly Operator[];
  #mark: string;
  #lookedAtMs: number;

  /** @throws Error when the file cannot be used: the process must not start. */
  constructor(path: string, nowMs: () => number, onProblem: (problem: string) => void) {
    this.#path = path;
    this.#nowMs = nowMs;
    this.#onProblem = onProblem;
    this.#mark = this.#markNow();
    this.#list = readOperators(path);
    this.#lookedAtMs = nowMs();
  }

  #markNow(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      return `${String(mtimeMs)}/${String(size)}/${String(ino)}`;
    } catch {
      return 'gone';
    }
  }

  #current(): readonly Operator[] {
    const nowMs = this.#nowMs();
    if (Math.abs(nowMs - this.#lookedAtMs) < LOOK_EVERY_MS) return this.#list;
    this.#lookedAtMs = nowMs;
    const mark = this.#markNow();
    if (mark === this.#mark) return this.#list;
    this.#mark = mark;
    try {
      this.#list = readOperators(this.#path);
    } catch (error) {
      this.#onProblem(`OPERATORS_FILE ${error instanceof Error ? error.message : 'cannot be read'}`);
    }
    return this.#list;
  }

  /** Null when nobody of this name is known, or the person's time was over then. `atMs`: since the epoch; default now. */
  named(name: string, atMs: number = this.#nowMs()): Operator | null {
    const wanted = normalisedName(name);
    return this.#valid(
      this.#current().find((one) => one.name === wanted),
      atMs,
    );
  }

  /** By a token; compared with each in the same time. Null as in `named`. */
  withToken(token: string): Operator | null {
    const hash = createHash('sha256').update(token).digest();
    let found: Operator | undefined;
    for (const one of this.#current()) if (one.tokenHash !== null && timingSafeEqual(Buffer.from(one.tokenHash, 'hex'), hash)) found = one;
    return this.#valid(found, this.#nowMs());
  }

  #valid(one: Operator | undefined, atMs: number): Operator | null {
    return one !== undefined && atMs < (instantMs(`${one.expires}T00:00:00Z`) ?? 0) ? one : null;
  }
}
