/**
 * The statements of the engine's store, as they leave this process: text and parameters, over a short story that takes every way there is.
 * A copy of an older release still says the old ones while a newer schema is there already.
 */
import type { Pool } from 'pg';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { PARTS, emptyParts, type PartName, type PartRow, type Parts } from '../../shared/runtime/engine/store/step-statement.js';
import type { InboxRow } from '../../shared/runtime/engine/store/store.js';

/** A parameter: a Buffer is kept as its bytes in base64. */
type KeptValue = string | number | null | readonly unknown[] | { readonly base64: string };
export type KeptStatement = { readonly text: string; readonly values: readonly KeptValue[] };

const keptValue = (value: unknown): KeptValue =>
  Buffer.isBuffer(value) ? { base64: value.toString('base64') } : (value as Exclude<KeptValue, { readonly base64: string }>);
export const valueOf = (value: KeptValue): unknown =>
  typeof value === 'object' && value !== null && 'base64' in value ? Buffer.from(value.base64, 'base64') : value;

/** A row of a part; what is not given is null. */
const row = <P extends PartName>(part: P, given: Partial<PartRow<P>>): PartRow<P> =>
  ({ ...Object.fromEntries(Object.keys(PARTS[part]).map((column) => [column, null])), ...given }) as PartRow<P>;
const parts = (some: Partial<Parts>): Parts => ({ ...emptyParts(), ...some });
const arrives = (eventId: string, note: string | null = null): InboxRow => ({
  ...{ eventId, contentHash: `hash of ${eventId}`, topic: 'payout.requested', partition: 0, offset: '7', portfolioId: 'P1' },
  ...{ value: `value of ${eventId}`, note },
});
/** What this process can read: versions by flow. */
const READABLE = { parcel: 1 };
const state = '{"status":"Paying"}';
const line = (version: number): PartRow<'history'> =>
  row('history', {
    journey_id: 'j1',
    version,
    occasion: 'Wished',
    source: 'e1',
    status: 'Paying',
    effect_id: 'j1:Pay',
    said: 'm1',
    note: 'n',
  });
const created = row('created', {
  ...{ id: 'j1', flow: 'parcel', subject: 's1', portfolio_id: 'P1', status: 'Paying', state, state_version: 1, policy: '{"limit":"5"}' },
  ...{ opened_ms: 900, effect_id: 'j1:Pay', waits_for: 'the outcome of Pay', owned_by: 'the parcel desk', amount: '5', currency: 'EUR' },
  ...{ ended: false, waits: false, due_ms: 1_000, overdue_ms: 1_000 },
});
const moved = (version: number, ended: boolean): PartRow<'moved'> =>
  row('moved', {
    ...{ id: 'j1', version, status: ended ? 'Done' : 'Paying', state, state_version: 1, policy: '{"limit":"5"}', effect_id: 'j1:Pay' },
    ...{ held: 'why', waits_for: 'cash', amount: '5', currency: 'EUR', ended, waits: !ended, due_ms: 1_000, overdue_ms: 1_000 },
  });
const closed = (given: Partial<PartRow<'closed'>>): PartRow<'closed'> =>
  row('closed', { id: 'j1:Pay', status: 'unknown', generation: 1, attempt: 1, first_ms: 1_000, last_ms: 1_000, due_ms: 1_000, ...given });
const quarantined = (event: string): PartRow<'quarantined'> =>
  row('quarantined', {
    ...{ event_id: event, portfolio_id: 'P1', topic: 'payout.requested', partition: 0, offset: 5, key: 'k', headers: '{"h":"1"}' },
    ...{ value: 'bad', error_class: 'ZodError', reason: 'unreadable' },
  });
const said = (event: string): PartRow<'said'> =>
  row('said', { event_id: event, topic: 'payout.finished', key: 'P1', headers: '{"a":"b"}', value: 'v' });

/** Takes every way through the store once: a journey is opened, moved and ended; messages go bad, and people decide on them. */
const tell = async (store: PostgresStore): Promise<void> => {
  const good = { quarantined: [], blocked: [], said: [] };
  await store.ingest([arrives('e1'), arrives('e2', 'no business')], good);
  await store.ingest([arrives('bad1', 'quarantined'), arrives('bad2', 'quarantined')], {
    quarantined: [quarantined('bad1'), quarantined('bad2')],
    blocked: [row('blocked', { portfolio_id: 'P1', event_id: 'bad1', reason: 'unreadable' })],
    said: [said('bad1.dlq.1')],
  });
  await store.stillOpen(['e1']);
  await store.write(
    parts({
      created: [created],
      planned: [
        row('planned', {
          ...{ id: 'j1:Pay', journey_id: 'j1', name: 'Pay', kind: 'once', owner: 1, at_ms: 1_000 },
          request: '{}',
          reference: 'r1',
        }),
      ],
      said: [said('m1')],
      told: [row('told', { event_id: 'j1.1.1', content_hash: 'h', portfolio_id: 'P1', value: '{}' })],
      history: [line(1)],
      seen: [row('seen', { event_id: 'e1', note: 'n' })],
    }),
  );
  await store.load(['j1'], [{ flow: 'parcel', subject: 's1' }]);
  await store.write(parts({ closed: [closed({})] }));
  await store.write(
    parts({ postponed: [row('postponed', { id: 'j1:Pay', was: 'unknown', generation: 1, status: 'unknown', attempt: 2, due_ms: 1_000 })] }),
  );
  await store.write(parts({ checked: [row('checked', { id: 'j1', version: 1 })] }));
  await store.write(
    parts({
      moved: [moved(1, false)],
      closed: [closed({ generation: 2, status: 'sending', owner: 1, proof: 'absent', request: '{"again":1}', reference: 'r2' })],
      history: [line(2)],
    }),
  );
  await store.byReference(['r1', 'r2']);
  await store.openInbox(0, 10, []);
  await store.dueJourneys(10, READABLE);
  await store.dueEffects(0, 10, READABLE);
  await store.orphanedEffects(1, 10, READABLE);
  await store.newlyOverdue(10);
  await store.figures(READABLE);
  await store.blockedLanes();
  await store.replay('bad1', 'corrected', 'by anna');
  await store.write(
    parts({
      quarantined: [quarantined('bad1')],
      blocked: [row('blocked', { portfolio_id: 'P1', event_id: 'bad1', reason: 'unreadable' })],
    }),
  );
  await store.discard('bad1', 'by anna');
  await store.discard('bad2', 'by anna');
  await store.openDecidedLanes();
  await store.releaseLane('P1');
  await store.write(
    parts({
      moved: [moved(2, true)],
      closed: [closed({ generation: 2, status: 'applied', due_ms: null, result: '{"paid":"5"}', note: 'n' })],
      said: [said('m2')],
      history: [line(3)],
    }),
  );
  await store.unsentOutbox(0, 10);
  await store.setAside([{ eventId: 'm1', reason: 'MESSAGE_TOO_LARGE' }]);
  await store.sendAgain('m1', null, 'by anna');
  await store.markSent(['m1', 'm2']);
  await store.putOffOverdue(60_000);
  await store.dropHandled(3_650, 10);
};

/** What the store of this build says, in order, and which of its methods and parts the story took. */
export const recorded = async (): Promise<{ readonly statements: readonly KeptStatement[]; readonly methods: ReadonlySet<string> }> => {
  const statements: KeptStatement[] = [];
  const pool = {
    query: ({ text, values }: { readonly text: string; readonly values: readonly unknown[] }) => {
      statements.push({ text, values: values.map(keptValue) });
      return Promise.resolve({ rows: [] });
    },
  };
  const methods = new Set<string>();
  const store = new PostgresStore(pool as unknown as Pool, 1);
  const heard = new Proxy(store, {
    get: (target, name) => {
      methods.add(String(name));
      const method: unknown = Reflect.get(target, name);
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
  await tell(heard);
  return { statements, methods };
};
