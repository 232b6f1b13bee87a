/**
 * The short torture: each service, each instance, Postgres and Kafka are killed (-9) while customers are on their way, between freezes and cut
 * lines. Nobody is paid twice, nothing is lost, nobody is stuck where people do not see it.
 */
import { describe, expect, it } from '@jest/globals';
import { FAULTS, isFault } from '../world/faults.js';
import { victimsOf } from './chaos.js';
import { resultLines } from './report.js';
import { torture } from './run.js';

const SEED = 1;
const KILLS = 20;

describe('a short torture', () => {
  it(`${KILLS} kills: paid twice 0, lost 0, stuck unseen 0`, async () => {
    const said: string[] = [];
    const result = await torture(
      { kills: KILLS, customers: 30, seed: SEED, kafkaNodes: 1, faults: Object.keys(FAULTS).filter(isFault), keep: false, pace: 0.6 },
      { say: (line) => said.push(line), progress: () => undefined, interrupted: new AbortController().signal },
    );
    if (result === null) throw new Error('nobody interrupts it');
    process.stderr.write(`${[...said, ...resultLines(result, SEED)].join('\n')}\n`);
    expect(result.numbers).toEqual({ paidTwice: [], lost: [], stuckUnseen: [] });
    expect(result.good).toBe(true);
    expect(Object.keys(result.happened.kills).sort()).toEqual([...victimsOf(1)].sort());
    expect(result.recovered).toHaveLength(KILLS);
    expect(Object.keys(result.happened.others).length).toBeGreaterThan(3);
  }, 300_000);
});
