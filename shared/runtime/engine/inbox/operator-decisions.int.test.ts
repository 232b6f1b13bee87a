/** Answers of people for parked effects, on a real Postgres. */
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import { parcelEngine } from '../../../../test/support/parcel-engine.js';
import { World } from '../../../../test/support/parcel-flow.js';
import { signedDecision } from '../../../../test/support/signing-people.js';

const { query, startCopy, message, take, all, payRow, untilNoted, startRefused, said, sendAgain } = parcelEngine();

describe('answers of people', () => {
  it('carries an answer of people out once, also when its message comes again after a crash', async () => {
    const world = new World();
    world.next = 'refuse';
    const copy = await startCopy(world);
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    const parked = async () =>
      (await query<{ id: string; status: string; generation: number }>(`select id, status, generation from effect where name = 'Pay'`))
        .rows[0];
    const effect = await eventually('it is parked', parked, (seen) => seen?.status === 'parked');
    const words = {
      kind: 'answer-effect',
      service: 'payout',
      effectId: effect?.id ?? '',
      answer: 'send-again',
      evidence: 'opened again',
    } as const;
    const decision = signedDecision({ ...words, generation: 1 });
    const told = { ...message('operator.decision', 'p1', decision, 'd1') };
    await take(copy, told);
    await eventually('refused again, under a new key', parked, (seen) => seen?.status === 'parked' && seen.generation === 2);
    world.next = 'fine';
    await take(copy, told);
    await take(copy, message('operator.decision', 'p1', signedDecision({ ...words, generation: 1 }), 'd2'));
    const note = async () =>
      (await query<{ note: string | null }>(`select note from inbox where event_id = 'd2' and handled_at is not null`)).rows[0]?.note;
    expect(await eventually('the second one is closed', note, (seen) => seen !== undefined)).toContain('decided before');
    expect(world.paid).toHaveLength(0);
    await take(copy, message('operator.decision', 'p1', signedDecision({ ...words, generation: 2 }), 'd3'));
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
  });

  it("asks the other side before it takes people's word: they may have looked too early", async () => {
    const { world, copy, parked } = await startRefused();
    await take(copy, said('applied', parked?.id, 1, 'd1'));
    await untilNoted('nothing is told as paid', 'not taken as applied: they refused it: closed');
    world.paid.push(parked?.reference ?? '');
    await take(copy, said('rejected', parked?.id, 1, 'd2'));
    await untilNoted('what is paid is not let go', 'not taken as rejected: it has happened');
    await take(copy, said('applied', parked?.id, 1, 'd3'));
    await all('Waiting', 1);
    expect(world.paid).toHaveLength(1);
  });

  it('takes the word of people about an effect that another instance parked in the database only', async () => {
    const world = new World();
    const [a, b] = [await startCopy(world), await startCopy(world)];
    world.next = 'hang';
    await take(a, message('payout.requested', 'p1', { request: 'w1' }));
    await eventually('it is being sent', payRow, (row) => row?.status === 'sending');
    // Copy b remembers the payment as being sent; then a cannot write what was answered.
    await take(b, message('payout.requested', 'p1', { request: 'w1' }));
    await eventually(
      'b has noted it',
      async () => (await query<{ n: number }>(`select (state ->> 'notes')::int as n from journey`)).rows[0]?.n,
      (n) => n === 1,
    );
    await query(`update effect set status = 'parked', owner = null, note = 'Bug: cannot be written' where name = 'Pay'`);
    const decision = { ...sendAgain((await payRow())?.id, 1, 'd1') };
    world.paid.push((await payRow())?.reference ?? '');
    await take(b, decision);
    await untilNoted('it is asked about and not sent again', 'not sent again: it has happened');
  });

  it('holds a definite refusal for people, and goes on as they say', async () => {
    const world = new World();
    world.next = 'refuse';
    const copy = await startCopy(world);
    await take(copy, message('payout.requested', 'p1', { request: 'w1' }));
    const parked = await eventually(
      'it is parked',
      async () =>
        (
          await query<{ id: string; journey_id: string; status: string; note: string }>(
            `select id, journey_id, status, note from effect where name = 'Pay'`,
          )
        ).rows[0],
      (row) => row?.status === 'parked',
    );
    expect(parked?.note).toBe('refused');
    copy.engine.enqueue({
      kind: 'effect',
      lane: 'p1',
      journeyId: parked?.journey_id ?? '',
      effectId: parked?.id ?? '',
      event: { type: 'PersonSaid', said: 'rejected', generation: 1, result: null, evidence: 'called the bank' },
      eventId: null,
      tries: 0,
    });
    await all('Refused', 1);
    expect(world.paid).toHaveLength(0);
  });
});
