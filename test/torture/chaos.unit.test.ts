import { describe, expect, it } from '@jest/globals';
import { planChaos, victimsOf, type Disturbance } from './chaos.js';
import { wavesOf } from './waves.js';
import { distributionOf } from './recovery.js';

const killsOf = (plan: readonly Disturbance[]): readonly string[] => plan.flatMap((one) => (one.kind === 'kill' ? [one.victim] : []));

describe('the plan of a torture', () => {
  it('is the same for the same seed, and another for another', () => {
    const plan = planChaos({ kills: 50, seed: 7, kafkaNodes: 1 });
    expect(planChaos({ kills: 50, seed: 7, kafkaNodes: 1 })).toEqual(plan);
    expect(planChaos({ kills: 50, seed: 8, kafkaNodes: 1 })).not.toEqual(plan);
  });

  it.each([1, 3])('kills everybody once before anybody twice, with %i nodes of Kafka', (kafkaNodes) => {
    const everybody = [...victimsOf(kafkaNodes)].sort();
    expect(everybody.length).toBeGreaterThanOrEqual(11 + kafkaNodes);
    for (const seed of [1, 2, 3]) {
      const victims = killsOf(planChaos({ kills: everybody.length + 6, seed, kafkaNodes }));
      expect(victims).toHaveLength(everybody.length + 6);
      expect(victims.slice(0, everybody.length).sort()).toEqual(everybody);
    }
  });

  it('kills as often as asked, one every 2.5 s, and brings everything else on top, in the order of time', () => {
    const plan = planChaos({ kills: 200, seed: 1, kafkaNodes: 3 });
    expect(killsOf(plan)).toHaveLength(200);
    expect(plan.at(-1)?.atMs).toBeGreaterThan(450_000);
    expect(plan.at(-1)?.atMs).toBeLessThan(550_000);
    expect([...plan].sort((a, b) => a.atMs - b.atMs)).toEqual(plan);
    const kinds = new Set(plan.map((one) => (one.kind === 'weather' ? one.weather.how : one.kind)));
    expect([...kinds].sort()).toEqual(
      ['kill', 'freeze', 'freeze-and-cut', 'move-leaders', 'cut', 'black-hole', 'refuse', 'delay', 'half-answer'].sort(),
    );
  });

  it('moves no leaders where there is nowhere to move', () => {
    expect(planChaos({ kills: 200, seed: 1, kafkaNodes: 1 }).filter(({ kind }) => kind === 'move-leaders')).toEqual([]);
  });
});

describe('the waves of customers', () => {
  it('spread all of them over the time of the disturbances', () => {
    const waves = wavesOf(100, 50_000, 1);
    expect(waves).toHaveLength(100);
    expect(Math.max(...waves)).toBeLessThan(50_000);
    expect(new Set(waves.map((atMs) => Math.floor(atMs / 5_000))).size).toBe(10);
  });
});

describe('a distribution', () => {
  it('is of nearest ranks', () => {
    expect(distributionOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({
      count: 100,
      minMs: 1,
      p50Ms: 50,
      p90Ms: 90,
      p99Ms: 99,
      maxMs: 100,
    });
    expect(distributionOf([])).toBeNull();
  });
});
