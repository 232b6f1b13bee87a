/**
 * The keys of portfolios. Each is drawn at random, lies in `public.data_key` wrapped by a key of SEAL_KEYS_FILE, and seals what is kept for
 * ever about one customer. When it is forgotten, nobody can open that again, in no copy of the database either: see erased-keys.ts.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { Recent } from '../../kernel/recent.js';
import { openWith, sealWith } from './cipher.js';
import type { SealKeys } from './seal-keys-file.js';
import type { DataKey } from './sealed-rows.js';
import { SealKeyMissing } from './sealer.js';

export type Ask = <R extends QueryResultRow>(text: string, values: unknown[]) => Promise<readonly R[]>;
export const askOf =
  (pool: Pick<Pool | PoolClient, 'query'>): Ask =>
  async <R extends QueryResultRow>(text: string, values: unknown[]) =>
    (await pool.query<R>(text, values)).rows;
export type DataKeysOptions = {
  readonly ask: Ask;
  readonly keys: () => SealKeys;
  /** Whether this key was erased, even if a restored database still holds it. */
  readonly isErased: (dataKeyId: string) => boolean;
  /** Ms since any moment. */
  readonly nowMs: () => number;
};

/** A key that was read longer ago is looked at again before it seals: `npm run erase` waits longer than this before it forgets one. */
export const SEALS_FOR_MS = 60_000;
const MOST_REMEMBERED = 40_000;
const KEY_BYTES = 32;

type Row = { id: string; portfolio_id: string; wrapped_by: string; wrapped: string; is_closing: boolean };
const COLUMNS = 'id, portfolio_id, wrapped_by, wrapped, closing_at is not null as is_closing';
/** A wrapped key belongs to its portfolio: it cannot be put in the place of another one's. */
const aboutKey = (id: string, portfolioId: string): string => `data key ${id} of ${portfolioId}`;

export const wrapDataKey = (keys: SealKeys, id: string, portfolioId: string, bytes: Buffer): Pick<Row, 'wrapped_by' | 'wrapped'> => ({
  wrapped_by: keys.first.id,
  wrapped: sealWith(keys.first.forDataKeys, bytes.toString('base64'), aboutKey(id, portfolioId)),
});

/** @throws SealKeyMissing, SealBroken. */
export const unwrapDataKey = (keys: SealKeys, row: Pick<Row, 'id' | 'portfolio_id' | 'wrapped_by' | 'wrapped'>): Buffer => {
  const master = keys.withId(row.wrapped_by);
  if (master === null) throw new SealKeyMissing(row.wrapped_by);
  return Buffer.from(openWith(master.forDataKeys, row.wrapped, aboutKey(row.id, row.portfolio_id)), 'base64');
};

type Sealing = { readonly key: DataKey; readonly readAtMs: number };

export class DataKeys {
  readonly #o: DataKeysOptions;
  readonly #byId = new Recent<DataKey | null>(MOST_REMEMBERED);
  readonly #sealing = new Recent<Sealing>(MOST_REMEMBERED);

  constructor(options: DataKeysOptions) {
    this.#o = options;
  }

  #usable(portfolioId: string): DataKey | null {
    const known = this.#sealing.get(portfolioId);
    if (known === undefined || this.#o.nowMs() - known.readAtMs > SEALS_FOR_MS || this.#o.isErased(known.key.id)) return null;
    return known.key;
  }

  #keyOf(row: Row): DataKey {
    const key = { id: row.id, key: createSecretKey(unwrapDataKey(this.#o.keys(), row)) };
    this.#byId.set(row.id, key);
    return key;
  }

  #remember(rows: readonly Row[]): void {
    const readAtMs = this.#o.nowMs();
    for (const row of rows)
      if (!row.is_closing && !this.#o.isErased(row.id)) this.#sealing.set(row.portfolio_id, { key: this.#keyOf(row), readAtMs });
  }

  /** Makes the keys that are missing. Afterwards `toSeal` knows them all. @throws SealKeyMissing, and what the database says. */
  async prepare(portfolioIds: readonly string[]): Promise<void> {
    const wanted = portfolioIds.filter((id) => this.#usable(id) === null);
    if (wanted.length === 0) return;
    // The oldest one comes last and is taken: two services that have made one at the same time agree.
    const select = `select ${COLUMNS} from public.data_key where portfolio_id = any($1::text[]) order by made_at desc, id desc`;
    this.#remember(await this.#o.ask<Row>(select, [wanted]));
    const missing = wanted.filter((id) => this.#usable(id) === null);
    if (missing.length === 0) return;
    const made = missing.map((portfolioId) => {
      const id = randomBytes(12).toString('hex');
      return { id, portfolio_id: portfolioId, ...wrapDataKey(this.#o.keys(), id, portfolioId, randomBytes(KEY_BYTES)), is_closing: false };
    });
    await this.#o.ask(
      `insert into public.data_key (id, portfolio_id, wrapped_by, wrapped) select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
      [
        made.map(({ id }) => id),
        made.map(({ portfolio_id }) => portfolio_id),
        made.map(({ wrapped_by }) => wrapped_by),
        made.map(({ wrapped }) => wrapped),
      ],
    );
    this.#remember(made);
  }

  /** After `prepare`. @throws Error when nobody has prepared it: nothing is ever stored in clear for want of a key. */
  toSeal(portfolioId: string): DataKey {
    const key = this.#sealing.get(portfolioId)?.key;
    if (key === undefined) throw new Error('a portfolio has no data key yet');
    return key;
  }

  /** Reads the keys that are not known. Afterwards `toOpen` knows them all. @throws SealKeyMissing, and what the database says. */
  async read(ids: readonly string[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#byId.has(id));
    if (unknown.length === 0) return;
    const rows = await this.#o.ask<Row>(`select ${COLUMNS} from public.data_key where id = any($1::text[])`, [unknown]);
    for (const row of rows) this.#keyOf(row);
    // Not there: it was forgotten.
    for (const id of unknown) if (!this.#byId.has(id)) this.#byId.set(id, null);
  }

  /** After `read`. Null: it is forgotten, for ever. */
  readonly toOpen = (id: string): DataKey | null => (this.#o.isErased(id) ? null : (this.#byId.get(id) ?? null));
}
