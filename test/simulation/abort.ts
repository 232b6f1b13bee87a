/** A deadline's signal. The platform's own does the same, and takes more time than the request that it is for. */
class Signal {
  aborted = false;
  readonly isOver: (() => boolean) | undefined = undefined;
  readonly #listeners: (() => void)[] = [];

  addEventListener(_event: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  }
}

/** As much of an AbortController as the network of a simulation looks at. */
export class Abort {
  readonly #signal = new Signal();

  get signal(): AbortSignal {
    return this.#signal as unknown as AbortSignal;
  }
  abort(): void {
    this.#signal.abort();
  }
}
