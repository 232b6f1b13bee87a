/**
 * The list of data keys that were erased: ERASED_KEYS_FILE, one JSON object a line, only ever appended to. It lies outside of the database and
 * is kept for ever, so that an erasure stays done when an older database comes back. It holds ids and times, nothing personal.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { WatchedFile, type WatchedFileOptions } from '../signing/watched-file.js';

const erasedKey = z.object({ dataKey: z.string().regex(/^[0-9a-f]{24}$/), portfolioId: z.string().min(1), at: z.string() });
export type ErasedKey = z.output<typeof erasedKey>;

/** No file is an empty list: nobody was erased yet. @throws Error that says which line is wrong. */
export const readErasedKeys = (path: string): readonly ErasedKey[] => {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [erasedKey.parse(JSON.parse(line))];
    } catch {
      // Half a line is an append that was cut short: its erasure was not finished, and is done again.
      if (index === lines.length - 1) return [];
      throw new Error(`ERASED_KEYS_FILE line ${String(index + 1)} is not one of ours`);
    }
  });
};

/** Before the keys are dropped: once it is written, no restored database brings them back. */
export const appendErasedKeys = (path: string, keys: readonly ErasedKey[]): void => {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const start = before === '' || before.endsWith('\n') ? '' : '\n';
  appendFileSync(path, start + keys.map((key) => `${JSON.stringify(key)}\n`).join(''), { mode: 0o600, flush: true });
};

export class ErasedKeys {
  readonly #file: WatchedFile<ReadonlySet<string>>;

  /** @throws Error when the file cannot be used: the process must not start. */
  constructor(options: Omit<WatchedFileOptions<unknown>, 'read'>) {
    this.#file = new WatchedFile({ ...options, read: (path) => new Set(readErasedKeys(path).map(({ dataKey }) => dataKey)) });
  }

  readonly has = (dataKeyId: string): boolean => this.#file.content.has(dataKeyId);
}
