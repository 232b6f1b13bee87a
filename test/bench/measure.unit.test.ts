import { describe, expect, it } from '@jest/globals';
import { isReached, median, quantile, startCpu, takeTurns } from './measure.js';

describe('a quantile', () => {
  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('%d of 1..100 in any order is %d', (share, expected) => {
    const samples = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1);
    expect(quantile(samples, share)).toBe(expected);
  });

  it('of nothing is not a number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('a median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect([median([9, 1, 5]), median([10, 2, 4, 8])]).toEqual([5, 6]);
  });
});

describe('a goal', () => {
  it.each([
    [{ atLeast: 10 }, 10, true],
    [{ atLeast: 10 }, 9.9, false],
    [{ atMost: 10 }, 10, true],
    [{ atMost: 10 }, 10.1, false],
    [{ atLeast: 10 }, Number.NaN, false],
  ])('of %j with %d is reached: %s', (goal, value, expected) => {
    expect(isReached({ name: 'a', value, unit: 'ms', goal })).toBe(expected);
  });

  it('that is not there is neither reached nor missed', () => {
    expect(isReached({ name: 'a', value: 1, unit: 'ms' })).toBeNull();
  });
});

describe('rounds', () => {
  it('go to and fro between product and floor, and give the median of each', async () => {
    const turns: string[] = [];
    const speeds = { floor: [100, 300, 200], product: [90, 10, 50] };
    const contestant = (name: 'floor' | 'product') => async (round: number) => {
      turns.push(`${name} ${round}`);
      return { perSecond: speeds[name][round] ?? 0 };
    };
    const measured = await takeTurns(3, { floor: contestant('floor'), product: contestant('product') });
    expect(turns).toEqual(['floor 0', 'product 0', 'product 1', 'floor 1', 'floor 2', 'product 2']);
    expect([measured.floor.median.perSecond, measured.product.median.perSecond]).toEqual([200, 50]);
    expect(measured.product.rounds).toHaveLength(3);
  });
});

describe('processor time', () => {
  it('grows with work, and a process that is not there has none', () => {
    const stop = startCpu({ gone: () => [2 ** 30], nobody: () => [] });
    const until = process.cpuUsage().user + 50_000;
    while (process.cpuUsage().user < until);
    const spent = stop();
    expect(spent['bench']).toBeGreaterThanOrEqual(49);
    expect(Object.keys(spent)).toEqual(['bench']);
  });
});
