/**
 * The one reader of points in time that others write, and the one printer of ours. `Date.parse` and `new Date(text)` guess:
 * `12` is a year to them, `05/06/2026` a day of whichever country. A style rule forbids both everywhere else.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** ISO 8601 leaves the years before this one (the first whole year of the calendar) to an agreement that nobody has with us. */
const FIRST_YEAR = 1583;
/** No place on earth is further from UTC than 14 hours (Line Islands). */
const MOST_OFFSET_MINUTES = 14 * 60;

/** A date and a time of day in UTC, as numbers. Month 1 to 12. */
export type CalendarTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

/** Days since 1970-01-01 in the Gregorian calendar: 400 years are 146,097 days. A year is counted from March, so that a leap day ends it. */
const daysSince1970 = (year: number, month: number, day: number): number => {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

/** The same way back. */
const dateOf = (days: number): { readonly year: number; readonly month: number; readonly day: number } => {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month > 2 ? 0 : 1),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
};

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysIn = (year: number, month: number): number => {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

const isRealDate = ({ year, month, day }: Pick<CalendarTime, 'year' | 'month' | 'day'>): boolean =>
  year >= FIRST_YEAR && year <= 9_999 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);

/** Leap seconds come at the end of June or December, UTC (RFC 3339, appendix D; ITU-R TF.460). */
const canHoldLeapSecond = (atMs: number): boolean => {
  const { month, day } = dateOf(Math.floor(atMs / DAY_MS));
  return atMs % DAY_MS === 0 && day === 1 && (month === 1 || month === 7);
};

/**
 * Milliseconds since 1970, or null when the calendar has no such day or the day no such time.
 * Second 60 is read where a leap second can be. It is the first second of the next day, as clocks without leap seconds count.
 * Hour 24 is read as the end of the day (ISO 8601:2004, 4.2.3): 24:00:00 and nothing after it.
 */
export const utcMs = (at: CalendarTime, offsetMinutes = 0): number | null => {
  const { hour, minute, second } = at;
  if (!isRealDate(at) || hour > 24 || minute > 59 || second > 60) return null;
  if (hour === 24 && (minute > 0 || second > 0)) return null;
  const ms = daysSince1970(at.year, at.month, at.day) * DAY_MS + hour * HOUR_MS + (minute - offsetMinutes) * MINUTE_MS + second * SECOND_MS;
  return second === 60 && !canHoldLeapSecond(ms) ? null : ms;
};

/** 0 Sunday to 6 Saturday, of a point in time in UTC. */
export const weekdayOf = (atMs: number): number => (((Math.floor(atMs / DAY_MS) + 4) % 7) + 7) % 7;
/** Its year in UTC. */
export const yearOf = (atMs: number): number => dateOf(Math.floor(atMs / DAY_MS)).year;

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?:[Zz]|([+-])(\d{2}):?(\d{2}))$/;

/** In minutes; null where no place on earth is. */
const offsetOf = (sign: string | undefined, hours: string | undefined, minutes: string | undefined): number | null => {
  if (sign === undefined) return 0;
  const size = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || size > MOST_OFFSET_MINUTES) return null;
  return sign === '-' ? -size : size;
};

/**
 * Milliseconds since 1970, or null when the text is not a point in time that nobody can misread.
 * Read is RFC 3339: date, time to the second and zone, all of them. A comma in the fraction and an offset without its colon
 * are ISO 8601, and read too. A time without a zone is not read, since it could be anybody's. Finer than a millisecond is cut off.
 */
export const instantMs = (text: string): number | null => {
  const parts = INSTANT.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours, offsetMinutes] = parts;
  const offset = offsetOf(sign, offsetHours, offsetMinutes);
  if (offset === null) return null;
  const atMs = utcMs(
    {
      ...{ year: Number(year), month: Number(month), day: Number(day) },
      ...{ hour: Number(hour), minute: Number(minute), second: Number(second) },
    },
    offset,
  );
  if (atMs === null || (hour === '24' && /[1-9]/.test(fraction))) return null;
  return atMs + Number(fraction.slice(0, 3).padEnd(3, '0'));
};

const digits = (value: number, count: number): string => value.toString().padStart(count, '0');

/** `2026-03-04T10:00:00.000Z`. Finer than a millisecond is cut off. @throws RangeError outside the years 0000 to 9999. */
export const isoOf = (anyMs: number): string => {
  const atMs = Math.floor(anyMs);
  const days = Math.floor(atMs / DAY_MS);
  const ofDay = atMs - days * DAY_MS;
  const { year, month, day } = dateOf(days);
  if (!Number.isSafeInteger(atMs) || year < 0 || year > 9_999) throw new RangeError('not a point in time of the years 0000 to 9999');
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  const time = `${digits(Math.floor(ofDay / HOUR_MS), 2)}:${digits(Math.floor(ofDay / MINUTE_MS) % 60, 2)}:${digits(Math.floor(ofDay / SECOND_MS) % 60, 2)}`;
  return `${date}T${time}.${digits(ofDay % SECOND_MS, 3)}Z`;
};
