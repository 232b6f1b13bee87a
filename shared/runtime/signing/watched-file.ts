/** A file that is read again when it changes. One that has become unreadable leaves what it said before. */
import { statSync } from 'node:fs';

export type WatchedFileOptions<T> = {
  readonly path: string;
  /** More files that belong to it: a change of any of them is a change. */
  readonly beside?: readonly string[];
  /** @throws Error that says what is wrong with the file, never what stands in it. */
  readonly read: (path: string) => T;
  /** For a rate of at most one look a second. Ms since any moment. */
  readonly nowMs: () => number;
  /** Hears why a changed file is not taken. */
  readonly onProblem: (problem: string) => void;
  /** Hears that a changed file was taken. */
  readonly onChange?: () => void;
};

const LOOK_EVERY_MS = 1_000;

/** A new file in the place of the old one has another inode; one that was written over has another time. */
const markOf = (path: string): string => {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${String(mtimeMs)}/${String(size)}/${String(ino)}`;
  } catch {
    return 'gone';
  }
};

export class WatchedFile<T> {
  readonly #o: WatchedFileOptions<T>;
  #content: T;
  #mark: string;
  #lookedAtMs: number;

  /** @throws Error when the file cannot be used: the process must not start. */
  constructor(options: WatchedFileOptions<T>) {
    this.#o = options;
    this.#mark = this.#markNow();
    this.#content = options.read(options.path);
    this.#lookedAtMs = options.nowMs();
  }

  #markNow(): string {
    return [this.#o.path, ...(this.#o.beside ?? [])].map(markOf).join(' ');
  }

  /** As it stands now, at most a second old. */
  get content(): T {
    const nowMs = this.#o.nowMs();
    // A clock that was set back must not stop the looking.
    if (Math.abs(nowMs - this.#lookedAtMs) < LOOK_EVERY_MS) return this.#content;
    this.#lookedAtMs = nowMs;
    const mark = this.#markNow();
    if (mark === this.#mark) return this.#content;
    this.#mark = mark;
    try {
      this.#content = this.#o.read(this.#o.path);
      this.#o.onChange?.();
    } catch (error) {
      this.#o.onProblem(error instanceof Error ? error.message : 'cannot be read');
    }
    return this.#content;
  }
}
