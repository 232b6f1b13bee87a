/** Which payees the payments API takes, judged from its contract alone (contracts/core-banking/README.md, "The creditor's name"). */
import { CREDITOR_NAME_MAX } from '../../../../contracts/core-banking/http.js';
import { NOT_SENT, type NotSent } from '../../../kernel/outcome.js';
import type { Payee } from '../../../ports/core-banking.js';

const IBAN = /^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/;

/**
 * The letters of European names, their accents, printable ASCII, and the marks that are typed in its place. The bank turns these into
 * the rail's letters (EPC217-08, conversion tables). No table turns other scripts, so no rail carries them.
 */
const TAKEN: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e], // printable ASCII
  ...([
    [0xc0, 0xd6],
    [0xd8, 0xf6],
    [0xf8, 0x17f],
  ] as const), // Latin-1 and Latin Extended-A
  ...([
    [0x1a0, 0x1a1],
    [0x1af, 0x1b0],
    [0x1e00, 0x1e99],
    [0x1e9e, 0x1e9e],
    [0x1ea0, 0x1ef9],
  ] as const), // Vietnamese, and several accents
  [0x218, 0x21b], // Romanian
  [0x300, 0x36f], // accents that stand for themselves
  ...([
    [0x386, 0x386],
    [0x388, 0x38a],
    [0x38c, 0x38c],
    [0x38e, 0x3a1],
    [0x3a3, 0x3ce],
  ] as const), // Greek
  ...([
    [0x400, 0x45f],
    [0x490, 0x491],
  ] as const), // Cyrillic
  ...([
    [0xb7, 0xb7],
    [0x2013, 0x2013],
    [0x2018, 0x2019],
    [0x201c, 0x201d],
  ] as const), // middle dot, dash, apostrophes, quotation marks
];
const isTaken = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  return TAKEN.some(([first, last]) => code >= first && code <= last);
};
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** One character says nothing about a person; the name itself is never repeated. */
const codePoint = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

const nameProblem = (name: string): string | null => {
  const characters = Array.from(name);
  const strange = characters.find((one) => !isTaken(one));
  if (strange !== undefined) return `the name of the account's owner holds a character that no payment carries (${codePoint(strange)})`;
  if (!LETTER_OR_DIGIT.test(name)) return "the name of the account's owner is empty";
  if (characters.length > CREDITOR_NAME_MAX)
    return `the name of the account's owner has ${characters.length} characters, more than the ${CREDITOR_NAME_MAX} of a payment`;
  return null;
};

export const canPay = ({ creditorName, creditorIban }: Payee): NotSent | null => {
  const problem = IBAN.test(creditorIban) ? nameProblem(creditorName) : 'the counter account does not have the form of an IBAN';
  return problem === null ? null : `${NOT_SENT}${problem}`;
};
