/** Looks for what must stand nowhere in clear: in rows of a database, in files of Postgres and Kafka, and in logs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';

/** What is looked for, and the name under which a find is told. The text itself is never printed: it may be a secret. */
export interface Needle {
  readonly name: string;
  readonly text: string;
}

const grouped = (text: string): string => text.replaceAll(/(.{4})(?=.)/g, '$1 ');
/** Base64 of a text that begins at any of the three places of a group; what its neighbours decide is left out. */
const inBase64 = (text: string): readonly string[] =>
  [0, 1, 2].map((before) => {
    const bytes = Buffer.from('x'.repeat(before) + text);
    const whole = bytes.toString('base64').replaceAll('=', '');
    return whole.slice(Math.ceil((before * 4) / 3) + (before === 0 ? 0 : 1), Math.floor((bytes.length * 8) / 6) - 1);
  });

/** As it is, in groups of four, and in the two ways in which bytes are often written down. */
const formsOf = (text: string): readonly string[] => [
  text,
  grouped(text),
  Buffer.from(text).toString('hex'),
  ...inBase64(text).filter((form) => form.length >= 8),
];

type Wanted = { readonly name: string; readonly forms: readonly Buffer[] };

export class ClearText {
  readonly #wanted: readonly Wanted[];
  readonly #found = new Set<string>();
  #bytes = 0;

  constructor(needles: readonly Needle[]) {
    this.#wanted = needles.map(({ name, text }) => ({ name, forms: formsOf(text).map((form) => Buffer.from(form)) }));
  }

  /** `place: name` of everything that was found, without what it is. */
  get found(): readonly string[] {
    return [...this.#found].sort();
  }
  /** How much was looked at. */
  get bytes(): number {
    return this.#bytes;
  }

  look(place: string, content: Buffer | string): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.#bytes += bytes.length;
    for (const { name, forms } of this.#wanted) if (forms.some((form) => bytes.includes(form))) this.#found.add(`${place}: ${name}`);
  }

  /** Every file below a folder. `isWanted` gets the path below it. */
  lookAtFiles(place: string, folder: string, isWanted: (path: string) => boolean = () => true): void {
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const whole = join(folder, path);
      if (isWanted(path) && statSync(whole, { throwIfNoEntry: false })?.isFile() === true)
        this.look(`${place} ${path}`, readFileSync(whole));
    }
  }

  /** Every row of every table of ours, as text. */
  async lookAtRows(pool: Pool): Promise<number> {
    const { rows: tables } = await pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    );
    let count = 0;
    for (const { name } of tables) {
      const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
      count += rows.length;
      for (const { row } of rows) {
        this.look(name, row);
        // Bytes stand in a row as hexadecimal digits.
        for (const [digits] of row.matchAll(/(?<=\\\\x)[0-9a-f]+/g)) this.look(name, Buffer.from(digits, 'hex'));
      }
    }
    return count;
  }
}
