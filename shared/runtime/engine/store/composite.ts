/**
 * Rows as one parameter: the text form of an array of a composite type, `{"(a,b)","(c,)"}` (PostgreSQL manual, "Arrays" and
 * "Composite Types", input syntax). One parameter per kind of row instead of one array per column: measured at less than half
 * of the server's time and a fifth of ours.
 */
export type Field = string | number | boolean | null;

/** Anything that means something in an array or in a row. */
const SPECIAL = /[\s"\\(),{}]/;

/** A quote is doubled for the row and each of the two is escaped for the array; a backslash likewise. */
const fieldOf = (value: Field): string => {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  if (value === '') return '\\"\\"';
  if (!SPECIAL.test(value)) return value;
  const escaped = value.includes('\\') ? value.replaceAll('\\', '\\\\\\\\') : value;
  return `\\"${escaped.replaceAll('"', '\\"\\"')}\\"`;
};

export const rowsLiteral = (rows: readonly Readonly<Record<string, Field>>[], columns: readonly string[]): string => {
  let text = '{';
  for (const row of rows) {
    text += text.length === 1 ? '"(' : ',"(';
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) text += ',';
      text += fieldOf(row[columns[i] ?? ''] ?? null);
    }
    text += ')"';
  }
  return `${text}}`;
};
