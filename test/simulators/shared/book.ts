import { JsonNumber } from '../../../shared/kernel/json.js';

/** One line of a book: `seq` counts from 1, `at` is ISO 8601 UTC with milliseconds. */
export type Line<Entry extends object> = Readonly<Entry> & { readonly seq: number; readonly at: string };

/** Lines are only ever added. Nobody changes or removes one; a reset of the whole simulator starts new books. */
export type Book<Entry extends object> = {
  readonly name: string;
  readonly append: (entry: Entry) => Line<Entry>;
  readonly all: () => readonly Line<Entry>[];
  readonly where: (matches: (line: Line<Entry>) => boolean) => readonly Line<Entry>[];
};

const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  if (value instanceof JsonNumber) return;
  for (const member of Object.values(value)) freeze(member);
};

/** What is appended is frozen, deep: a line cannot change after it was written. */
export const createBook = <Entry extends object>(name: string, nowMs: () => number): Book<Entry> => {
  const lines: Line<Entry>[] = [];
  return {
    name,
    append: (entry) => {
      const line = { ...entry, seq: lines.length + 1, at: new Date(nowMs()).toISOString() };
      freeze(line);
      lines.push(line);
      return line;
    },
    all: () => lines.slice(),
    where: (matches) => lines.filter(matches),
  };
};
