/** What any EngineStore must do. Postgres and the simulation's memory are held to the same. */
import { describe, expect, it } from '@jest/globals';
import { answerEventId } from '../../shared/runtime/engine/identity.js';
import { emptyParts, type PartRow, type Parts } from '../../shared/runtime/engine/store/step-statement.js';
import { Stale, type EngineStore, type InboxRow } from '../../shared/runtime/engine/store/store.js';

export type StoreUnderTest = {
  readonly store: EngineStore;
  readonly nowMs: () => number;
  /** An owner that holds its lock, and how to take the lock away. */
  readonly owner: () => Promise<{ readonly id: number; readonly release: () => Promise<void> }>;
};

const READABLE = { parcel: 2 };
const journey = (change: Partial<PartRow<'created'>> = {}): PartRow<'created'> => ({
  id: 'j1',
  flow: 'parcel',
  subject: 's1',
  portfolio_id: 'P1',
  status: 'Paying',
  state: '{"status":"Paying"}',
  state_version: 2,
  policy: '{"limit": "5"}',
  opened_ms: 900,
  effect_id: 'j1:Pay',
  held: null,
  waits_for: 'the outcome of Pay',
  owned_by: 'the parcel desk',
  amount: null,
  currency: null,
  ended: false,
  waits: false,
  due_ms: null,
  overdue_ms: null,
  ...change,
});
const moved = (change: Partial<PartRow<'moved'>> = {}): PartRow<'moved'> => {
  const { subject: _subject, owned_by: _owner, opened_ms: _opened, ...rest } = journey();
  return { ...rest, version: 1, ...change };
};
const planned = (change: Partial<PartRow<'planned'>> = {}): PartRow<'planned'> => ({
  ...{
    flow: 'parcel',
    portfolio_id: 'P1',
    id: 'j1:Pay',
    journey_id: 'j1',
    name: 'Pay',
    kind: 'once',
    owner: 1,
    request: '{"to":"NL"}',
    reference: 'ref-1',
    at_ms: 1_000,
  },
  ...change,
});
const closed = (change: Partial<PartRow<'closed'>> = {}): PartRow<'closed'> => ({
  ...{
    flow: 'parcel',
    portfolio_id: 'P1',
    id: 'j1:Pay',
    status: 'unknown',
    generation: 1,
    owner: null,
    attempt: 1,
    reference: null,
    request: null,
  },
  ...{ first_ms: 1_000, last_ms: 1_000, due_ms: 2_000, result: null, note: 'timeout', proof: null },
  ...change,
});
const postponed = (change: Partial<PartRow<'postponed'>> = {}): PartRow<'postponed'> => ({
  ...{ id: 'j1:Pay', was: 'sending', generation: 1, status: 'accepted', attempt: 2, reference: 'ref-2', due_ms: 5_000, note: null },
  ...change,
});
const line = (version: number): PartRow<'history'> => ({
  ...{ journey_id: 'j1', version, occasion: 'Wished', source: null, status: 'Paying', effect_id: null, said: null, note: null },
});
const said = (event: string): PartRow<'said'> => ({
  event_id: event,
  topic: 'payout.finished',
  key: 'P1',
  headers: '{"a":"b"}',
  value: 'v',
});
const quarantined = (event: string): PartRow<'quarantined'> => ({
  ...{ event_id: event, portfolio_id: 'P1', topic: 'payout.requested', partition: 0, offset: 5, key: 'k', headers: '{"h":"1"}' },
  ...{ value: 'bad', error_class: 'ZodError', reason: 'unreadable' },
});
const blocked = (event: string | null): PartRow<'blocked'> => ({ portfolio_id: 'P1', event_id: event, reason: 'stopped' });
const arrives = (event: string, change: Partial<InboxRow> = {}): InboxRow => ({
  ...{ eventId: event, contentHash: `hash of ${event}`, topic: 'payout.requested', partition: 0, offset: '7', portfolioId: 'P1' },
  ...{ value: `value of ${event}`, note: null },
  ...change,
});
const parts = (some: Partial<Parts>): Parts => ({ ...emptyParts(), ...some });
const opened = parts({ created: [journey()], planned: [planned()], history: [line(1)] });
const idsOf = (rows: readonly { readonly eventId: string }[]): readonly string[] => rows.map(({ eventId }) => eventId);

const aboutSteps = (fresh: () => Promise<StoreUnderTest>): void => {
  it('stores a journey with its effect and gives both back, by id and by subject', async () => {
    const { store } = await fresh();
    await store.write(opened);
    const [byId] = await store.load(['j1', 'none'], []);
    expect(byId).toEqual({
      ...{ id: 'j1', flow: 'parcel', subject: 's1', portfolioId: 'P1', version: 1, state: { status: 'Paying' }, ended: false, held: null },
      ...{ stateVersion: 2, policy: { limit: '5' }, openedAtMs: 900 },
      effect: {
        ...{ id: 'j1:Pay', name: 'Pay', kind: 'once', status: 'sending', generation: 1, attempt: 1, reference: 'ref-1' },
        ...{ plannedAtMs: 1_000, firstSentAtMs: 1_000, lastSentAtMs: 1_000, dueAtMs: null, note: null, request: { to: 'NL' }, owner: 1 },
      },
    });
    expect(
      await store.load(
        [],
        [
          { flow: 'parcel', subject: 's1' },
          { flow: 'parcel', subject: 's2' },
        ],
      ),
    ).toEqual([byId]);
    expect(await store.byReference(['ref-1', 'ref-2'])).toEqual([
      { reference: 'ref-1', journeyId: 'j1', portfolioId: 'P1', effectId: 'j1:Pay', status: 'sending', earlier: null },
    ]);
  });
  it('keeps the moment of opening, and the choices and the version of the newest step', async () => {
    const { store } = await fresh();
    await store.write(parts({ created: [journey({ policy: null })], planned: [planned()] }));
    expect(await store.load(['j1'], [])).toMatchObject([{ stateVersion: 2, policy: null, openedAtMs: 900 }]);
    await store.write(parts({ moved: [moved({ state_version: 3, policy: '{"limit": "7"}' })] }));
    expect(await store.load(['j1'], [])).toMatchObject([{ stateVersion: 3, policy: { limit: '7' }, openedAtMs: 900, version: 2 }]);
  });
  it('refuses a stale version, and writes nothing at all then', async () => {
    const { store } = await fresh();
    await store.write(opened);
    await store.write(parts({ moved: [moved({ status: 'Two' })], history: [line(2)] }));
    const stale = parts({ moved: [moved({ status: 'Three' })], said: [said('m1')], blocked: [blocked(null)] });
    await expect(store.write(stale)).rejects.toBeInstanceOf(Stale);
    await expect(store.write(parts({ checked: [{ id: 'j1', version: 1 }], said: [said('m1')] }))).rejects.toBeInstanceOf(Stale);
    expect(await store.unsentOutbox(-1_000, 10)).toEqual([]);
    expect([...(await store.blockedLanes())]).toEqual([]);
    expect((await store.load(['j1'], []))[0]).toMatchObject({ version: 2 });
    await store.write(parts({ checked: [{ id: 'j1', version: 2 }] }));
  });
  it('opens one journey per subject, and the same one once', async () => {
    const { store } = await fresh();
    await store.write(opened);
    await expect(store.write(parts({ created: [journey()] }))).rejects.toBeInstanceOf(Stale);
    await expect(store.write(parts({ created: [journey({ id: 'j2', effect_id: null })] }))).rejects.toBeInstanceOf(Stale);
    await store.write(parts({ moved: [moved({ ended: true, effect_id: null })] }));
    await store.write(parts({ created: [journey({ id: 'j2', effect_id: null })] }));
    expect(await store.load([], [{ flow: 'parcel', subject: 's1' }])).toMatchObject([{ id: 'j2' }]);
  });
  it('never stores one effect, one line of history or one message twice', async () => {
    const { store } = await fresh();
    await store.write(opened);
    const refusal = async (again: Partial<Parts>): Promise<unknown> =>
      store.write(parts(again)).then(
        () => 'written',
        (error: unknown) => error,
      );
    const effect = await refusal({ moved: [moved()], planned: [planned()] });
    expect(effect).toMatchObject({ code: '23505' });
    expect(effect).not.toBeInstanceOf(Stale);
    expect((await store.load(['j1'], []))[0]).toMatchObject({ version: 1 });
    expect(await refusal({ history: [line(1)] })).toBeInstanceOf(Stale);
    await store.write(parts({ said: [said('m1')] }));
    expect(await refusal({ said: [said('m1')] })).toMatchObject({ code: '23505' });
    const told = { event_id: 'e1', content_hash: 'h', portfolio_id: 'P1', value: '{}' };
    await store.write(parts({ told: [told] }));
    expect(await refusal({ told: [told] })).toMatchObject({ code: '23505' });
  });
  it('closes an effect, asks a proof for a new key, and postpones only what is still as it was', async () => {
    const { store } = await fresh();
    await store.write(opened);
    await store.write(parts({ closed: [closed()] }));
    const effect = async (): Promise<unknown> => (await store.load(['j1'], []))[0]?.effect;
    expect(await effect()).toMatchObject({ status: 'unknown', owner: null, dueAtMs: 2_000, note: 'timeout', reference: 'ref-1' });
    await expect(store.write(parts({ closed: [closed({ generation: 2 })] }))).rejects.toMatchObject({ code: '23514' });
    await store.write(parts({ closed: [closed({ generation: 2, proof: 'absent', request: '{"to":"BE"}', reference: 'ref-3' })] }));
    await store.write(parts({ closed: [closed({ generation: 2 })] }));
    expect(await effect()).toMatchObject({ generation: 2, request: { to: 'BE' }, reference: 'ref-3' });
    expect(await store.byReference(['ref-1'])).toEqual([
      {
        ...{ reference: 'ref-1', journeyId: 'j1', portfolioId: 'P1', effectId: 'j1:Pay', status: 'unknown' },
        earlier: { name: 'Pay', generation: 1, request: { to: 'NL' }, firstSentAtMs: 1_000, lastSentAtMs: 1_000 },
      },
    ]);
    await store.write(parts({ postponed: [postponed()] }));
    await store.write(parts({ postponed: [postponed({ was: 'unknown' })] }));
    expect(await effect()).toMatchObject({ status: 'unknown', attempt: 1 });
    await store.write(parts({ postponed: [postponed({ was: 'unknown', generation: 2 })] }));
    expect(await effect()).toMatchObject({ status: 'accepted', attempt: 2, reference: 'ref-2', dueAtMs: 5_000 });
    await store.write(parts({ postponed: [postponed({ was: null, status: 'parked', due_ms: null })] }));
    await store.write(parts({ postponed: [postponed({ was: null, status: 'accepted' })] }));
    expect(await effect()).toMatchObject({ status: 'parked', dueAtMs: null });
  });
};

const aboutEvents = (fresh: () => Promise<StoreUnderTest>): void => {
  it('takes an event in once, says which came with another body, and handles it once', async () => {
    const { store } = await fresh();
    const none = { quarantined: [], blocked: [], said: [] };
    const first = await store.ingest([arrives('e1'), arrives('e2', { note: 'no business' })], none);
    expect([...first.fresh].sort()).toEqual(['e1', 'e2']);
    const again = await store.ingest([arrives('e1', { contentHash: 'other' }), arrives('e2'), arrives('e3')], none);
    expect([[...again.fresh], again.conflicting]).toEqual([['e3'], ['e1']]);
    expect([...(await store.stillOpen(['e1', 'e2', 'e3']))].sort()).toEqual(['e1', 'e3']);
    expect(await store.openInbox(-1_000, 10, [])).toEqual([
      {
        eventId: 'e1',
        portfolioId: 'P1',
        value: 'value of e1',
        topic: 'payout.requested',
        source: 'payout.requested/0/7',
        quarantined: null,
      },
      expect.objectContaining({ eventId: 'e3' }),
    ]);
    expect(await store.openInbox(60_000, 10, [])).toEqual([]);
    await store.write(parts({ seen: [{ event_id: 'e1', note: 'done' }] }));
    await expect(store.write(parts({ seen: [{ event_id: 'e1', note: 'done' }] }))).rejects.toBeInstanceOf(Stale);
    await expect(store.write(parts({ seen: [{ event_id: 'e2', note: 'done' }] }))).rejects.toBeInstanceOf(Stale);
    expect(idsOf(await store.openInbox(-1_000, 10, []))).toEqual(['e3']);
  });
  it('keeps what was said until it is marked as sent', async () => {
    const { store } = await fresh();
    await store.write(parts({ said: [said('m1')] }));
    expect(await store.unsentOutbox(-1_000, 10)).toEqual([
      { eventId: 'm1', topic: 'payout.finished', key: 'P1', headers: { a: 'b' }, value: 'v' },
    ]);
    expect(await store.unsentOutbox(60_000, 10)).toEqual([]);
    await store.markSent(['m1', 'unknown']);
    expect(await store.unsentOutbox(-1_000, 10)).toEqual([]);
  });
  it('gives what one commit said in the order in which it said it', async () => {
    const { store } = await fresh();
    const ids = Array.from({ length: 40 }, (_, n) => `m${String((n * 27) % 40)}`);
    await store.write(parts({ said: ids.map((id) => said(id)) }));
    expect((await store.unsentOutbox(-1_000, 50)).map(({ eventId }) => eventId)).toEqual(ids);
  });
  it('stops a lane with its quarantined message, and opens it when people have decided on all of them', async () => {
    const { store } = await fresh();
    const bad = { quarantined: [quarantined('e1')], blocked: [blocked('e1')], said: [said('e1.dlq')] };
    await store.ingest([arrives('e1', { note: 'quarantined' })], bad);
    await store.ingest([arrives('e1')], { ...bad, said: [] });
    await store.ingest([arrives('e2', { note: 'quarantined' })], { quarantined: [quarantined('e2')], blocked: [blocked('e2')], said: [] });
    await store.ingest([arrives('e3')], { quarantined: [], blocked: [], said: [] });
    expect([...(await store.blockedLanes())]).toEqual(['P1']);
    expect(await store.openInbox(-1_000, 10, [])).toEqual([]);
    const row = await store.replay('e1', 'corrected', 'by anna');
    expect(row).toMatchObject({
      eventId: 'e1',
      value: 'corrected',
      topic: 'payout.requested',
      quarantined: { key: 'k', headers: { h: '1' }, attempts: 1 },
    });
    expect(await store.replay('e1', null, 'again')).toBeNull();
    expect([...(await store.blockedLanes())]).toEqual(['P1']);
    expect(await store.discard('e2', 'by anna')).toBe(true);
    expect(await store.discard('e2', 'again')).toBe(false);
    expect([...(await store.blockedLanes())]).toEqual([]);
    expect(idsOf(await store.openInbox(-1_000, 10, []))).toEqual(['e1', 'e3']);
  });
  it('says the dead letter of a message once, and knows a message that people have corrected by what came first', async () => {
    const { store } = await fresh();
    const bad = { quarantined: [quarantined('e1')], blocked: [blocked('e1')] };
    await store.ingest([arrives('e1')], { ...bad, said: [said('e1.dlq.1')] });
    await store.ingest([arrives('e1')], { ...bad, said: [said('e1.dlq.2')] });
    expect((await store.unsentOutbox(-1_000, 10)).map(({ eventId }) => eventId)).toEqual(['e1.dlq.1']);
    await store.replay('e1', 'corrected', 'by anna');
    expect((await store.ingest([arrives('e1')], { ...bad, said: [] })).conflicting).toEqual([]);
  });
  it('lets the lane go on beside a second body under a known id, until that one has run and failed', async () => {
    const { store } = await fresh();
    const other = { ...quarantined('e2'), error_class: 'OtherBody' };
    await store.ingest([arrives('e1'), arrives('e2', { note: 'quarantined' })], {
      quarantined: [quarantined('e1'), other],
      blocked: [blocked('e1')],
      said: [],
    });
    await store.discard('e1', 'by anna');
    expect([...(await store.blockedLanes())]).toEqual([]);
    await store.replay('e2', null, 'by anna');
    await store.write(parts({ quarantined: [quarantined('e2')], blocked: [blocked('e2')] }));
    await store.ingest([arrives('e3')], { quarantined: [quarantined('e3')], blocked: [blocked('e3')], said: [] });
    await store.discard('e3', 'by anna');
    expect([...(await store.blockedLanes())]).toEqual(['P1']);
  });
  it('shows the message that people decide on, and lets it go only for the stay that they meant', async () => {
    const { store } = await fresh();
    await store.write(parts({ quarantined: [quarantined('e1')], blocked: [blocked('e1')] }));
    expect(await store.quarantined('e1')).toEqual({ topic: 'payout.requested', value: 'bad', attempts: 1 });
    expect(await store.quarantined('unknown')).toBeNull();
    expect(await store.replay('e1', null, 'by anna', 2)).toBeNull();
    expect(await store.discard('e1', 'by anna', 2)).toBe(false);
    expect(await store.discard('e1', 'by anna', 1)).toBe(true);
    expect(await store.quarantined('e1')).toBeNull();
  });
  it('gives an act to the first event that brings it, for ever, and to none that was refused', async () => {
    const { store } = await fresh();
    expect(await store.refuseDecision('forged', 'act-1', 'not signed')).toBe(true);
    expect(await store.refuseDecision('forged', 'act-1', 'not signed')).toBe(false);
    expect(await store.takeAct('act-1', 'forged')).toBeNull();
    expect(await store.takeAct('act-1', 'd1')).toBe('d1');
    expect(await store.takeAct('act-1', 'd1')).toBe('d1');
    expect(await store.takeAct('act-1', 'd2')).toBe('d1');
    expect(await store.refuseDecision('d2', 'act-1', 'repeated')).toBe(true);
    expect(await store.takeAct('act-2', 'd3')).toBe('d3');
  });
  it('sets aside what cannot be sent, without stopping its lane, and gives it back when a person lets it go [B14]', async () => {
    const { store } = await fresh();
    await store.write(parts({ said: [said('m1'), said('m2')] }));
    await store.markSent(['m2']);
    await store.setAside(['m1', 'm2', 'unknown'].map((eventId) => ({ eventId, reason: 'MESSAGE_TOO_LARGE' })));
    expect(await store.unsentOutbox(-1_000, 10)).toEqual([]);
    expect(await store.figures(READABLE)).toContainEqual({ name: 'quarantined', labels: {}, value: 1 });
    await store.ingest([arrives('e1')], { quarantined: [quarantined('e1')], blocked: [blocked('e1')], said: [] });
    await store.discard('e1', 'by anna');
    expect([...(await store.blockedLanes())]).toEqual([]);
    expect(await store.sendAgain('m2', null, 'by anna')).toBe(false);
    expect(await store.sendAgain('m1', null, 'by anna')).toBe(true);
    expect(await store.sendAgain('m1', null, 'by anna')).toBe(false);
    expect((await store.unsentOutbox(-1_000, 10)).map(({ eventId }) => eventId)).toEqual(['m1']);
  });
  it('counts how often a message went to quarantine, and opens a lane that an answer had stopped', async () => {
    const { store } = await fresh();
    await store.write(parts({ quarantined: [quarantined('e1')], blocked: [blocked('e1')] }));
    await store.discard('e1', 'by anna');
    await store.write(parts({ quarantined: [quarantined('e1')] }));
    expect(await store.replay('e1', null, 'by anna')).toMatchObject({ value: 'bad', quarantined: { attempts: 2 } });
    await store.write(parts({ blocked: [blocked(null)] }));
    await store.openDecidedLanes();
    expect([...(await store.blockedLanes())]).toEqual(['P1']);
    await store.releaseLane('P1');
    expect([...(await store.blockedLanes())]).toEqual([]);
  });
};

const aboutTime = (fresh: () => Promise<StoreUnderTest>): void => {
  it('finds what is due, and effects of owners that are gone', async () => {
    const { store, nowMs, owner } = await fresh();
    const own = await owner();
    const other = await owner();
    const at = nowMs();
    await store.write(
      parts({
        created: [journey({ due_ms: at - 5_000 }), journey({ id: 'j2', subject: 's2', effect_id: 'j2:Pay', due_ms: at + 60_000 })],
        planned: [planned({ owner: other.id, at_ms: at }), planned({ id: 'j2:Pay', journey_id: 'j2', owner: own.id, at_ms: at })],
      }),
    );
    expect(await store.dueJourneys(10, READABLE)).toEqual([{ journeyId: 'j1', portfolioId: 'P1', version: 1 }]);
    expect(await store.orphanedEffects(own.id, 10, READABLE)).toEqual([]);
    await other.release();
    expect(await store.orphanedEffects(own.id, 10, READABLE)).toEqual([
      { effectId: 'j1:Pay', journeyId: 'j1', portfolioId: 'P1', status: 'sending' },
    ]);
    await store.write(parts({ closed: [closed({ id: 'j2:Pay', owner: own.id, status: 'sending', last_ms: at - 121_000 })] }));
    expect((await store.orphanedEffects(own.id, 10, READABLE)).map(({ effectId }) => effectId).sort()).toEqual(['j1:Pay', 'j2:Pay']);
    await store.write(parts({ closed: [closed({ due_ms: at - 5_000 })] }));
    expect(await store.dueEffects(3_000, 10, READABLE)).toMatchObject([{ effectId: 'j1:Pay', status: 'unknown' }]);
    expect(await store.dueEffects(10_000, 10, READABLE)).toEqual([]);
    await own.release();
  });
  it('finds only what can be read, beside the events that are left and the answers that were handed over', async () => {
    const { store, nowMs, owner } = await fresh();
    const [own, gone] = [await owner(), await owner()];
    const at = nowMs();
    await store.write(
      parts({
        created: [journey({ due_ms: at - 5_000 }), journey({ id: 'j2', subject: 's2', effect_id: 'j2:Pay', due_ms: at - 4_000 })],
        planned: [planned({ owner: gone.id, at_ms: at }), planned({ id: 'j2:Pay', journey_id: 'j2', owner: gone.id, at_ms: at })],
      }),
    );
    await gone.release();
    for (const older of [{ parcel: 1 }, { crate: 2 }, {}]) {
      expect(await store.dueJourneys(10, older)).toEqual([]);
      expect(await store.orphanedEffects(own.id, 10, older)).toEqual([]);
      expect(await store.figures(older)).toContainEqual({ name: 'left_to_newer', labels: { what: 'journeys' }, value: 2 });
    }
    expect(await store.figures(READABLE)).toContainEqual({ name: 'left_to_newer', labels: { what: 'journeys' }, value: 0 });
    const none = { quarantined: [], blocked: [], said: [] };
    const answer = answerEventId('j1:Pay', { generation: 1, lastSentAtMs: at });
    await store.ingest([arrives('e1'), arrives(answer), arrives('e2')], none);
    expect(idsOf(await store.openInbox(-1_000, 10, ['e1', 'none']))).toEqual([answer, 'e2']);
    expect((await store.orphanedEffects(own.id, 10, READABLE)).map(({ effectId }) => effectId)).toEqual(['j2:Pay']);
    await store.write(parts({ seen: [{ event_id: answer, note: null }] }));
    expect(await store.orphanedEffects(own.id, 10, READABLE)).toHaveLength(2);
    await store.write(parts({ closed: [closed({ due_ms: at - 5_000 })] }));
    expect(await store.dueEffects(3_000, 10, { parcel: 1 })).toEqual([]);
    expect(await store.dueEffects(3_000, 10, READABLE)).toHaveLength(1);
    await own.release();
  });
  it('puts off when a journey is overdue whose effect people have stopped, and that of no other one [A9]', async () => {
    const { store, nowMs, owner } = await fresh();
    const own = await owner();
    const at = nowMs();
    const late = { overdue_ms: at - 1_000 };
    await store.write(
      parts({
        created: [journey(late), journey({ id: 'j2', subject: 's2', effect_id: 'j2:Pay', ...late })],
        planned: [planned({ owner: own.id, at_ms: at }), planned({ id: 'j2:Pay', journey_id: 'j2', owner: own.id, at_ms: at })],
      }),
    );
    const waits = { was: 'sending', generation: 1, status: 'planned', attempt: 1, reference: null, due_ms: at + 5_000 };
    await store.write(
      parts({
        postponed: [
          { id: 'j1:Pay', note: 'stopped: all, since now, by anna', ...waits },
          { id: 'j2:Pay', note: 'refused', ...waits },
        ],
      }),
    );
    await store.putOffOverdue(60_000);
    expect((await store.newlyOverdue(10)).map(({ journeyId }) => journeyId)).toEqual(['j2']);
    await own.release();
  });
  it('says once that a journey is overdue, and does not start a wait anew that was only interrupted', async () => {
    const { store, nowMs } = await fresh();
    const at = nowMs();
    await store.write(parts({ created: [journey({ status: 'Waiting', waits: true, effect_id: null, overdue_ms: at - 1_000 })] }));
    await store.write(parts({ moved: [moved({ status: 'Looking', effect_id: null, overdue_ms: at + 60_000 })] }));
    expect(await store.newlyOverdue(10)).toEqual([]);
    await store.write(parts({ moved: [moved({ version: 2, status: 'Waiting', waits: true, effect_id: null, overdue_ms: at + 60_000 })] }));
    expect(await store.newlyOverdue(10)).toEqual([
      { journeyId: 'j1', flow: 'parcel', status: 'Waiting', waitsFor: 'the outcome of Pay', held: null },
    ]);
    expect(await store.newlyOverdue(10)).toEqual([]);
  });
};

/** `fresh` gives an empty store. */
export const engineStoreContract = (name: string, fresh: () => Promise<StoreUnderTest>): void => {
  describe(`${name} as the engine's store`, () => {
    describe('steps', () => {
      aboutSteps(fresh);
    });
    describe('events', () => {
      aboutEvents(fresh);
    });
    describe('time', () => {
      aboutTime(fresh);
    });
  });
};
