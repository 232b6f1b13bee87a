/**
 * A bounded memory of what was used last, in two generations: what is used goes into the young one; when that is full it becomes the old
 * one and the old one is forgotten. Every operation takes the same time at any size. One map whose oldest key is taken out does not: a
 * map keeps a hole for every deleted key, and looking for its first key goes over them all (70 µs at 20,000 keys).
 */
export class Recent<V> {
  readonly #mostPerGeneration: number;
  readonly #onForgotten: (key: string, value: V) => void;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** Holds the last `most / 2` used at least, and `most` at most. `onForgotten` hears of what made room, not of what was deleted. */
  constructor(most: number, onForgotten: (key: string, value: V) => void = () => undefined) {
    this.#mostPerGeneration = Math.max(1, Math.floor(most / 2));
    this.#onForgotten = onForgotten;
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: V): void {
    this.#old.delete(key);
    if (this.#young.size >= this.#mostPerGeneration && !this.#young.has(key)) this.#age();
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #age(): void {
    const forgotten = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    for (const [key, value] of forgotten) this.#onForgotten(key, value);
  }
}
