/** Messages that are taken in on a real Postgres, readable or not. */
import { Writable } from 'node:stream';
import pino from 'pino';
import { describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import { parcelEngine } from '../../../../test/support/parcel-engine.js';
import { World } from '../../../../test/support/parcel-flow.js';
import { letterFacts, signedDecision } from '../../../../test/support/signing-people.js';

const { query, startCopy, message, take, pulse, all } = parcelEngine();

describe('the inbox writer on Postgres', () => {
  it('quarantines what cannot be read, whole, and never lets it crash', async () => {
    const copy = await startCopy(new World());
    const raw = { ...message('payout.requested', 'p9', {}), value: Buffer.from([0xff, 0xfe, 0x00]) };
    await take(copy, raw, { ...message('payout.requested', 'p8', {}), value: Buffer.from('{"half":') });
    const { rows } = await query<{ portfolio_id: string; value: string; headers: string }>(
      'select portfolio_id, value, headers from quarantine order by portfolio_id',
    );
    expect(rows.map((row) => row.portfolio_id)).toEqual(['p8', 'p9']);
    expect(Buffer.from(rows[1]?.value ?? '', 'base64')).toEqual(raw.value);
    expect(rows[1]?.headers).toContain('base64');
  });

  it('takes in what several partitions bring at once in one statement; a row that the database refuses goes to quarantine [C1]', async () => {
    const world = new World();
    const copy = await startCopy(world);
    const written = jest.spyOn(copy.store, 'ingest');
    await query(`alter table inbox add constraint refused check (portfolio_id <> 'p2')`);
    const takeAll = () =>
      Promise.allSettled(
        [0, 1, 2, 3].map((partition) => {
          const one = message('payout.requested', `p${String(partition)}`, { request: `w${String(partition)}` }, `t-${String(partition)}`);
          return copy.inboxWriter.take({ topic: one.topic, partition, messages: [{ ...one, partition }] }, pulse);
        }),
      );
    const first = await takeAll();
    await query('alter table inbox drop constraint refused');
    expect(first.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
    await all('Waiting', 3);
    const { rows } = await query<{ error_class: string; value: string }>('select error_class, value from quarantine');
    expect(rows.map(({ error_class, value }) => [error_class, Buffer.from(value, 'base64').toString()])).toEqual([
      ['RowRefused', expect.stringContaining('"w2"')],
    ]);
    written.mockClear();
    // Sent again by its sender, the one that was refused comes in; the others are known.
    expect((await takeAll()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(written.mock.calls.map(([rows]) => rows.length)).toEqual([4]);
    await all('Waiting', 4);
    expect(world.paid).toHaveLength(4);
  });

  it('carries a decision out on the topic of decisions alone, whatever another message calls itself [A3]', async () => {
    const copy = await startCopy(new World());
    const asked = message('payout.requested', 'p1', { request: 'w1' }, 'kept');
    await take(copy, { ...asked, value: Buffer.from(asked.value.toString().replace('"request"', '"another"')) });
    const open = async (): Promise<number | null> =>
      (await query(`select 1 from quarantine where event_id = 'kept' and resolved_at is null`)).rowCount;
    expect(await open()).toBe(1);
    // In the words of a decision, on topics that others than the operator service fill.
    const { rows } = await query<{ value: string }>(`select value from quarantine where event_id = 'kept'`);
    const about = letterFacts('kept', rows[0]?.value ?? '');
    const decision = signedDecision({ kind: 'discard-dead-letter', service: 'payout', why: 'no use', ...about });
    for (const topic of ['core-banking.deposit', 'payout.finished'])
      await take(copy, { ...message('operator.decision', 'p1', decision, `on ${topic}`), topic });
    const astray = await query<{ reason: string }>(`select reason from quarantine where event_id like 'on %'`);
    expect([await open(), astray.rows.map(({ reason }) => reason)]).toEqual([
      1,
      ['core-banking.deposit', 'payout.finished'].map(() => 'an event of operator.decision came on another topic'),
    ]);
    await take(copy, message('operator.decision', 'p1', decision, 'in its place'));
    expect(await open()).toBe(0);
  });

  it('raises an alarm for a reply to a journey that nobody here knows, and none for news of a stranger [A1]', async () => {
    let logged = '';
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged += chunk.toString();
        done();
      },
    });
    const copy = await startCopy(new World(), { log: pino({ level: 'info' }, sink) });
    const noteOf = async (eventId: string): Promise<string | null> =>
      (await query<{ note: string | null }>('select note from inbox where event_id = $1 and handled_at is not null', [eventId])).rows[0]
        ?.note ?? null;
    await take(copy, message('broker.cash-status', 'p1', { key: 'nobody', request: 'w1' }, 'stranger'));
    await eventually(
      'the news is closed',
      () => noteOf('stranger'),
      (note) => note === 'no such journey',
    );
    expect(logged).not.toContain('"alarm"');
    await take(copy, message('portfolio.changed', 'p1', { journeyId: 'pa-nobody' }, 'reply'));
    await eventually(
      'the reply is closed',
      () => noteOf('reply'),
      (note) => note === 'alarm: a reply to a journey that does not exist here',
    );
    expect(logged).toMatch(/"alarm":"reply-to-nobody","source":"portfolio\.changed\/0\/\d+","eventId":"reply"/);
    expect((await query('select 1 from blocked_lane')).rowCount).toBe(0);
  });

  it('stops taking in when most messages cannot be read, instead of filling the dead-letter topic', async () => {
    const copy = await startCopy(new World());
    const bad = Array.from({ length: 30 }, (_, n) => ({
      ...message('payout.requested', `p${String(n)}`, {}),
      value: Buffer.from('rubbish'),
    }));
    await expect(take(copy, ...bad)).rejects.toThrow('most messages');
    expect(copy.inboxWriter.heldBecause).toEqual(['most messages of payout.requested/0 cannot be read']);
    expect((await query('select 1 from quarantine')).rowCount).toBe(0);
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    expect(copy.inboxWriter.heldBecause).toEqual([]);
  });
});
