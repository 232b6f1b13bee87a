/** The audit log is a chain: each line carries the hash of the one before it, so no line can be changed, put in or taken out unseen. */
import { JsonNumber, printJson, type Json, type Printable } from '../../../../shared/kernel/json.js';
import type { AuditLine, AuditVerdict } from './operator.js';

/** Hexadecimal SHA-256 of text in UTF-8. */
export type Sha256 = (text: string) => string;

export const FIRST_PREVIOUS = '0'.repeat(64);

/** Keys sorted, so that the database may keep them in any order. */
const sorted = (value: Printable | Json): Printable => {
  if (value === null || value === undefined || typeof value !== 'object' || value instanceof JsonNumber) return value;
  if (Array.isArray(value)) return (value as readonly Printable[]).map(sorted);
  const members = Object.entries(value as { readonly [key: string]: Printable }).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]));
};

export const canonicalJson = (value: Printable | Json): string => printJson(sorted(value));

type Unsealed = Omit<AuditLine, 'hash' | 'details'> & { readonly details: Json | Printable };

export const hashOfLine = ({ seq, at, who, what, target, details, previous }: Unsealed, sha256: Sha256): string =>
  sha256(canonicalJson({ seq, at, who, what, target, details: details as Printable, previous }));

export type ChainEnd = { readonly lines: number; readonly lastHash: string };
export const EMPTY_CHAIN: ChainEnd = { lines: 0, lastHash: FIRST_PREVIOUS };

/** Goes on from `end` over the next lines, in order of `seq`. The first broken line ends it. */
export const verifyNext = (end: ChainEnd, lines: readonly AuditLine[], sha256: Sha256): AuditVerdict => {
  let { lines: count, lastHash } = end;
  for (const line of lines) {
    const broken = (problem: string): AuditVerdict => ({ whole: false, lines: count, brokenAt: line.seq, problem });
    if (line.seq !== count + 1) return broken(`line ${count + 1} is missing`);
    if (line.previous !== lastHash) return broken('it does not follow the line before it');
    if (hashOfLine(line, sha256) !== line.hash) return broken('its content was changed');
    count += 1;
    lastHash = line.hash;
  }
  return { whole: true, lines: count, lastHash };
};
