/**
 * The people of every test, demo and torture, in one place: names, tokens and keys. Their keys are made of their names, so that the same
 * seed tells the same story; nobody outside of tests may have such a key.
 */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { actOf, type ActFacts } from '../../contracts/internal/acts.js';
import type { OperatorDecision } from '../../contracts/internal/events.js';
import { publicKeyText } from '../../shared/runtime/signing/ed25519.js';
import type { Operator, OperatorRole } from '../../shared/runtime/signing/operators-file.js';
import { signAct, textHash } from '../../shared/runtime/signing/signed-act.js';
import { publicKeyOf } from '../../shared/runtime/signing/ed25519.js';
import { operatorsFileOf as fileOf } from '../builders/people.js';

export type TestPerson = {
  readonly name: string;
  readonly token: string;
  readonly key: KeyObject;
  readonly roles: readonly OperatorRole[];
};

/** PKCS #8 of an Ed25519 key (RFC 8410), up to its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const keyOf = (name: string): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([PKCS8, createHash('sha256').update(`test key of ${name}`).digest()]),
    format: 'der',
    type: 'pkcs8',
  });

const person = (name: string, roles: readonly OperatorRole[]): TestPerson => ({
  name,
  token: createHash('sha256').update(`test token of ${name}`).digest('base64url'),
  key: keyOf(name),
  roles,
});

/** Anna asks, Ben approves; each may do both. Carl only looks. */
export const anna = person('anna', ['look', 'act', 'approve']);
export const ben = person('ben', ['look', 'act', 'approve']);
export const carl = person('carl', ['look']);
export const testPeople: readonly TestPerson[] = [anna, ben, carl];

const EXPIRES = '2999-01-01';

const known = new Map(
  testPeople.map(({ name, roles, token, key }): [string, Operator] => [
    name,
    { name, roles: [...roles], expires: EXPIRES, tokenHash: textHash(token), publicKey: publicKeyOf(publicKeyText(key)) },
  ]),
);
/** What a service reads of OPERATORS_FILE. */
export const personNamed = (name: string): Operator | null => known.get(name.trim().toLowerCase()) ?? null;

/** OPERATORS_FILE of these people. JSON is YAML. */
export const operatorsFileOf = (people: readonly TestPerson[] = testPeople): string =>
  fileOf(
    people.map((one) => ({ ...one, expires: EXPIRES })),
    Object.fromEntries(people.map(({ name, token }) => [name, token])),
  );

/** Writes OPERATORS_FILE and the key of each person into `folder`. */
export const writePeople = (folder: string): { readonly operatorsFile: string; readonly keyFileOf: (one: TestPerson) => string } => {
  const operatorsFile = join(folder, 'operators.json');
  writeFileSync(operatorsFile, operatorsFileOf());
  const keyFileOf = ({ name }: TestPerson): string => join(folder, `${name}.key`);
  for (const one of testPeople) writeFileSync(keyFileOf(one), one.key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return { operatorsFile, keyFileOf };
};

export const signatureOf = (one: TestPerson, facts: ActFacts, part: 'asks' | 'approves'): string =>
  signAct(one.key, actOf(facts, textHash), part, one.name);

type Unsigned<D> = D extends OperatorDecision
  ? Omit<D, 'by' | 'signature' | 'approvedBy' | 'approval' | 'actId'> & { actId?: string }
  : never;
export type UnsignedDecision = Unsigned<OperatorDecision>;

let acts = 0;
/** As the operator service says it once these people have signed. */
export const signedDecision = (
  unsigned: UnsignedDecision,
  by: TestPerson = anna,
  approvedBy: TestPerson | null = ben,
): OperatorDecision => {
  const facts = { actId: `test-act-${String(++acts)}`, ...unsigned };
  return {
    ...facts,
    by: by.name,
    signature: signatureOf(by, facts, 'asks'),
    approvedBy: approvedBy?.name ?? null,
    approval: approvedBy === null ? null : signatureOf(approvedBy, facts, 'approves'),
  };
};

/** Of the one message that is to run, or to be dropped. */
export const letterFacts = (eventId: string, text: string, attempts: number | string = 1) => ({
  eventId,
  attempts: String(attempts),
  text: textHash(text),
});
