import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Recent } from './recent.js';

describe('a memory of what was used last', () => {
  it('keeps the last half for certain, never more than it may, and tells what it forgets', () => {
    const operation = fc.tuple(fc.constantFrom('set', 'delete'), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.array(operation, { maxLength: 200 }), (most, operations) => {
        const held = new Map<string, number>();
        const recent = new Recent<number>(most, (key, value) => {
          expect(held.get(key)).toBe(value);
          held.delete(key);
        });
        const used: string[] = [];
        operations.forEach(([what, number], index) => {
          const key = `k${number}`;
          const at = used.indexOf(key);
          if (at >= 0) used.splice(at, 1);
          if (what === 'set') {
            held.set(key, index);
            used.push(key);
            recent.set(key, index);
          } else {
            held.delete(key);
            recent.delete(key);
          }
          for (let k = 0; k <= 30; k++)
            if (recent.get(`k${k}`) !== held.get(`k${k}`))
              throw new Error(`k${k} is ${String(recent.get(`k${k}`))}, not ${String(held.get(`k${k}`))}`);
          expect(held.size).toBeLessThanOrEqual(most);
          for (const one of used.slice(-Math.floor(most / 2))) if (!recent.has(one)) throw new Error(`${one} is forgotten too early`);
        });
      }),
    );
  });

  it('takes no longer with many than with few', () => {
    const usPerSet = (most: number): number => {
      const recent = new Recent<number>(most, () => undefined);
      for (let n = 0; n < 2 * most; n++) recent.set(`k${n}`, n);
      const startedAt = process.cpuUsage().user;
      for (let n = 0; n < 50_000; n++) recent.set(`l${n}`, n);
      return (process.cpuUsage().user - startedAt) / 50_000;
    };
    usPerSet(100);
    // With one map it is several hundred times as long.
    expect(usPerSet(20_000)).toBeLessThan(20 * Math.max(usPerSet(100), 0.2));
  });
});
