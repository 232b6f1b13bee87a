import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Figure } from '../engine/store/store.js';
import { watchFigures } from './figures.js';

const stand = (n: number): readonly Figure[] => [
  { name: 'open_journeys', labels: { flow: 'payout', status: 'Paid' }, value: n },
  { name: 'inbox_open', labels: {}, value: n + 1 },
  { name: 'left_to_newer', labels: { what: 'journeys' }, value: n + 2 },
];
const watched = (read: () => Promise<readonly Figure[]>, deadlineMs = 1_000): { readonly scrape: () => Promise<string[]> } => {
  const registry = new Registry();
  watchFigures({ registry, read, deadlineMs });
  const scrape = async (): Promise<string[]> => (await registry.metrics()).split('\n').filter((line) => line.startsWith('cmw_'));
  return { scrape };
};
const lines = (n: number): string[] => [
  `cmw_open_journeys{flow="payout",status="Paid"} ${n}`,
  `cmw_inbox_open ${n + 1}`,
  `cmw_left_to_newer{what="journeys"} ${n + 2}`,
  'cmw_figures_known 1',
];

describe('the figures of the database', () => {
  it('are those of the scrape, from the first one on, and read once for all of them [C7]', async () => {
    let asked = 0;
    const { scrape } = watched(async () => stand(10 * ++asked));
    expect(await scrape()).toEqual(lines(10));
    expect(await scrape()).toEqual(lines(20));
    expect(asked).toBe(2);
  });
  it('forget what is not there any more', async () => {
    const found = [...stand(1)];
    const { scrape } = watched(async () => found);
    await scrape();
    found.shift();
    expect(await scrape()).toEqual(lines(1).slice(1));
  });
  it('have no value while the database is away, and the scrape is answered [C7]', async () => {
    let away = false;
    const { scrape } = watched(() => (away ? Promise.reject(new Error('away')) : Promise.resolve(stand(1))));
    await scrape();
    away = true;
    expect(await scrape()).toEqual(['cmw_figures_known 0']);
    away = false;
    expect(await scrape()).toEqual(lines(1));
  });
  it('do not hold a scrape up, nor ask a slow database twice at once', async () => {
    let asked = 0;
    let answer: (figures: readonly Figure[]) => void = () => undefined;
    const { scrape } = watched(() => {
      asked++;
      return new Promise((resolve) => {
        answer = resolve;
      });
    }, 20);
    expect(await scrape()).toEqual(['cmw_figures_known 0']);
    expect(await scrape()).toEqual(['cmw_figures_known 0']);
    expect(asked).toBe(1);
    const waiting = scrape();
    answer(stand(5));
    expect(await waiting).toEqual(lines(5));
  });
});
