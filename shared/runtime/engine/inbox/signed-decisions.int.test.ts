/** Whose decisions are carried out: only those that the people concerned have signed, each once, on a real Postgres. */
import { describe, expect, it } from '@jest/globals';
import type { OperatorDecision } from '../../../../contracts/internal/events.js';
import { eventually } from '../../../../test/support/eventually.js';
import { parcelEngine } from '../../../../test/support/parcel-engine.js';
import {
  anna,
  ben,
  carl,
  letterFacts,
  signatureOf,
  signedDecision,
  type UnsignedDecision,
} from '../../../../test/support/signing-people.js';

const { query, startRefused, message, take, all } = parcelEngine();

type Started = Awaited<ReturnType<typeof startRefused>>;
const answerFor = (started: Started): Extract<UnsignedDecision, { kind: 'answer-effect' }> => ({
  kind: 'answer-effect',
  service: 'payout',
  effectId: started.parked?.id ?? '',
  generation: 1,
  answer: 'send-again',
  evidence: 'opened again',
});

const noteOf = (eventId: string): Promise<string | null | undefined> =>
  eventually(
    `the decision ${eventId} is closed`,
    async () =>
      (await query<{ note: string | null }>('select note from inbox where event_id = $1 and handled_at is not null', [eventId])).rows[0]
        ?.note,
    (note) => note !== undefined,
  );
const refusals = async (): Promise<readonly (string | null)[]> =>
  (await query<{ refused: string | null }>('select refused from decision where refused is not null order by taken_at')).rows.map(
    ({ refused }) => refused,
  );
const payStatus = async (): Promise<string | undefined> =>
  (await query<{ status: string }>(`select status || ' ' || generation as status from effect where name = 'Pay'`)).rows[0]?.status;

const forged: readonly (readonly [string, (unsigned: UnsignedDecision) => object])[] = [
  ['one person twice', (unsigned) => signedDecision(unsigned, anna, anna)],
  [
    'one person under two spellings',
    (unsigned) => {
      const good = signedDecision(unsigned);
      return { ...good, approvedBy: 'Anna', approval: signatureOf(anna, good, 'approves') };
    },
  ],
  ['two invented names', (unsigned) => ({ ...signedDecision(unsigned), by: 'eve', approvedBy: 'mallory' })],
  ['one person alone', (unsigned) => signedDecision(unsigned, anna, null)],
  ['a second person who only looks', (unsigned) => signedDecision(unsigned, anna, carl)],
  ['signatures of another act', (unsigned) => ({ ...signedDecision(unsigned), actId: 'another-act' })],
  ['another answer than was signed', (unsigned) => ({ ...signedDecision(unsigned), answer: 'applied' })],
  ['other evidence than was signed', (unsigned) => ({ ...signedDecision(unsigned), evidence: 'PMT-INVENTED' })],
  [
    'another generation than was signed',
    (unsigned) => ({ ...signedDecision({ ...unsigned, generation: 2 } as UnsignedDecision), generation: 1 }),
  ],
  [
    'a signature of asking as an approval',
    (unsigned) => ({ ...signedDecision(unsigned), approval: signatureOf(ben, signedDecision(unsigned), 'asks') }),
  ],
  ['no signatures, as the release before sent it', (unsigned) => ({ ...unsigned, by: 'anna', approvedBy: 'ben' })],
];

describe('a decision', () => {
  it.each(forged)('with %s is not carried out, and people see why [A4]', async (_what, forge) => {
    const started = await startRefused();
    started.world.next = 'fine';
    await take(started.copy, message('operator.decision', 'p1', forge(answerFor(started)), 'd1'));
    expect(await noteOf('d1')).toMatch(/^(not carried out: |a decision of people$)/);
    expect(await refusals()).toHaveLength(1);
    expect(await payStatus()).toBe('parked 1');
    expect(started.world.paid).toHaveLength(0);
  });

  it('that two people have signed is carried out, and is not carried out again under another event id [A4]', async () => {
    const started = await startRefused();
    const decision: OperatorDecision = signedDecision(answerFor(started));
    await take(started.copy, message('operator.decision', 'p1', decision, 'd1'));
    await eventually('refused again, under a new key', payStatus, (status) => status === 'parked 2');
    // Whoever has the message can send it again, under an id of its own: the act is the same one.
    await query(`update effect set generation = 1 where name = 'Pay'`);
    started.world.next = 'fine';
    await take(started.copy, message('operator.decision', 'p1', decision, 'd2'));
    expect(await noteOf('d2')).toContain('the act was carried out before, by d1');
    expect(await refusals()).toEqual(['the act was carried out before, by d1']);
    expect(started.world.paid).toHaveLength(0);
  });

  it('of the release before that stands open in the inbox is closed, and not carried out: nobody has signed it [A4]', async () => {
    const started = await startRefused();
    started.world.next = 'fine';
    const old = { ...answerFor(started), by: 'anna', approvedBy: 'ben' };
    const { value } = message('operator.decision', 'p1', old, 'old1');
    await query(
      `insert into inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value, received_at) values ('old1', 'h', 'operator.decision', 0, 0, 'p1', $1, now() - interval '1 hour')`,
      [value.toString()],
    );
    expect(await noteOf('old1')).toContain('they must ask again');
    expect(await payStatus()).toBe('parked 1');
    expect(started.world.paid).toHaveLength(0);
  });

  it('that was forged under the id of an act does not take the act away from those who signed it [A4]', async () => {
    const started = await startRefused();
    started.world.next = 'fine';
    const decision = signedDecision(answerFor(started));
    await take(started.copy, message('operator.decision', 'p1', { ...decision, evidence: 'another one' }, 'd0'));
    await take(started.copy, message('operator.decision', 'p1', decision, 'd1'));
    await all('Waiting', 1);
    expect(started.world.paid).toHaveLength(1);
  });
});

describe('a message that runs again', () => {
  /** A message that moves money, and that nobody can read. */
  const quarantined = async (copy: Started['copy']): Promise<string> => {
    await take(copy, message('payout.requested', 'p2', { request: 7 }, 'bad1'));
    const row = await eventually(
      'it is in quarantine',
      async () => (await query<{ value: string }>(`select value from quarantine where event_id = 'bad1' and resolved_at is null`)).rows[0],
      (seen) => seen !== undefined,
    );
    return row?.value ?? '';
  };
  const isOpen = async (): Promise<boolean> =>
    (await query(`select 1 from quarantine where event_id = 'bad1' and resolved_at is null`)).rowCount === 1;

  it('and may move money needs two people, whatever the operator service says [A4]', async () => {
    const { copy } = await startRefused();
    const value = await quarantined(copy);
    const replay = {
      kind: 'replay-dead-letter',
      service: 'payout',
      ...letterFacts('bad1', value),
      correctedValue: null,
      why: 'mended',
    } as const;
    await take(copy, message('operator.decision', 'p2', signedDecision(replay, anna, null), 'd1'));
    expect(await refusals()).toEqual(['a second person has not approved it']);
    expect(await isOpen()).toBe(true);
  });
  it('has to be the text that the people signed, in quarantine for the same time [A4]', async () => {
    const { copy } = await startRefused();
    const value = await quarantined(copy);
    const common = { kind: 'replay-dead-letter', service: 'payout', correctedValue: null, why: 'mended' } as const;
    await take(copy, message('operator.decision', 'p2', signedDecision({ ...common, ...letterFacts('bad1', 'another text') }), 'd1'));
    await take(copy, message('operator.decision', 'p2', signedDecision({ ...common, ...letterFacts('bad1', value, 2) }), 'd2'));
    expect(await refusals()).toEqual(['the text is not the one that the people signed', expect.stringContaining('in quarantine 1 times')]);
    expect(await isOpen()).toBe(true);
    await take(copy, message('operator.decision', 'p2', signedDecision({ ...common, ...letterFacts('bad1', value) }), 'd3'));
    // It ran, and cannot be read any better: it is in quarantine a second time.
    expect((await query(`select attempts from quarantine where event_id = 'bad1'`)).rows).toEqual([{ attempts: 2 }]);
  });
});
