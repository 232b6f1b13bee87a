/** Which day it is where the tenant lives. Pure: an instant and a zone make a day, whatever the clock of the machine says. */

/** Null when nobody knows a zone of this name. Names as in the IANA time zone database, such as `Europe/Amsterdam`. */
const formatOf = (zone: string): Intl.DateTimeFormat | null => {
  try {
    return new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  } catch {
    return null;
  }
};

/** Offsets such as `+02:00` are no zones: they know nothing of summer time. */
export const isTimeZone = (zone: string): boolean => /^[A-Z]/i.test(zone) && formatOf(zone) !== null;

/** ISO 8601 date. `instantMs`: since the epoch. @throws RangeError for a zone that nobody knows. */
export const dayIn = (zone: string, instantMs: number): string => {
  const format = formatOf(zone);
  if (format === null) throw new RangeError(`${zone} is no time zone`);
  const parts = format.formatToParts(instantMs);
  const partOf = (wanted: string): string => parts.flatMap(({ type, value }) => (type === wanted ? [value] : [])).join('');
  return [partOf('year').padStart(4, '0'), partOf('month'), partOf('day')].join('-');
};
