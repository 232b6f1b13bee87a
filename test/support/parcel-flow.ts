/** A small flow for tests of the engine, a parcel that is priced, paid, noted and shipped, and an outside world that keeps its own books. */
import { z } from 'zod';
import { go, hold, ignored, impossible, type Flow } from '../../shared/kernel/flow.js';
import type { Inquiry, OperationAbility, Outcome } from '../../shared/kernel/outcome.js';
import { bind, noPolicy, type Consume, type Timing } from '../../shared/runtime/engine/definition.js';

export type State = { status: 'Pricing' | 'Paying' | 'Noting' | 'Waiting' | 'Done' | 'Refused'; wanted: string; notes: number };
export type Input = { type: 'Wished'; wanted: string } | { type: 'Shipped' } | { type: 'Broken' };
export type Effects = {
  AskPrice: { kind: 'read'; result: { price: string }; reason: string };
  Pay: { kind: 'once'; result: { receipt: string }; reason: string };
  Note: { kind: 'by-key'; result: null; reason: string };
};
export type Said = { event: 'payout.finished'; data: { subject: string } };

export const busy = {
  Wished: (s: Pick<State, 'notes'>) => ({ stay: true as const, set: { notes: s.notes + 1 } }),
  Shipped: ignored('not yet'),
  Broken: impossible('cannot be'),
};
export const parcelThen = (then: 'Done' | 'Noting'): Flow<State, Input, Effects, Said> => ({
  name: 'parcel',
  ownedBy: 'the parcel desk',
  opens: {
    Wished: (input) => ({ open: { status: 'Pricing', wanted: input.wanted, notes: 0 } }),
    Shipped: () => ignored('nothing to ship'),
    Broken: () => impossible('cannot be'),
  },
  rows: {
    Pricing: { does: 'AskPrice', whenUnknown: 'send-again', applied: go<State>('Paying'), rejected: hold('no price'), on: busy },
    Paying: {
      does: 'Pay',
      whenUnknown: 'inquire',
      applied: go<State>('Noting'),
      rejected: (_s, _r, by) => (by === 'person' ? { to: 'Refused' } : { hold: 'refused' }),
      on: busy,
    },
    Noting: {
      does: 'Note',
      whenUnknown: 'send-again',
      applied: (s) => ({ to: 'Waiting', emits: [{ event: 'payout.finished', data: { subject: s.wanted } }] }),
      rejected: hold('not noted'),
      on: busy,
    },
    Waiting: {
      waitsFor: 'the ship',
      overdueAfterHours: 1,
      looksAgain: { after: 'ship', then: go<State>(then) },
      on: { ...busy, Shipped: go<State>('Done') },
    },
    Done: { ends: 'shipped', on: { Wished: ignored('over'), Shipped: ignored('over'), Broken: ignored('over') } },
    Refused: { ends: 'refused', on: { Wished: ignored('over'), Shipped: ignored('over'), Broken: ignored('over') } },
  },
});

const timing: Timing = { timeoutMs: 2_000, firstWaitMs: 20, longestWaitMs: 200, patienceMs: 60_000 };
export const ability: OperationAbility = {
  repeatable: 'after-inquiry',
  keyMemoryMs: null,
  longestLifeMs: 300,
  afterAbsence: 'same-key',
  source: 'the test',
};

/** The other side: its own books, and what it does to a request. */
export class World {
  readonly paid: string[] = [];
  readonly refused: string[] = [];
  readonly noted: string[] = [];
  next: 'fine' | 'apply-and-cut' | 'lose' | 'refuse' | 'hang' | 'late' = 'fine';
  once: typeof this.next | null = null;
  /** Lets what is late be answered. */
  answer: () => void = () => undefined;

  pay(key: string): Promise<Outcome<{ receipt: string }>> {
    const mood = this.once ?? this.next;
    this.once = null;
    if (mood === 'hang') return new Promise(() => undefined);
    if (mood === 'refuse') {
      this.refused.push(key);
      return Promise.resolve({ kind: 'rejected', reason: 'closed' });
    }
    if (mood === 'lose') return Promise.resolve({ kind: 'unknown', evidence: 'timeout' });
    this.paid.push(key);
    if (mood === 'late')
      return new Promise((resolve) => {
        this.answer = () => {
          resolve({ kind: 'applied', result: { receipt: `r-${key}` } });
        };
      });
    return Promise.resolve(
      mood === 'apply-and-cut' ? { kind: 'unknown', evidence: 'reset' } : { kind: 'applied', result: { receipt: `r-${key}` } },
    );
  }
  find(key: string): Promise<Inquiry<{ receipt: string }>> {
    if (this.paid.includes(key)) return Promise.resolve({ found: 'applied', result: { receipt: `r-${key}` } });
    return Promise.resolve(this.refused.includes(key) ? { found: 'rejected', reason: 'closed' } : { found: 'absent' });
  }
}

export const bindingOver = (world: World, shipMs: number, then: 'Done' | 'Noting') =>
  bind<State, Input, Effects, Said, null>({
    flow: parcelThen(then),
    idPrefix: 'pa',
    personal: [],
    state: z.object({
      status: z.enum(['Pricing', 'Paying', 'Noting', 'Waiting', 'Done', 'Refused']),
      wanted: z.string(),
      notes: z.number(),
    }),
    policy: noPolicy,
    upgrades: [],
    oneJourneyPer: 'subject',
    effects: {
      AskPrice: {
        kind: 'read',
        system: 'shop',
        timing,
        request: (s) => ({ wanted: s.wanted }),
        read: () => Promise.resolve({ kind: 'applied', result: { price: '5' } }),
      },
      Pay: {
        kind: 'once',
        perJourney: 'one',
        system: 'shop',
        timing,
        ability,
        request: (s, _j, key) => ({ wanted: s.wanted, key }),
        reference: (r: { key: string }) => r.key,
        send: (_r, sending) => world.pay(sending.key),
        inquire: (_r, sending) => world.find(sending.key),
        resultFromPerson: () => ({ receipt: 'by hand' }),
      },
      Note: {
        kind: 'by-key',
        perJourney: 'many',
        system: 'shop',
        timing,
        ability: { ...ability, repeatable: 'by-key' },
        request: (s) => ({ wanted: s.wanted }),
        send: (_r, sending) => {
          world.noted.push(sending.key);
          return Promise.resolve({ kind: 'applied', result: null });
        },
        inquire: () => Promise.resolve({ found: 'absent' }),
        resultFromPerson: () => null,
      },
    },
    shows: () => null,
    intervalsMs: { ship: shipMs },
  });

export const consumes: readonly Consume[] = [
  {
    topic: 'payout.requested',
    read: (event) => {
      const request = z.object({ request: z.string(), broken: z.boolean().optional(), shipped: z.boolean().optional() }).parse(event.data);
      const input: Input =
        request.broken === true
          ? { type: 'Broken' }
          : request.shipped === true
            ? { type: 'Shipped' }
            : { type: 'Wished', wanted: request.request };
      return { deliver: { flow: 'parcel', subject: request.request, input }, portfolioId: event.portfolioId ?? '' };
    },
  },
  { topic: 'core-banking.transfer-status', read: (event) => ({ notification: z.object({ key: z.string() }).parse(event.data).key }) },
  {
    topic: 'broker.cash-status',
    read: (event) => {
      const { key, request } = z.object({ key: z.string(), request: z.string() }).parse(event.data);
      return { deliverByReference: { reference: key, input: { type: 'Wished', wanted: request } as Input } };
    },
  },
  {
    topic: 'portfolio.changed',
    read: (event) => ({
      deliverTo: { journeyId: z.object({ journeyId: z.string() }).parse(event.data).journeyId, input: { type: 'Shipped' } },
      portfolioId: event.portfolioId ?? '',
    }),
  },
];
