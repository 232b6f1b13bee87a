/**
 * A list that is paged by time. Source: page "Pagination" of the vendor, October 2026. `offset` is an ISO 8601 date, no count of rows.
 * Any `direction` but `prev` counts as `next`. `limit` has neither a default nor a maximum.
 *
 * The page does not say which end comes first, whether the row at the offset is shown again, or what marks the end. So each page begins
 * a little before the last row. A page that shows the last rows again and nothing else is the end. Whatever contradicts this is an error.
 */
import { instantMs, isoOf } from '../../../kernel/instant.js';
import { query } from '../../http/path.js';
import { got, unclear, type Got } from './outcome.js';

/** What `offset` is taken for: a point in time, or a whole day (UTC) where the vendor cuts off the hours. */
export const LIST_OFFSETS = ['instant', 'day'] as const;
export type ListOffset = (typeof LIST_OFFSETS)[number];

export type TimedList<Row> = {
  /** What is read, as it is said to people. */
  readonly what: string;
  readonly fromMs: number;
  readonly nowMs: number;
  readonly offset: ListOffset;
  readonly idOf: (row: Row) => string;
  /** The time that the row shows. */
  readonly atOf: (row: Row) => string | undefined;
  /** One page: `parameters` is the part of the address after the path. */
  readonly ask: (parameters: string) => Promise<Got<readonly Row[]>>;
};

const DAY_MS = 86_400_000;
const FIRST_LIMIT = 100;
/** More rows of one instant than this are not read. */
const LARGEST_LIMIT = 6_400;
const LIMIT_GROWS_BY = 4;
export const MOST_PAGES = 100;
const MOST_READINGS = 3;
const NO_PROGRESS = 'makes no progress from page to page';

/** 1: the oldest row comes first; -1: the newest one does. */
type Sense = 1 | -1;
/** What a page says about the list. */
type Judged = 'more' | 'end' | 'again' | { readonly wrong: string };
type Timed<Row> = { readonly row: Row; readonly id: string; readonly atMs: number };

/** Just before the last row, so that the row is shown again, whether the offset itself is in the page or not. */
const offsetOf = (atMs: number, sense: Sense, offset: ListOffset): number => {
  const before = atMs - sense;
  if (offset === 'instant') return before;
  return sense === 1 ? Math.floor(before / DAY_MS) * DAY_MS : Math.ceil(before / DAY_MS) * DAY_MS;
};
const printed = (atMs: number, offset: ListOffset): string => {
  const text = isoOf(atMs);
  return offset === 'day' ? text.slice(0, 10) : text;
};

/** Null: the rows are all of one instant. `mixed`: they are in no order. */
const senseOf = (rows: readonly { readonly atMs: number }[]): Sense | 'mixed' | null => {
  let sense: Sense | null = null;
  let before: number | null = null;
  for (const { atMs } of rows) {
    const here: Sense | null = before === null || atMs === before ? null : atMs > before ? 1 : -1;
    if (here !== null && sense !== null && here !== sense) return 'mixed';
    sense = here ?? sense;
    before = atMs;
  }
  return sense;
};

/** Reads one list, page by page. */
class Reading<Row> {
  readonly #list: TimedList<Row>;
  readonly #known = new Map<string, Timed<Row>>();
  #sense: Sense | null = null;
  /** While the sense is not known: which one the next page is asked for by. */
  #tried: Sense = 1;
  #limit = FIRST_LIMIT;
  /** A page of this many rows may have been cut. Smaller than the limit where the other side cuts by itself. */
  #cutAt = FIRST_LIMIT;
  #lastLength = 0;

  constructor(list: TimedList<Row>) {
    this.#list = list;
  }

  /** Null: the list seemed to cut its pages, and may only have grown between two of them. It is read from the start again. */
  async read(): Promise<Got<readonly Row[]> | null> {
    for (let page = 0; page < MOST_PAGES; page++) {
      const offsetMs = this.#offsetMs();
      const answer = await this.#list.ask(this.#parameters(offsetMs));
      if (answer.ended !== null) return answer;
      const rows = this.#timed(answer.value);
      if (rows === null) return this.#no('shows a row without a time');
      const judged = offsetMs === null ? this.#first(rows) : this.#next(rows, offsetMs);
      if (judged === 'end') return got([...this.#known.values()].map(({ row }) => row));
      if (judged === 'again') return null;
      if (judged !== 'more') return this.#no(judged.wrong);
    }
    return this.#no('has too many pages');
  }

  #no(why: string): Got<never> {
    return unclear(`${this.#list.what} ${why}`);
  }

  /** A day more on both sides: where only the day of a time is read, in whatever zone, nothing of ours is left out. */
  #parameters(offsetMs: number | null): string {
    const { fromMs, nowMs, offset } = this.#list;
    return query({
      from: isoOf(fromMs - DAY_MS),
      to: isoOf(nowMs + DAY_MS),
      limit: String(this.#limit),
      ...(offsetMs === null ? {} : { offset: printed(offsetMs, offset), direction: 'next' }),
    });
  }

  #timed(rows: readonly Row[]): readonly Timed<Row>[] | null {
    const timed: Timed<Row>[] = [];
    for (const row of rows) {
      const atMs = instantMs(this.#list.atOf(row) ?? '');
      if (atMs === null) return null;
      timed.push({ row, id: this.#list.idOf(row), atMs });
    }
    return timed;
  }

  #lastMs(sense: Sense): number | null {
    const times = [...this.#known.values()].map(({ atMs }) => atMs);
    if (times.length === 0) return null;
    return sense === 1 ? Math.max(...times) : Math.min(...times);
  }

  #offsetMs(): number | null {
    const sense = this.#sense ?? this.#tried;
    const lastMs = this.#lastMs(sense);
    return lastMs === null ? null : offsetOf(lastMs, sense, this.#list.offset);
  }

  #keep(rows: readonly Timed<Row>[]): void {
    for (const row of rows) this.#known.set(row.id, row);
    this.#lastLength = rows.length;
  }

  #first(rows: readonly Timed<Row>[]): Judged {
    if (rows.length === 0) return 'end';
    const sense = senseOf(rows);
    if (sense === 'mixed') return { wrong: 'is in no order of time' };
    this.#sense = sense;
    this.#keep(rows);
    return 'more';
  }

  #next(rows: readonly Timed<Row>[], offsetMs: number): Judged {
    const inOrder = senseOf(rows);
    if (inOrder === 'mixed') return { wrong: 'is in no order of time' };
    const sense = this.#sense ?? this.#tried;
    const fresh = rows.filter(({ id }) => !this.#known.has(id));
    const lastMs = this.#lastMs(sense);
    const lastOnes = [...this.#known.values()].filter(({ atMs }) => atMs === lastMs);
    const shown = new Set(rows.map(({ id }) => id));
    const isShownAgain = lastOnes.every(({ id }) => shown.has(id));
    const isFull = rows.length >= this.#cutAt;
    // One instant only so far: it is not known which end comes first. The other one is tried once.
    if (this.#sense === null && this.#tried === 1 && !isShownAgain && !isFull) {
      this.#tried = -1;
      return 'more';
    }
    if (inOrder !== null && inOrder !== sense) return { wrong: 'turns round between two pages' };
    if (rows.some(({ atMs }) => (atMs - offsetMs) * sense < 0)) return { wrong: 'goes backwards, or repeats a page' };
    if (isFull && fresh.length === 0) return this.#grow();
    const goesFurther = fresh.some(({ atMs }) => atMs !== lastMs);
    if (!isShownAgain && (!isFull || goesFurther)) return { wrong: 'does not go on where the last page ended' };
    if (fresh.length === 0) return 'end';
    // Two pages of one length, and more to come: the other side cuts by itself, at less than was asked for.
    if (rows.length === this.#lastLength) this.#cutAt = Math.min(this.#cutAt, rows.length);
    if (this.#sense === null) this.#sense = inOrder ?? (goesFurther ? sense : null);
    this.#keep(rows);
    return 'more';
  }

  /** A full page of what is known: more rows of one instant than fit on a page. */
  #grow(): Judged {
    if (this.#cutAt < this.#limit) return 'again';
    if (this.#limit >= LARGEST_LIMIT) return { wrong: NO_PROGRESS };
    this.#limit *= LIMIT_GROWS_BY;
    this.#cutAt = this.#limit;
    return 'more';
  }
}

/**
 * Every row of the list since `fromMs` less a day, once, in the order of the pages. An end that is not proven is an error.
 * A list that cuts its pages by itself does so in each reading. A list that grew while it was read has come to rest in a later one.
 */
export const readTimedList = async <Row>(list: TimedList<Row>): Promise<Got<readonly Row[]>> => {
  for (let reading = 0; reading < MOST_READINGS; reading++) {
    const read = await new Reading(list).read();
    if (read !== null) return read;
  }
  return unclear(`${list.what} ${NO_PROGRESS}`);
};
