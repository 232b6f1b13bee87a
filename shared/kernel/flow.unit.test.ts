/**
 * What a flow table must not be able to say. Each `@ts-expect-error` is a test of the type-check: when the table below it
 * compiles, the type-check fails.
 */
import { describe, expect, it } from '@jest/globals';
import { Bug, unreachable } from './bug.js';
import { go, hold, ignored, impossible, type Flow, type Row } from './flow.js';

type State = { readonly status: 'Reading' | 'Paying' | 'Waiting' | 'Done'; readonly note: string | null };
type Input = { readonly type: 'Requested'; readonly amount: string } | { readonly type: 'Cancelled' };
type Effects = {
  readonly Read: { readonly kind: 'read'; readonly result: { readonly cash: string }; readonly reason: 'gone' };
  readonly Pay: { readonly kind: 'once'; readonly result: null; readonly reason: 'refused' };
  readonly Announce: { readonly kind: 'by-key'; readonly result: null; readonly reason: never };
};
type Emitted = { readonly event: 'paid'; readonly data: { readonly amount: string } };
type Toy = Flow<State, Input, Effects, Emitted>;
type ToyRow = Row<State, Input, Effects, Emitted, unknown>;

const quiet = { Requested: ignored('nothing changes'), Cancelled: ignored('nothing changes') };
const reading: ToyRow = {
  does: 'Read',
  whenUnknown: 'send-again',
  applied: (_state, result) => ({ to: 'Paying', set: { note: result.cash } }),
  rejected: go<State>('Done'),
  on: { ...quiet, Cancelled: go<State>('Done') },
};
const paying: ToyRow = {
  does: 'Pay',
  whenUnknown: 'inquire',
  applied: () => ({ to: 'Done', emits: [{ event: 'paid', data: { amount: '1' } }] }),
  rejected: hold('refused'),
  on: { Requested: (_state, input) => ({ stay: true, set: { note: input.amount } }), Cancelled: hold('cancelled while it is paid') },
};
const waiting: ToyRow = {
  waitsFor: 'cash',
  overdueAfterHours: 1,
  looksAgain: { after: 'cash', then: go<State>('Reading') },
  on: { Requested: go<State>('Reading'), Cancelled: go<State>('Done') },
};
const done: ToyRow = { ends: 'paid', on: { Requested: impossible('it has ended'), Cancelled: ignored('it has ended') } };
const opens: Toy['opens'] = {
  Requested: (input) => ({ open: { status: 'Reading', note: input.amount } }),
  Cancelled: () => ignored('nothing is open'),
};

const whole: Toy = { name: 'toy', ownedBy: 'nobody', opens, rows: { Reading: reading, Paying: paying, Waiting: waiting, Done: done } };

const refused = {
  // @ts-expect-error A row is missing.
  missingRow: { Reading: reading, Paying: paying, Waiting: waiting } satisfies Toy['rows'],
  // @ts-expect-error A row that no status has.
  surplusRow: { Reading: reading, Paying: paying, Waiting: waiting, Done: done, Gone: done } satisfies Toy['rows'],
  missingCells: [
    // @ts-expect-error A cell is missing in a row that ends.
    { ends: 'paid', on: { Requested: ignored('it has ended') } } satisfies ToyRow,
    // @ts-expect-error A cell is missing in a row that acts.
    { ...reading, on: { Requested: ignored('nothing changes') } } satisfies ToyRow,
    // @ts-expect-error A cell is missing in a row that waits.
    { ...waiting, on: { Cancelled: go<State>('Done') } } satisfies ToyRow,
    // @ts-expect-error A cell for an input that does not exist.
    { ends: 'paid', on: { ...quiet, Raised: ignored('no') } } satisfies ToyRow,
    // @ts-expect-error A default is no answer.
    { ends: 'paid', on: { default: ignored('all the rest') } } satisfies ToyRow,
  ],
  misspeltTargets: [
    // @ts-expect-error An input leads to a status that does not exist.
    { ...waiting, on: { Requested: () => ({ to: 'Raeding' }), Cancelled: go<State>('Done') } } satisfies ToyRow,
    // @ts-expect-error An outcome leads to a status that does not exist.
    { ...reading, applied: () => ({ to: 'Payed' }) } satisfies ToyRow,
    // @ts-expect-error Looking again leads to a status that does not exist.
    { ...waiting, looksAgain: { after: 'cash', then: () => ({ to: 'Red' }) } } satisfies ToyRow,
    // @ts-expect-error A journey opens in a status that does not exist.
    { ...opens, Requested: () => ({ open: { status: 'Raeding', note: null } }) } satisfies Toy['opens'],
  ],
  effects: [
    // @ts-expect-error A misspelt effect.
    { ...reading, does: 'Raed' } satisfies ToyRow,
    // @ts-expect-error No answer to `rejected`.
    { does: 'Pay', whenUnknown: 'inquire', applied: go<State>('Done'), on: quiet } satisfies ToyRow,
    // @ts-expect-error No answer to `applied`.
    { does: 'Pay', whenUnknown: 'inquire', rejected: hold('refused'), on: quiet } satisfies ToyRow,
    // @ts-expect-error What happens when nobody knows is not said.
    { does: 'Pay', applied: go<State>('Done'), rejected: hold('refused'), on: quiet } satisfies ToyRow,
    // @ts-expect-error A `once` effect is never simply sent again.
    { does: 'Pay', whenUnknown: 'send-again', applied: go<State>('Done'), rejected: hold('refused'), on: quiet } satisfies ToyRow,
    // @ts-expect-error The result of another effect.
    // prettier-ignore
    { ...reading, applied: (_state: State, result: { readonly paid: string }) => ({ to: 'Done' as const, set: { note: result.paid } }) } satisfies ToyRow,
  ],
  leadingAway: [
    // @ts-expect-error An input leads away while a payment may be on its way.
    // prettier-ignore
    { does: 'Pay', whenUnknown: 'inquire', applied: go<State>('Done'), rejected: hold('refused'), on: { ...quiet, Cancelled: go<State>('Done') } } satisfies ToyRow,
    // @ts-expect-error The same for an effect by key.
    // prettier-ignore
    { does: 'Announce', whenUnknown: 'send-again', applied: go<State>('Done'), rejected: go<State>('Done'), on: { ...quiet, Requested: go<State>('Reading') } } satisfies ToyRow,
  ],
  wrongWords: [
    // @ts-expect-error A member that the state does not have.
    { ...waiting, on: { Requested: () => ({ to: 'Reading', set: { nota: 'x' } }), Cancelled: go<State>('Done') } } satisfies ToyRow,
    // @ts-expect-error A status is not set past `to`.
    { ...waiting, on: { Requested: () => ({ to: 'Reading', set: { status: 'Done' } }), Cancelled: go<State>('Done') } } satisfies ToyRow,
    // @ts-expect-error An event that this flow does not say.
    { ...paying, applied: () => ({ to: 'Done', emits: [{ event: 'payed', data: { amount: '1' } }] }) } satisfies ToyRow,
    // @ts-expect-error Ignored without a reason.
    { ends: 'paid', on: { ...quiet, Requested: {} } } satisfies ToyRow,
    // @ts-expect-error Nobody answers for it.
    { name: 'toy', opens, rows: whole.rows } satisfies Toy,
  ],
};

describe('a flow table', () => {
  it('compiles whole, and only whole', () => {
    expect(Object.keys(whole.rows)).toEqual(['Reading', 'Paying', 'Waiting', 'Done']);
    // The rest of this test is the type-check of the tables above; none of them may be lost from it.
    expect(Object.values(refused).flat()).toHaveLength(24);
  });
  it('gives short words for cells', () => {
    expect([go<State>('Done')(), hold('why')(), ignored('why'), impossible('why')]).toEqual([
      { to: 'Done' },
      { hold: 'why' },
      { ignored: 'why' },
      { impossible: 'why' },
    ]);
  });
});

describe('a bug', () => {
  it('is an error of its own kind', () => {
    expect(() => unreachable('odd' as never)).toThrow(new Bug('unreachable: odd'));
    expect(new Bug('x')).toMatchObject({ name: 'Bug', message: 'x' });
  });
});
