import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantMs, isoOf, utcMs, weekdayOf, yearOf } from './instant.js';

const YEAR_1583 = Date.UTC(1583, 0, 1);
const YEAR_10000 = Date.UTC(10_000, 0, 1);
const anyMs = fc.integer({ min: YEAR_1583, max: YEAR_10000 - 1 });

describe('instantMs', () => {
  it('reads back what the engine prints, at every millisecond of the calendar', () => {
    fc.assert(
      fc.property(anyMs, (atMs) => {
        const printed = new Date(atMs).toISOString();
        expect(isoOf(atMs)).toBe(printed);
        expect(instantMs(printed)).toBe(atMs);
        expect(weekdayOf(atMs)).toBe(new Date(atMs).getUTCDay());
        expect(yearOf(atMs)).toBe(new Date(atMs).getUTCFullYear());
      }),
      { numRuns: 2_000 },
    );
  });
  it('reads the same moment of any zone', () => {
    const offset = fc.tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 59 }));
    fc.assert(
      fc.property(anyMs, offset, (atMs, [sign, hours, minutes]) => {
        const shift = (hours * 60 + minutes) * 60_000;
        const local = new Date(sign === '+' ? atMs + shift : atMs - shift).toISOString();
        fc.pre(/^\d{4}-/.test(local) && local >= '1583');
        const zone = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
        expect(instantMs(local.replace('Z', zone))).toBe(atMs);
        expect(instantMs(local.replace('Z', zone.replace(':', '')))).toBe(atMs);
      }),
      { numRuns: 500 },
    );
  });
  it.each([
    ['2024-03-04T09:00:00.000Z', Date.UTC(2024, 2, 4, 9)],
    ['2024-03-04t09:00:00z', Date.UTC(2024, 2, 4, 9)],
    ['2024-03-04 09:00:00Z', Date.UTC(2024, 2, 4, 9)],
    ['2024-03-04T09:00:00,5Z', Date.UTC(2024, 2, 4, 9, 0, 0, 500)],
    ['2026-11-20T12:14:44.155187291Z', Date.UTC(2026, 10, 20, 12, 14, 44, 155)],
    ['2024-03-04T10:00:00.123456+0100', Date.UTC(2024, 2, 4, 9, 0, 0, 123)],
    ['2024-03-04T09:00:00-00:00', Date.UTC(2024, 2, 4, 9)],
    ['2024-02-29T00:00:00+14:00', Date.UTC(2024, 1, 28, 10)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['1583-01-01T00:00:00Z', YEAR_1583],
    ['9999-12-31T24:00:00Z', YEAR_10000],
  ])('places %s', (text, wanted) => {
    expect(instantMs(text)).toBe(wanted);
  });
  it('reads 24:00 as the end of its day, and nothing after it', () => {
    expect(instantMs('2024-02-28T24:00:00Z')).toBe(Date.UTC(2024, 1, 29));
    expect(instantMs('2024-02-28T24:00:00.000Z')).toBe(Date.UTC(2024, 1, 29));
    for (const later of ['24:00:01Z', '24:01:00Z', '24:00:00.001Z', '25:00:00Z']) expect(instantMs(`2024-02-28T${later}`)).toBeNull();
  });
  it('reads second 60 where a leap second can be, in whatever zone, and nowhere else', () => {
    expect(instantMs('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1));
    expect(instantMs('2015-06-30T23:59:60.5Z')).toBe(Date.UTC(2015, 6, 1, 0, 0, 0, 500));
    expect(instantMs('2017-01-01T00:59:60+01:00')).toBe(Date.UTC(2017, 0, 1));
    for (const none of [
      '2016-12-31T22:59:60Z',
      '2016-12-30T23:59:60Z',
      '2016-12-31T23:59:60+01:00',
      '2016-03-31T23:59:60Z',
      '2016-12-31T23:59:61Z',
    ])
      expect(instantMs(none)).toBeNull();
  });
  it.each([
    ['05/06/2026 10:00'],
    ['06/05/2026'],
    ['12'],
    ['2026'],
    ['2026-06'],
    ['2026-06-05'],
    ['20260605T100000Z'],
    ['2026-W23-5T10:00:00Z'],
    ['2026-156T10:00:00Z'],
    ['2026-06-05T10:00:00'],
    ['2026-06-05 10:00:00'],
    ['2026-06-05T10:00Z'],
    ['2026-06-05T10Z'],
    ['2026-6-5T10:00:00Z'],
    ['2026-06-05T10:00:00.Z'],
    ['2026-06-05T10:00:00 Z'],
    [' 2026-06-05T10:00:00Z'],
    ['2026-06-05T10:00:00Z '],
    ['2026-06-05T10:00:00Z\n'],
    ['2026-06-05T10:00:00 GMT'],
    ['2026-06-05T10:00:00 UTC'],
    ['2026-06-05T10:00:00+1'],
    ['2026-06-05T10:00:00+01'],
    ['2026-06-05T10:00:00+14:01'],
    ['2026-06-05T10:00:00+01:60'],
    ['2026-06-05T10:00:00+24:00'],
    ['2026-06-05T10:00:00\u221201:00'],
    ['2026-06-05T10:60:00Z'],
    ['2026-06-31T10:00:00Z'],
    ['2026-02-29T10:00:00Z'],
    ['1900-02-29T10:00:00Z'],
    ['2026-00-05T10:00:00Z'],
    ['2026-13-05T10:00:00Z'],
    ['2026-06-00T10:00:00Z'],
    ['1582-12-31T10:00:00Z'],
    ['0001-01-01T00:00:00Z'],
    ['-1000000000-01-01T00:00:00Z'],
    ['+012026-06-05T10:00:00Z'],
    ['\u0662026-06-05T10:00:00Z'],
    ['Fri, 05 Jun 2026 10:00:00 GMT'],
    ['1780653600000'],
    ['yesterday'],
    [''],
  ])('does not place %j [C4]', (text) => {
    expect(instantMs(text)).toBeNull();
  });
});

describe('utcMs', () => {
  it('knows the days of every month', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1583, max: 9_999 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 31 }),
        (year, month, day) => {
          const exists = new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1;
          expect(utcMs({ year, month, day, hour: 0, minute: 0, second: 0 })).toBe(exists ? Date.UTC(year, month - 1, day) : null);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('isoOf', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(10_000, 0, 1), -1e15])('refuses %d', (atMs) => {
    expect(() => isoOf(atMs)).toThrow(RangeError);
  });
  it('prints the time before 1970 too, and cuts off what is finer than a millisecond', () => {
    expect(isoOf(-1)).toBe('1969-12-31T23:59:59.999Z');
    expect(isoOf(1.9)).toBe('1970-01-01T00:00:00.001Z');
  });
});
