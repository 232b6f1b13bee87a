/** `Retry-After` (RFC 9110, 10.2.3): whole seconds, or an HTTP date in one of its three forms (5.6.7). Nothing else is a wait. */
import { utcMs, weekdayOf, yearOf } from '../../kernel/instant.js';

/** A wait of nothing would send the request again at once, and again. */
export const SHORTEST_RETRY_MS = 1_000;
/** Whatever they ask for, we look again within the hour. */
export const LONGEST_RETRY_MS = 3_600_000;

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const SHORT_DAY = `(${DAYS.map((day) => day.slice(0, 3)).join('|')})`;
const MONTH = `(${MONTHS.join('|')})`;
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';

/** `Sun, 06 Nov 1994 08:49:37 GMT`: the form that is sent today. */
const IMF_FIXDATE = new RegExp(`^${SHORT_DAY}, (\\d{2}) ${MONTH} (\\d{4}) ${TIME} GMT$`);
/** `Sunday, 06-Nov-94 08:49:37 GMT`: obsolete, and still to be read. */
const RFC_850 = new RegExp(`^(${DAYS.join('|')}), (\\d{2})-${MONTH}-(\\d{2}) ${TIME} GMT$`);
/** `Sun Nov  6 08:49:37 1994`: the same. */
const ASCTIME = new RegExp(`^${SHORT_DAY} ${MONTH} (\\d{2}| \\d) ${TIME} (\\d{4})$`);

/** Of a year in two digits the one in this century, unless that is more than 50 years ahead: then the century before (5.6.7). */
const wholeYear = (twoDigits: number, nowMs: number): number => {
  const now = yearOf(nowMs);
  const year = now - (now % 100) + twoDigits;
  return year > now + 50 ? year - 100 : year;
};

type Parts = {
  readonly day: string;
  readonly date: string;
  readonly month: string;
  readonly year: number;
  readonly time: readonly string[];
};

const partsOf = (text: string, nowMs: number): Parts | null => {
  const fixed = IMF_FIXDATE.exec(text);
  if (fixed !== null) {
    const [, day = '', date = '', month = '', year = '', ...time] = fixed;
    return { day, date, month, year: Number(year), time };
  }
  const old = RFC_850.exec(text);
  if (old !== null) {
    const [, day = '', date = '', month = '', year = '', ...time] = old;
    return { day, date, month, year: wholeYear(Number(year), nowMs), time };
  }
  const oldest = ASCTIME.exec(text);
  if (oldest === null) return null;
  const [, day = '', month = '', date = '', hour = '', minute = '', second = '', year = ''] = oldest;
  return { day, date, month, year: Number(year), time: [hour, minute, second] };
};

/** Milliseconds since 1970, or null. A day of the week that is not the one of the date makes neither of them believable. */
export const httpDateMs = (text: string, nowMs: number): number | null => {
  const parts = partsOf(text, nowMs);
  if (parts === null) return null;
  const [hour = 0, minute = 0, second = 0] = parts.time.map(Number);
  const at = { year: parts.year, month: MONTHS.indexOf(parts.month) + 1, day: Number(parts.date), hour, minute, second };
  const midnightMs = utcMs({ ...at, hour: 0, minute: 0, second: 0 });
  if (midnightMs === null || hour > 23 || DAYS[weekdayOf(midnightMs)]?.startsWith(parts.day) !== true) return null;
  return utcMs(at);
};

/** In ms, never less than the shortest and never more than the longest wait; null for what is neither seconds nor a date. */
export const waitOf = (text: string, nowMs: number): number | null => {
  const askedMs = /^\d+$/.test(text) ? Number(text) * 1_000 : (httpDateMs(text, nowMs) ?? Number.NaN) - nowMs;
  return Number.isNaN(askedMs) ? null : Math.min(Math.max(askedMs, SHORTEST_RETRY_MS), LONGEST_RETRY_MS);
};
