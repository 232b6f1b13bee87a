/**
 * Opens for people what the services have sealed, and seals what people write. Masking comes after it: what is shown is masked, and what people
 * sign is the clear text. What cannot be opened any more says so in its place.
 */
import { parseJson, type Json, type Printable } from '../../../../shared/kernel/json.js';
import { openWith } from '../../../../shared/runtime/sealing/cipher.js';
import { DataKeys, type Ask } from '../../../../shared/runtime/sealing/portfolio-keys.js';
import { clearText, openedBody } from '../../../../shared/runtime/sealing/sealed-message.js';
import { dataKeyIdOf, openedJson } from '../../../../shared/runtime/sealing/sealed-rows.js';
import { sealedBy, sealedForPortfolio, type Sealing } from '../../../../shared/runtime/sealing/sealer.js';

/** No portfolio has such an id. */
const OF_NO_PORTFOLIO = '(none)';
const ERASED_TEXT = '(erased)';
const LONGEST_BODY = 100_000;
type Members = { readonly [key: string]: Printable };

const whyNot = (error: unknown): string => `(cannot be opened: ${error instanceof Error ? error.message : 'unknown'})`;

export class Opening {
  readonly #sealing: Sealing;
  readonly #keys: DataKeys;

  constructor(sealing: Sealing, ask: Ask, nowMs: () => number = Date.now) {
    this.#sealing = sealing;
    this.#keys = new DataKeys({ ...sealing, ask, nowMs });
  }

  /** Before any of these is opened: stored JSON, and single texts. */
  async know(values: readonly unknown[]): Promise<void> {
    const ids = values.map((value) => {
      const sealed = typeof value === 'string' ? sealedBy(value) : null;
      return sealed?.by === 'data' ? sealed.keyId : dataKeyIdOf(value);
    });
    await this.#keys.read(ids.filter((id) => id !== null));
  }

  /** A message as it came, and as people sign it. */
  message(value: string): string {
    try {
      return clearText(this.#sealing.sealer, value);
    } catch (error) {
      return whyNot(error);
    }
  }

  /** A body that the gateway kept, in the form in which Postgres prints bytes, cut to what people read. */
  keptBody(escaped: string): string {
    try {
      const text = sealedBy(escaped) === null ? escaped : openedBody(this.#sealing.sealer, Buffer.from(escaped, 'latin1')).toString('utf8');
      return text.slice(0, LONGEST_BODY);
    } catch (error) {
      return whyNot(error);
    }
  }

  /** `about`: the id of the row. After `know`. */
  json(value: Json, about: string): Json {
    try {
      return openedJson(value, this.#keys.toOpen, about, parseJson) as Json;
    } catch (error) {
      return whyNot(error);
    }
  }

  /** One text of an act. After `know`. */
  text(text: string, about: string): string {
    const sealed = sealedBy(text);
    if (sealed === null) return text;
    try {
      const key = this.#keys.toOpen(sealed.keyId);
      return key === null ? ERASED_TEXT : openWith(key.key, sealed.payload, about);
    } catch (error) {
      return whyNot(error);
    }
  }

  /** The same for each of these members that is a text. After `know`. */
  members<M extends { readonly [key: string]: Json }>(value: M, names: readonly string[], about: string): M {
    const texts = names.flatMap((name) => {
      const member = value[name];
      return typeof member === 'string' ? [[name, this.text(member, about)] as const] : [];
    });
    return { ...value, ...Object.fromEntries(texts) };
  }

  /** Makes the keys that `seal` needs, before a transaction begins. */
  prepare(portfolioIds: readonly string[]): Promise<void> {
    return this.#keys.prepare(portfolioIds);
  }

  /** What people write about a portfolio is sealed with its data key, so that it is erased with it. What is about none has a key of its own. */
  async seal(texts: Members, portfolioId: string | null, about: string): Promise<Members> {
    const whose = portfolioId ?? OF_NO_PORTFOLIO;
    await this.#keys.prepare([whose]);
    const { id, key } = this.#keys.toSeal(whose);
    const sealed = (text: string): string => sealedForPortfolio(id, key, text, about);
    return Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, typeof text === 'string' && text !== '' ? sealed(text) : text]),
    );
  }
}
