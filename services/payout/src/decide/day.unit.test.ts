import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dayIn, isTimeZone } from './day.js';

const at = (iso: string): number => Date.parse(iso);

describe('the day of the tenant', () => {
  it.each([
    ['UTC', '2026-03-04T23:59:59.999Z', '2026-03-04'],
    ['UTC', '2026-03-05T00:00:00.000Z', '2026-03-05'],
    ['Europe/Amsterdam', '2026-01-15T22:59:59.999Z', '2026-01-15'],
    ['Europe/Amsterdam', '2026-01-15T23:00:00.000Z', '2026-01-16'],
    ['Asia/Kolkata', '2026-01-15T18:29:59.999Z', '2026-01-15'],
    ['Asia/Kolkata', '2026-01-15T18:30:00.000Z', '2026-01-16'],
    ['Pacific/Kiritimati', '2025-12-31T10:00:00.000Z', '2026-01-01'],
    ['America/New_York', '2026-01-01T04:59:59.999Z', '2025-12-31'],
  ])('in %s at %s is %s [A9]', (zone, instant, day) => {
    expect(dayIn(zone, at(instant))).toBe(day);
  });
  // The clocks go forward on 29 March 2026 and back on 25 October 2026, at 01:00 UTC.
  it.each([
    ['the last day before summer time', '2026-03-28T22:59:59.999Z', '2026-03-28'],
    ['the short day begins', '2026-03-28T23:00:00.000Z', '2026-03-29'],
    ['the short day ends an hour early', '2026-03-29T21:59:59.999Z', '2026-03-29'],
    ['and the next one begins', '2026-03-29T22:00:00.000Z', '2026-03-30'],
    ['the long day begins', '2026-10-24T22:00:00.000Z', '2026-10-25'],
    ['it has an hour twice', '2026-10-25T01:30:00.000Z', '2026-10-25'],
    ['the long day ends an hour late', '2026-10-25T22:59:59.999Z', '2026-10-25'],
    ['and the next one begins', '2026-10-25T23:00:00.000Z', '2026-10-26'],
  ])('in Amsterdam: %s [A9]', (_what, instant, day) => {
    expect(dayIn('Europe/Amsterdam', at(instant))).toBe(day);
  });
  it('never goes back, in whatever zone [A9]', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Amsterdam',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Africa/Casablanca',
    );
    const instants = fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2100-01-01T00:00:00Z') });
    fc.assert(
      fc.property(zones, instants, fc.integer({ min: 0, max: 172_800_000 }), (zone, instant, later) => {
        const [first, second] = [dayIn(zone, instant), dayIn(zone, instant + later)];
        expect(first).toMatch(/^\d{4}-\d{2}-\d{2}$/);
        expect(first <= second).toBe(true);
      }),
    );
  });
  it('is of a zone that has a name', () => {
    expect(['UTC', 'Europe/Amsterdam', 'America/Argentina/Buenos_Aires'].every(isTimeZone)).toBe(true);
    expect(['', 'Mars/Base', '+02:00', 'Europe/Nowhere'].some(isTimeZone)).toBe(false);
    expect(() => dayIn('Mars/Base', 0)).toThrow('no time zone');
  });
});
