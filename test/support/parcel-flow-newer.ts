/**
 * The next version of the parcel's flow: one more upgrade of its state, and one more status. A parcel is wrapped before it is shipped, and a
 * gift goes with it, which is a flow and a topic that the version before does not know.
 */
import { z } from 'zod';
import { go, ignored, type Flow } from '../../shared/kernel/flow.js';
import { bind, noPolicy, type Binding, type ServiceDefinition } from '../../shared/runtime/engine/definition.js';
import { busy, parcelThen, type Effects, type Input, type State } from './parcel-flow.js';

type NewerState = { status: State['status'] | 'Wrapping'; wanted: string; notes: number; paper: string };
type NewerSaid = { event: 'payout.finished'; data: { subject: string } } | { sends: 'gift'; subject: string; input: { type: 'Given' } };
const older = parcelThen('Done') as unknown as Flow<NewerState, Input, Effects, NewerSaid>;

const parcel: Flow<NewerState, Input, Effects, NewerSaid> = {
  ...older,
  opens: {
    ...older.opens,
    Wished: ({ wanted }) => ({ open: { status: 'Pricing', wanted, notes: 0, paper: 'plain' } }),
  },
  rows: {
    ...older.rows,
    Noting: {
      does: 'Note',
      whenUnknown: 'send-again',
      applied: ({ wanted }) => ({
        to: 'Wrapping',
        emits: [
          { event: 'payout.finished', data: { subject: wanted } },
          { sends: 'gift', subject: wanted, input: { type: 'Given' } },
        ],
      }),
      rejected: () => ({ hold: 'not noted' }),
      on: busy,
    },
    Wrapping: {
      waitsFor: 'the paper',
      overdueAfterHours: 1,
      looksAgain: { after: 'ship', then: go<NewerState>('Done') },
      on: { ...busy, Shipped: go<NewerState>('Done') },
    },
  },
};

type NoEffects = Readonly<Record<string, never>>;
const gift = bind<{ status: 'Given' }, { type: 'Given' }, NoEffects, never, null>({
  flow: {
    name: 'gift',
    ownedBy: 'the parcel desk',
    opens: { Given: () => ({ open: { status: 'Given' } }) },
    rows: { Given: { ends: 'given', on: { Given: ignored('given already') } } },
  },
  idPrefix: 'gi',
  personal: [],
  state: z.object({ status: z.literal('Given') }),
  policy: noPolicy,
  upgrades: [],
  oneJourneyPer: 'subject',
  effects: {},
  shows: () => null,
  intervalsMs: {},
});

const newerBinding = (binding: Binding): Binding => ({
  ...binding,
  flow: parcel as unknown as Binding['flow'],
  state: z.object({
    status: z.enum(['Pricing', 'Paying', 'Noting', 'Waiting', 'Wrapping', 'Done', 'Refused']),
    wanted: z.string(),
    notes: z.number(),
    paper: z.string(),
  }),
  upgrades: [...binding.upgrades, (old) => ({ ...old, state: { ...(old.state as object), paper: 'none' } })],
});

export const newerThan = (definition: ServiceDefinition): ServiceDefinition => ({
  ...definition,
  bindings: [...definition.bindings.map(newerBinding), gift],
  consumes: [
    ...definition.consumes,
    {
      topic: 'payout.finished',
      read: (event) => {
        const { subject } = z.object({ subject: z.string() }).parse(event.data);
        return { deliver: { flow: 'gift', subject, input: { type: 'Given' } }, portfolioId: event.portfolioId ?? '' };
      },
    },
  ],
});
