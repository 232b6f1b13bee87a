import { describe, expect, it } from '@jest/globals';
import { Batcher, TooManyWaiting, type BatcherOptions } from './batching.js';

const away = new Error('away');
const settled = async (work: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(work)).map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message));

const setUp = (change: Partial<BatcherOptions<string, string>> = {}) => {
  const rounds: (readonly string[])[] = [];
  const gates: (() => void)[] = [];
  let isOpen = true;
  const batcher = new Batcher<string, string>({
    work: async (items) => {
      rounds.push(items);
      if (!isOpen) await new Promise<void>((resolve) => gates.push(resolve));
      if (items.includes('away')) throw away;
      if (items.includes('bad')) throw new Error('bad');
      return items.map((item) => item.toUpperCase());
    },
    rounds: 1,
    most: 4,
    mostWaiting: 10,
    isOfAll: (error) => error === away,
    soon: (run) => {
      setImmediate(run);
    },
    ...change,
  });
  return {
    batcher: batcher,
    rounds,
    shut: () => (isOpen = false),
    letGo: () => {
      isOpen = true;
      for (const gate of gates.splice(0)) gate();
    },
    turn: () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve))),
  };
};

describe('what is done together', () => {
  it('takes what comes in one turn in one round, and gives each its own answer', async () => {
    const { batcher, rounds } = setUp();
    expect(await settled(['a', 'b', 'c'].map((item) => batcher.do(item)))).toEqual(['A', 'B', 'C']);
    expect(rounds).toEqual([['a', 'b', 'c']]);
  });

  it('collects while a round is under way, keeps the order, and respects the size of a round', async () => {
    const { batcher, rounds, shut, letGo, turn } = setUp();
    shut();
    const first = batcher.do('a');
    await turn();
    const later = ['b', 'c', 'd', 'e', 'f'].map((item) => batcher.do(item));
    await turn();
    expect(rounds).toEqual([['a']]);
    letGo();
    expect(await settled([first, ...later])).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    expect(rounds).toEqual([['a'], ['b', 'c', 'd', 'e'], ['f']]);
  });

  it('has as many rounds under way as it may', async () => {
    const { batcher, rounds, shut, letGo, turn } = setUp({ rounds: 2 });
    shut();
    const all = ['a', 'b', 'c'].map(async (item) => {
      await turn();
      return batcher.do(item);
    });
    const more = ['d', 'e'].map((item) => batcher.do(item));
    await turn();
    await turn();
    expect(rounds).toEqual([
      ['d', 'e'],
      ['a', 'b', 'c'],
    ]);
    const last = batcher.do('f');
    await turn();
    expect(rounds).toHaveLength(2);
    letGo();
    expect(await settled([...all, ...more, last])).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
  });

  it('does not let one fail its neighbours', async () => {
    const { batcher } = setUp();
    expect(await settled(['a', 'b', 'bad', 'd'].map((item) => batcher.do(item)))).toEqual(['A', 'B', 'bad', 'D']);
  });

  it('tries nothing again when the error is about all, and goes on with those that come later', async () => {
    const { batcher, rounds } = setUp();
    expect(await settled(['a', 'away'].map((item) => batcher.do(item)))).toEqual(['away', 'away']);
    expect(rounds).toHaveLength(1);
    expect(await batcher.do('b')).toBe('B');
  });

  it('refuses beyond its bound, and takes again afterwards', async () => {
    const { batcher, shut, letGo, turn } = setUp({ mostWaiting: 2 });
    shut();
    const first = batcher.do('a');
    await turn();
    const waiting = [batcher.do('b'), batcher.do('c')];
    await expect(batcher.do('d')).rejects.toBeInstanceOf(TooManyWaiting);
    letGo();
    expect(await settled([first, ...waiting])).toEqual(['A', 'B', 'C']);
    expect(await batcher.do('e')).toBe('E');
  });

  it('calls it a bug when answers are missing', async () => {
    const { batcher } = setUp({ work: () => Promise.resolve([]) });
    await expect(batcher.do('a')).rejects.toThrow('0 answers for 1 items');
  });
});
