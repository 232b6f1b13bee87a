/** A list as the vendor may page it: its words leave much open, and every way of filling the gap is tried. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryable } from '../../http/outcome.js';
import { got, not, type Got } from './outcome.js';
import { LIST_OFFSETS, MOST_PAGES, readTimedList, type ListOffset } from './paging.js';

type Row = { readonly id: string; readonly at: string };
const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

type Server = {
  readonly rows: readonly Row[];
  readonly newestFirst?: boolean;
  /** Whether rows of the very offset are in the page. */
  readonly exclusive?: boolean;
  /** Cuts the hours off an offset. */
  readonly byDay?: boolean;
  /** Cuts pages by itself, whatever the limit. */
  readonly cap?: number;
  /** What it really answers to the page with this number, from 0. */
  readonly lies?: (page: number, true_: readonly Row[]) => readonly Row[];
};

const timeOf = (text: string): number => Date.parse(text.length === 10 ? `${text}T00:00:00.000Z` : text);

/** Answers as `server` says, and counts how often it was asked. */
const served = (server: Server) => {
  const asked: URLSearchParams[] = [];
  const ask = async (parameters: string): Promise<Got<readonly Row[]>> => {
    const query = new URLSearchParams(parameters);
    asked.push(query);
    const [from, to] = [timeOf(query.get('from') ?? ''), timeOf(query.get('to') ?? '')];
    const sense = server.newestFirst === true ? -1 : 1;
    const ordered = server.rows
      .filter(({ at }) => timeOf(at) >= from && timeOf(at) <= to)
      .map((row, place) => ({ row, place }))
      .sort((a, b) => (timeOf(a.row.at) - timeOf(b.row.at) || a.place - b.place) * sense)
      .map(({ row }) => row);
    const offsetText = query.get('offset');
    const instant = offsetText === null ? null : timeOf(offsetText);
    const offset = instant !== null && server.byDay === true ? Math.floor(instant / DAY_MS) * DAY_MS : instant;
    const beyond = ordered.filter(({ at }) => {
      const distance = offset === null ? 1 : (timeOf(at) - offset) * sense;
      return distance > 0 || (distance === 0 && server.exclusive !== true);
    });
    const page = beyond.slice(0, Math.min(Number(query.get('limit')), server.cap ?? Infinity));
    return got(server.lies === undefined ? page : server.lies(asked.length - 1, page));
  };
  return { asked, ask };
};

const read = (server: Server, offset: ListOffset = 'instant', fromMs = NOW_MS - 10 * DAY_MS) => {
  const { asked, ask } = served(server);
  const list = { what: 'the list', fromMs, nowMs: NOW_MS, offset, idOf: (row: Row) => row.id, atOf: (row: Row) => row.at, ask };
  return { asked, done: readTimedList(list) };
};
const at = (ms: number): string => new Date(ms).toISOString();
/** `count` rows, one each `everyMs`, the last one an hour ago. */
const rowsOf = (count: number, everyMs = 1_000): readonly Row[] =>
  Array.from({ length: count }, (_, i) => ({ id: `r${String(i)}`, at: at(NOW_MS - HOUR_MS - (count - 1 - i) * everyMs) }));
const idsOf = (answer: Got<readonly Row[]>): readonly string[] | string =>
  answer.ended === null ? answer.value.map(({ id }) => id).sort() : answer.ended.kind === 'retryable' ? answer.ended.evidence : 'not found';
const allOf = (rows: readonly Row[]): readonly string[] => rows.map(({ id }) => id).sort();

describe('a list that is paged by time', () => {
  it('sends a time as offset, never a count of rows [9a.1] [E10]', async () => {
    const { asked, done } = read({ rows: rowsOf(250) });
    expect(idsOf(await done)).toEqual(allOf(rowsOf(250)));
    expect(asked[0]?.has('offset')).toBe(false);
    expect(asked.length).toBeGreaterThan(3);
    for (const query of asked.slice(1)) {
      expect(query.get('offset')).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
      expect(query.get('direction')).toBe('next');
    }
  });

  it('asks for a day more on both sides: where hours are cut off, nothing of today is left out [9a.1]', async () => {
    const { asked, done } = read({ rows: rowsOf(1) }, 'instant', NOW_MS - HOUR_MS);
    await done;
    expect(asked[0]?.get('from')).toBe(at(NOW_MS - HOUR_MS - DAY_MS));
    expect(asked[0]?.get('to')).toBe(at(NOW_MS + DAY_MS));
  });

  it('does not take a short page for the end: the last rows are shown again first [9a.1]', async () => {
    const { asked, done } = read({ rows: rowsOf(120), cap: 40 });
    expect(idsOf(await done)).toEqual(allOf(rowsOf(120)));
    expect(asked.length).toBeGreaterThan(3);
  });

  it('has nothing where the first page has nothing, and passes on why there is no answer', async () => {
    const { asked, done } = read({ rows: [] });
    expect(await done).toEqual(got([]));
    expect(asked).toHaveLength(1);
    const away = not(retryable('away'));
    const list = { what: 'the list', fromMs: 0, nowMs: NOW_MS, offset: 'instant' as const, idOf: () => '', atOf: () => '' };
    expect(await readTimedList<Row>({ ...list, ask: () => Promise.resolve(away) })).toBe(away);
  });

  it('reads rows of one time that straddle a page, each once [9a.1] [11.2]', async () => {
    const instant = at(NOW_MS - HOUR_MS);
    const same = Array.from({ length: 350 }, (_, i) => ({ id: `s${String(i)}`, at: instant }));
    const rows = [...rowsOf(90).slice(0, 89), ...same, { id: 'after', at: at(NOW_MS - 1_000) }];
    for (const exclusive of [false, true])
      for (const newestFirst of [false, true]) expect(idsOf(await read({ rows, exclusive, newestFirst }).done)).toEqual(allOf(rows));
  });

  it.each([
    ['the same page again and again', 250, (_page: number, _true: readonly Row[], first: readonly Row[]) => first, /backwards, or repeats/],
    [
      'a page before the offset',
      250,
      (page: number, real: readonly Row[], first: readonly Row[]) => (page === 2 ? first : real),
      /backwards/,
    ],
    [
      'rows that turn round',
      250,
      (page: number, real: readonly Row[]) => (page === 1 ? [...real].reverse() : real),
      /turns round|backwards/,
    ],
    ['rows in no order', 5, (_page: number, real: readonly Row[]) => [...real.slice(2), ...real.slice(0, 2)], /no order/],
    ['an empty page behind the first one', 5, (page: number, real: readonly Row[]) => (page === 0 ? real : []), /does not go on/],
    [
      'a page that leaves the last rows out',
      250,
      (page: number, real: readonly Row[]) => (page === 1 ? real.slice(3) : real),
      /does not go on/,
    ],
  ] as const)('%s is an error, and never the end [9a.1] [E10]', async (_what, count, lie, why) => {
    let first: readonly Row[] = [];
    const { done } = read({
      rows: rowsOf(count),
      lies: (page, real) => {
        if (page === 0) first = real;
        return page === 0 && count > 100 ? real : lie(page, real, first);
      },
    });
    expect(idsOf(await done)).toMatch(why);
  });

  it('is an error when a row shows no time', async () => {
    expect(idsOf(await read({ rows: rowsOf(3), lies: (_page, real) => real.map(({ id }) => ({ id, at: '' })) }).done)).toMatch(
      /without a time/,
    );
  });

  it('gives up when there is no progress, or no end, after a bounded number of pages [E10]', async () => {
    const instant = at(NOW_MS - HOUR_MS);
    const { asked, done } = read({ rows: Array.from({ length: 7_000 }, (_, i) => ({ id: `s${String(i)}`, at: instant })) });
    expect(idsOf(await done)).toMatch(/no progress/);
    expect(asked.length).toBeLessThan(12);
    const second = (n: number): Row => ({ id: `e${String(n)}`, at: at(NOW_MS - DAY_MS + n * 1_000) });
    const endless = read({ rows: [], lies: (page) => [second(page), second(page + 1)] });
    expect(idsOf(await endless.done)).toMatch(/too many pages/);
    expect(endless.asked).toHaveLength(MOST_PAGES);
  });

  it('finds a new row that comes between two pages', async () => {
    const rows = [...rowsOf(3)];
    const { done } = read({
      rows,
      lies: (page, real) => {
        if (page === 0) rows.push({ id: 'new', at: at(NOW_MS - 1_000) });
        return real;
      },
    });
    expect(idsOf(await done)).toEqual(allOf(rows));
  });

  it('does not take a list that grows between two pages for one that cuts its pages', async () => {
    const [first, second, third] = [0, 5, 5].map((ms, i) => ({ id: `g${String(i)}`, at: at(NOW_MS - HOUR_MS + ms) }));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three rows');
    const rows = [first, second];
    const { asked, done } = read({
      rows,
      lies: (page, real) => {
        if (page === 0) rows.push(third);
        return real;
      },
    });
    expect(idsOf(await done)).toEqual(allOf([first, second, third]));
    expect(asked).toHaveLength(5);
  });

  it('gives up after three readings where pages are cut, and more rows of one time than fit on a page', async () => {
    const instant = at(NOW_MS - HOUR_MS);
    const same = Array.from({ length: 9 }, (_, i) => ({ id: `s${String(i)}`, at: instant }));
    const { asked, done } = read({ rows: [...rowsOf(3, HOUR_MS).slice(0, 2), ...same], cap: 3 });
    expect(idsOf(await done)).toMatch(/no progress/);
    expect(asked.length).toBeLessThan(12);
  });

  it('reads lists whose offset counts as a day, when it is told so; else it says so [E10]', async () => {
    const rows = rowsOf(150, HOUR_MS / 2);
    for (const newestFirst of [false, true]) expect(idsOf(await read({ rows, byDay: true, newestFirst }, 'day').done)).toEqual(allOf(rows));
    expect(idsOf(await read({ rows: rowsOf(150), byDay: true }).done)).toMatch(/backwards|no progress/);
  });

  it('is read whole or is an error, whatever of the open points the vendor has decided [9a.1] [E10]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 420 }),
        fc.record({
          newestFirst: fc.boolean(),
          exclusive: fc.boolean(),
          byDay: fc.boolean(),
          cap: fc.option(fc.integer({ min: 1, max: 150 })),
        }),
        fc.constantFrom(...LIST_OFFSETS),
        fc.constantFrom(1, 60_000, HOUR_MS),
        async (steps, { cap, ...open }, offset, stepMs) => {
          let ms = NOW_MS - 9 * DAY_MS;
          const rows = steps.map((step, i) => ({ id: `r${String(i)}`, at: at((ms += step > 20 ? step * stepMs : 0)) }));
          const inRange = rows.filter((row) => timeOf(row.at) <= NOW_MS);
          const answer = await read({ rows: inRange, ...open, ...(cap === null ? {} : { cap }) }, offset).done;
          const hidesSome = answer.ended === null && answer.value.length < inRange.length;
          // Known and named (README.md): an other side that cuts pages below our limit, against its own words, and whose first page is all of
          // one time; of one day, where an offset is a day.
          const timeOfRow = (row: Row): string => (offset === 'day' ? row.at.slice(0, 10) : row.at);
          const first = open.newestFirst ? inRange.slice(-(cap ?? 1)) : inRange.slice(0, cap ?? 1);
          const isTheKnownGap = cap !== null && cap < 100 && new Set(first.map(timeOfRow)).size === 1;
          expect(hidesSome && !isTheKnownGap).toBe(false);
          if (cap === null && open.byDay === (offset === 'day') && stepMs === 1 && !open.byDay) expect(answer.ended).toBeNull();
        },
      ),
      { numRuns: 300, seed: 9 },
    );
  });
});
