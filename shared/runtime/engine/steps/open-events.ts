/** Events in memory: the sweep leaves them alone, and none is taken up twice. */
export class OpenEvents {
  readonly #inMemory = new Set<string>();
  /** Events that left memory while the database was asked which are open. */
  readonly #releasedMeanwhile = new Set<Set<string>>();

  has(eventId: string): boolean {
    return this.#inMemory.has(eventId);
  }

  add(eventId: string): void {
    this.#inMemory.add(eventId);
  }

  drop(eventId: string): void {
    this.#inMemory.delete(eventId);
    for (const meanwhile of this.#releasedMeanwhile) meanwhile.add(eventId);
  }

  /** Of what `look` finds open: what is not in memory, and was not while it looked. What was handled meanwhile would be found stale, at a cost to all. */
  async notInMemory<R extends { readonly eventId: string }>(look: () => Promise<readonly R[]>): Promise<readonly R[]> {
    const meanwhile = new Set<string>();
    this.#releasedMeanwhile.add(meanwhile);
    try {
      return (await look()).filter(({ eventId }) => !this.#inMemory.has(eventId) && !meanwhile.has(eventId));
    } finally {
      this.#releasedMeanwhile.delete(meanwhile);
    }
  }
}
