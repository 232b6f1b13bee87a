/** What people stop stays where it is in the database, and goes on by itself, once, when it is let go. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import { parcelEngine } from '../../../../test/support/parcel-engine.js';
import { World } from '../../../../test/support/parcel-flow.js';
import { NOTHING_STOPPED, type StopSource } from '../../stopping/stop-source.js';

const rig = parcelEngine();

describe('a stop', () => {
  it('leaves every effect planned, with one line of history, and then each is sent once [A9]', async () => {
    const world = new World();
    const people = { stop: true, asked: 0 };
    const stops: StopSource = {
      ...NOTHING_STOPPED,
      whyStopped: ({ changes }) => {
        people.asked++;
        return people.stop && changes ? { evidence: 'stopped: all, since now, by anna', retryAfterMs: 100 } : null;
      },
      isStopping: () => people.stop,
    };
    const copy = await rig.startCopy(world, { stops });
    const wanted = Array.from({ length: 20 }, (_, n) => `parcel-${String(n)}`);
    await rig.take(copy, ...wanted.map((request) => rig.message('payout.requested', request, { request })));
    const effects = async (): Promise<readonly string[]> =>
      (
        await copy.pool.query<{ said: string }>(`select status || ': ' || coalesce(note, '') as said from effect where name = 'Pay'`)
      ).rows.map(({ said }) => said);
    await eventually(
      'all are stopped',
      effects,
      (all) => all.length === 20 && all.every((said) => said === 'planned: stopped: all, since now, by anna'),
    );
    const lines = async (): Promise<number> =>
      Number((await copy.pool.query<{ n: string }>('select count(*) as n from history')).rows[0]?.n);
    const before = await lines();
    await eventually(
      'each is looked at many times',
      () => people.asked,
      (asked) => asked > 20 * 10,
    );
    expect([world.paid, await lines(), new Set(await effects()).size]).toEqual([[], before, 1]);
    people.stop = false;
    await eventually(
      'all are paid',
      () => world.paid.length,
      (count) => count === 20,
    );
    expect(new Set(world.paid).size).toBe(20);
  });
});
