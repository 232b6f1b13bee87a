/**
 * What people sign. Each signs with a key of their own, which neither the operator service nor its database role has. Whoever carries an
 * act out checks both signatures, and believes nothing that the operator service says about them.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { signFields, verifyFields } from './ed25519.js';
import { normalisedName, type Operator } from './operators-file.js';

/** What is asked for. `about` holds every fact that the act rests on, as text: another fact is another act. */
export type ActText = {
  /** Unique for ever; drawn by whoever asks. An act is carried out once. */
  readonly actId: string;
  readonly kind: string;
  readonly about: Readonly<Record<string, string>>;
};
/** The one who asks, and the one who approves. A person cannot be both, and a signature of one part is none of the other. */
export type Part = 'asks' | 'approves';
export type Signed = { readonly name: string; readonly signature: string };

const PURPOSE = 'cmw-act-1';

/** A long text (evidence, a corrected message) stands in the act as its hash: SHA-256, 64 hexadecimal digits. */
export const textHash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

const fieldsOf = ({ actId, kind, about }: ActText, part: Part, name: string): readonly string[] => [
  PURPOSE,
  part,
  normalisedName(name),
  actId,
  kind,
  ...Object.keys(about)
    .sort()
    .flatMap((key) => [key, about[key] ?? '']),
];

export const signAct = (key: KeyObject, act: ActText, part: Part, name: string): string => signFields(key, fieldsOf(act, part, name));

export type ActRules = {
  readonly named: (name: string) => Operator | null;
  readonly needsSecond: boolean;
};

const problemOf = (act: ActText, part: Part, { name, signature }: Signed, named: ActRules['named']): string | null => {
  const person = named(name);
  if (person === null) return `${name} is not known, or may not act any more`;
  if (!person.roles.includes(part === 'asks' ? 'act' : 'approve')) return `${name} has no role for this`;
  if (person.publicKey === null || !verifyFields(person.publicKey, fieldsOf(act, part, name), signature))
    return `the signature of ${name} is not theirs, or is of another act`;
  return null;
};

/** Why an act is not carried out; null when the people it needs have signed it. Names are of operators and no secret. */
export const whyNotSigned = (act: ActText, by: Signed, approvedBy: Signed | null, { named, needsSecond }: ActRules): string | null => {
  const first = problemOf(act, 'asks', by, named);
  if (first !== null) return first;
  if (approvedBy === null) return needsSecond ? 'a second person has not approved it' : null;
  if (normalisedName(by.name) === normalisedName(approvedBy.name)) return 'the same person asked and approved';
  return problemOf(act, 'approves', approvedBy, named);
};
