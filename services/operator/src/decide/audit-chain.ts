/** The audit log is a chain: each line carries the hash of the one before it. So no line can be changed, put in or taken out unseen. */
import { JsonNumber, printJson, type Json, type Printable } from '../../../../shared/kernel/json.js';
import type { AuditLine } from './operator.js';

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

/** A line with what its hash is made of. `exactAt`: microseconds, UTC. `form`: 1 was written by the service, 2 by the database. */
export type StoredLine = { readonly line: AuditLine; readonly form: number; readonly exactAt: string; readonly detailsText: string };

type Unsealed = Omit<AuditLine, 'hash' | 'details'> & { readonly details: Json | Printable };

/** Form 1, up to the second release. */
export const hashOfLine = ({ seq, at, who, what, target, details, previous }: Unsealed, sha256: Sha256): string =>
  sha256(canonicalJson({ seq, at, who, what, target, details: details as Printable, previous }));

const octets = (text: string): number => {
  let count = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return count;
};

/** Form 2: as `operator.hash_of_fields` of the database computes it. */
const hashOfFields = (fields: readonly string[], sha256: Sha256): string =>
  sha256(fields.map((field) => `${String(octets(field))}:${field}`).join(''));

const hashOfStored = ({ line, form, exactAt, detailsText }: StoredLine, sha256: Sha256): string =>
  form === 1
    ? hashOfLine(line, sha256)
    : hashOfFields(
        [`audit-${String(form)}`, String(line.seq), exactAt, line.who, line.what, line.target, detailsText, line.previous],
        sha256,
      );

export type ChainEnd = { readonly lines: number; readonly lastHash: string; readonly form: number };
export const EMPTY_CHAIN: ChainEnd = { lines: 0, lastHash: FIRST_PREVIOUS, form: 1 };

export type ChainVerdict =
  | ({ readonly whole: true } & ChainEnd)
  | { readonly whole: false; readonly lines: number; readonly brokenAt: number; readonly problem: string };

/** Goes on from `end` over the next lines, in order of `seq`. The first broken line ends it. */
export const verifyNext = (end: ChainEnd, lines: readonly StoredLine[], sha256: Sha256): ChainVerdict => {
  let { lines: count, lastHash, form } = end;
  for (const stored of lines) {
    const { line } = stored;
    const broken = (problem: string): ChainVerdict => ({ whole: false, lines: count, brokenAt: line.seq, problem });
    if (line.seq !== count + 1) return broken(`line ${count + 1} is missing`);
    if (line.previous !== lastHash) return broken('it does not follow the line before it');
    // The database writes all lines since a release: one in the older form after them is none of its own.
    if (stored.form < form) return broken('it is written as no line is written any more');
    if (hashOfStored(stored, sha256) !== line.hash) return broken('its content was changed');
    count += 1;
    lastHash = line.hash;
    form = stored.form;
  }
  return { whole: true, lines: count, lastHash, form };
};
