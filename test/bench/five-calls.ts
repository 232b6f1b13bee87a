/** The journey of the engine's benchmark: five writes to one outside system, one after another. As small as a flow can be, all of the engine. */
import { z } from 'zod';
import { bind, noPolicy, type ServiceDefinition, type Timing } from '../../shared/runtime/engine/definition.js';
import { go, hold, ignored, type Flow } from '../../shared/kernel/flow.js';
import type { OperationAbility, Outcome } from '../../shared/kernel/outcome.js';

type Calls = 'First' | 'Second' | 'Third' | 'Fourth' | 'Fifth';
type State = { status: `${Calls}Call` | 'Done'; wanted: string; amount: string; account: string };
type Input = { type: 'Wished'; wanted: string };
type Effects = Record<Calls, { kind: 'by-key'; result: { receipt: string }; reason: string }>;
type Said = { event: 'payout.finished'; data: { wanted: string } };

const again = { Wished: ignored('it is known') };
const call = (name: Calls, next: State['status']) => ({
  does: name,
  whenUnknown: 'send-again' as const,
  applied: go<State>(next),
  rejected: hold('refused'),
  on: again,
});

const flow: Flow<State, Input, Effects, Said> = {
  name: 'five-calls',
  ownedBy: 'the benchmark',
  opens: {
    Wished: ({ wanted }) => ({ open: { status: 'FirstCall', wanted, amount: '125.50', account: 'NL00BENCH0123456789' } }),
  },
  rows: {
    FirstCall: call('First', 'SecondCall'),
    SecondCall: call('Second', 'ThirdCall'),
    ThirdCall: call('Third', 'FourthCall'),
    FourthCall: call('Fourth', 'FifthCall'),
    FifthCall: {
      ...call('Fifth', 'Done'),
      applied: (state) => ({ to: 'Done', emits: [{ event: 'payout.finished', data: { wanted: state.wanted } }] }),
    },
    Done: { ends: 'all five were made', on: again },
  },
};

const timing: Timing = { timeoutMs: 10_000, firstWaitMs: 250, longestWaitMs: 60_000, patienceMs: 3_600_000 };
const ability: OperationAbility = {
  repeatable: 'by-key',
  keyMemoryMs: null,
  longestLifeMs: 60_000,
  afterAbsence: 'same-key',
  source: 'the benchmark',
};

/** What one call sends, in the engine and in every floor. */
export const bodyOf = (wanted: string, key: string): string =>
  JSON.stringify({ key, wanted, amount: '125.50', currency: 'EUR', account: 'NL00BENCH0123456789' });

export type Call = (body: string) => Promise<{ readonly id: string }>;

const effectOver = (call: Call) => ({
  kind: 'by-key' as const,
  perJourney: 'one' as const,
  system: 'outside',
  timing,
  ability,
  request: (state: State, _journey: unknown, key: string) => ({ wanted: state.wanted, amount: state.amount, account: state.account, key }),
  send: async (request: { wanted: string; key: string }): Promise<Outcome<{ receipt: string }>> => {
    const { id } = await call(bodyOf(request.wanted, request.key));
    return { kind: 'applied', result: { receipt: id } };
  },
  inquire: () => Promise.resolve({ found: 'absent' as const }),
  resultFromPerson: () => ({ receipt: 'by hand' }),
});

const request = z.object({ wanted: z.string() });

/** A service of this flow alone; `call` makes one request and gives its answer. */
export const fiveCalls = (call: Call): ServiceDefinition => ({
  name: 'payout',
  bindings: [
    bind<State, Input, Effects, Said, null>({
      flow,
      idPrefix: 'fc',
      personal: [],
      state: z.object({
        status: z.enum(['FirstCall', 'SecondCall', 'ThirdCall', 'FourthCall', 'FifthCall', 'Done']),
        wanted: z.string(),
        amount: z.string(),
        account: z.string(),
      }),
      policy: noPolicy,
      upgrades: [],
      oneJourneyPer: 'subject',
      effects: {
        First: effectOver(call),
        Second: effectOver(call),
        Third: effectOver(call),
        Fourth: effectOver(call),
        Fifth: effectOver(call),
      },
      shows: () => null,
      intervalsMs: {},
    }),
  ],
  consumes: [
    {
      topic: 'payout.requested',
      read: (event) => {
        const { wanted } = request.parse(event.data);
        return {
          deliver: { flow: 'five-calls', subject: wanted, input: { type: 'Wished', wanted } },
          portfolioId: event.portfolioId ?? '',
        };
      },
    },
  ],
});
