/**
 * Promise: whatever is lost, late or crashes, a journey pays at most once, and says that it has paid exactly when it has.
 *
 * Method: one seed makes one history of one journey through the real tables (step, effect life). Time is a counter. The
 * bank is a model with its own books, and the books are the judge. Processes die with requests on their way, and one that
 * was given up may wake and still bring its answer. Each planted mistake has to be convicted by the same histories.
 */
import { describe, expect, it } from '@jest/globals';
import { dueMove, type EffectRecord, type LifeEvent, type LifeRules } from './effect-life.js';
import { go, hold, ignored, type Flow } from './flow.js';
import type { Inquiry, Outcome, Repeatable } from './outcome.js';
import { openJourney, step, type AnyFlow, type JourneyRecord, type Trigger, type RulesOf, type StepResult } from './step.js';

type State = { readonly status: 'Checking' | 'Paying' | 'Recording' | 'AwaitingCash' | 'Paid' | 'Refused'; readonly requested: number };
type Input = { readonly type: 'Requested' } | { readonly type: 'Cancelled' };
type Effects = {
  readonly Check: { readonly kind: 'read'; readonly result: boolean; readonly reason: string };
  readonly Pay: { readonly kind: 'once'; readonly result: null; readonly reason: string };
  readonly Record: { readonly kind: 'by-key'; readonly result: null; readonly reason: string };
};
const to = go<State>;
const requestedAgain = (state: State): { readonly stay: true; readonly set: { readonly requested: number } } => ({
  stay: true,
  set: { requested: state.requested + 1 },
});
const paying: Flow<State, Input, Effects> = {
  name: 'paying',
  ownedBy: 'nobody',
  opens: { Requested: () => ({ open: { status: 'Checking', requested: 1 } }), Cancelled: () => ignored('nothing is open') },
  rows: {
    Checking: {
      does: 'Check',
      whenUnknown: 'send-again',
      applied: (_s, enough) => (enough ? { to: 'Paying' } : { to: 'AwaitingCash' }),
      rejected: hold('cannot be read'),
      on: { Requested: to('Checking'), Cancelled: to('Refused') },
    },
    AwaitingCash: {
      waitsFor: 'cash',
      overdueAfterHours: 1,
      looksAgain: { after: 'cash', then: to('Checking') },
      on: { Requested: to('Checking'), Cancelled: to('Refused') },
    },
    Paying: {
      does: 'Pay',
      whenUnknown: 'inquire',
      applied: to('Recording'),
      rejected: to('Refused'),
      on: { Requested: requestedAgain, Cancelled: requestedAgain },
    },
    Recording: {
      does: 'Record',
      whenUnknown: 'send-again',
      applied: to('Paid'),
      rejected: hold('not recorded'),
      on: { Requested: requestedAgain, Cancelled: requestedAgain },
    },
    Paid: { ends: 'paid', on: { Requested: ignored('it has ended'), Cancelled: ignored('it has ended') } },
    Refused: { ends: 'not paid', on: { Requested: ignored('it has ended'), Cancelled: ignored('it has ended') } },
  },
};
const flow = paying as unknown as AnyFlow;

const prng = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

const LONGEST_LIFE_MS = 300;
const FAULTS_UNTIL_MS = 6_000;
const END_MS = 40_000;

type Mistake =
  | 'none'
  | 'resends an unknown'
  | 'believes absent before the longest life'
  | 'takes an orphan for planned'
  | 'takes any answer for the last one';
type World = { readonly repeatable: Repeatable; readonly mistake: Mistake };
type Verdict = { readonly payments: number; readonly status: string; readonly held: string | null; readonly open: string };
type Later = { readonly atMs: number; readonly run: () => void };

/** The bank: it keeps books, and under `by-key` it remembers what it was asked. */
class Bank {
  readonly books: string[] = [];
  readonly refused = new Set<string>();
  readonly #byKey: boolean;
  constructor(byKey: boolean) {
    this.#byKey = byKey;
  }
  arrive(key: string, refuses: boolean): Outcome<null> {
    if (this.#byKey && this.refused.has(key)) return { kind: 'rejected', reason: 'refused' };
    if (this.#byKey && this.books.includes(key)) return { kind: 'applied', result: null };
    if (refuses) {
      this.refused.add(key);
      return { kind: 'rejected', reason: 'refused' };
    }
    this.books.push(key);
    return { kind: 'applied', result: null };
  }
  find(key: string, undecided: boolean): Inquiry<null> {
    if (this.books.includes(key)) return undecided ? { found: 'pending', reference: key } : { found: 'applied', result: null };
    return this.refused.has(key) ? { found: 'rejected', reason: 'refused' } : { found: 'absent' };
  }
}

class History {
  readonly #world: World;
  readonly #random: () => number;
  readonly #bank: Bank;
  readonly #later: Later[] = [];
  readonly #rules: RulesOf;
  #nowMs = 0;
  #journey: JourneyRecord;

  constructor(seed: number, world: World) {
    this.#world = world;
    this.#random = prng(seed);
    this.#bank = new Bank(world.repeatable === 'by-key');
    const longestLifeMs = world.mistake === 'believes absent before the longest life' ? 0 : LONGEST_LIFE_MS;
    this.#rules = (name, row) => {
      const ability: LifeRules['ability'] =
        name === 'Pay'
          ? { repeatable: world.repeatable, longestLifeMs, afterAbsence: world.repeatable === 'by-key' ? 'same-key' : 'new-key' }
          : { repeatable: 'by-key', longestLifeMs: 0, afterAbsence: 'same-key' };
      return {
        kind: name === 'Pay' ? 'once' : name === 'Check' ? 'read' : 'by-key',
        perJourney: name === 'Pay' ? 'one' : 'many',
        life: { whenUnknown: row.whenUnknown, ability, firstWaitMs: 5, longestWaitMs: 80, patienceMs: 4_000 },
      };
    };
    const opened = openJourney(
      flow,
      { id: 'j', subject: 's', portfolioId: 'p' },
      { type: 'Requested' },
      { rulesOf: this.#rules, policy: null, nowMs: 0 },
    );
    if (opened.kind !== 'moved') throw new Error('does not open');
    this.#journey = opened.journey;
    this.#carryOut(opened);
  }

  #chance(p: number): boolean {
    return this.#nowMs < FAULTS_UNTIL_MS && this.#random() < p;
  }
  #delay(mostMs: number): number {
    return 1 + Math.floor(this.#random() * mostMs);
  }
  #in(waitMs: number, run: () => void): void {
    this.#later.push({ atMs: this.#nowMs + waitMs, run });
  }

  #step(trigger: Trigger): void {
    const stepResult = step(flow, this.#journey, trigger, { rulesOf: this.#rules, policy: null, nowMs: this.#nowMs });
    if (stepResult.kind === 'postponed') this.#journey = { ...this.#journey, effect: stepResult.effect };
    if (stepResult.kind !== 'moved') return;
    this.#journey = stepResult.journey;
    this.#carryOut(stepResult);
  }
  /** What follows a commit: a row that has just been entered, or a `Sending`, sends. The process may die right before. */
  #carryOut(stepResult: Extract<StepResult, { kind: 'moved' }>): void {
    const { effect } = stepResult.journey;
    if (effect?.status !== 'sending' || (!stepResult.planned && stepResult.closing?.status !== 'sending')) return;
    if (!this.#chance(0.08)) this.#send(effect);
  }

  #tell(effect: EffectRecord, event: LifeEvent): void {
    // A process that dies takes the answer with it; one that was only given up brings it later.
    if (this.#chance(0.08)) return;
    const waitMs = this.#chance(0.15) ? this.#delay(900) : this.#delay(10);
    this.#in(waitMs, () => {
      const mistaken =
        this.#world.mistake === 'takes any answer for the last one' && event.type === 'Answered' && this.#journey.effect !== null;
      this.#step({
        kind: 'effect',
        effectId: effect.id,
        event: mistaken && this.#journey.effect !== null ? { ...event, of: this.#journey.effect } : event,
      });
    });
  }

  #send(effect: EffectRecord): void {
    const answer = (outcome: Outcome<unknown>): void => {
      this.#tell(effect, { type: 'Answered', outcome, of: effect });
    };
    if (this.#chance(0.15)) answer({ kind: 'retryable', evidence: 'nothing left' });
    else if (effect.name === 'Check')
      answer(this.#chance(0.2) ? { kind: 'unknown', evidence: 'timeout' } : { kind: 'applied', result: !this.#chance(0.3) });
    else if (effect.name === 'Record')
      answer(this.#chance(0.2) ? { kind: 'unknown', evidence: 'timeout' } : { kind: 'applied', result: null });
    else this.#pay(`${effect.id}:${String(effect.generation)}`, answer);
  }
  #pay(key: string, answer: (outcome: Outcome<unknown>) => void): void {
    if (this.#chance(0.15)) answer({ kind: 'unknown', evidence: 'the request was lost' });
    else if (this.#chance(0.25)) {
      const refuses = this.#chance(0.1);
      this.#in(this.#delay(LONGEST_LIFE_MS - 1), () => {
        this.#bank.arrive(key, refuses);
      });
      answer({ kind: 'unknown', evidence: 'timeout; the request still travels' });
    } else {
      const said = this.#bank.arrive(key, this.#chance(0.1));
      if (this.#chance(0.3)) answer({ kind: 'unknown', evidence: 'the answer was lost' });
      else answer(said.kind === 'applied' && this.#chance(0.2) ? { kind: 'accepted', reference: key } : said);
    }
  }

  #inquire(effect: EffectRecord): void {
    const askedAtMs = this.#nowMs;
    const found = this.#bank.find(`${effect.id}:${String(effect.generation)}`, this.#chance(0.15));
    this.#tell(effect, {
      type: 'Inquired',
      inquiry: this.#chance(0.15) ? { found: 'no-answer', evidence: 'away' } : found,
      askedAtMs,
      of: effect,
    });
  }

  /** People take their time, look at the books and tell the truth. */
  #person(effect: EffectRecord): void {
    if (this.#nowMs - (effect.lastSentAtMs ?? 0) < 2 * LONGEST_LIFE_MS + 1_000) return;
    const said = this.#bank.books.length > 0 ? 'applied' : this.#random() < 0.5 ? 'send-again' : 'rejected';
    const inquiry = this.#bank.find(`${effect.id}:${String(effect.generation)}`, false);
    const asked = { inquiry, askedAtMs: this.#nowMs };
    this.#step({
      kind: 'effect',
      effectId: effect.id,
      event: { type: 'PersonSaid', said, generation: effect.generation, result: null, evidence: 'the books', asked },
    });
  }

  #mistaken(effect: EffectRecord): EffectRecord {
    const { mistake } = this.#world;
    if (mistake === 'takes an orphan for planned' && effect.status === 'sending')
      return { ...effect, status: 'planned', dueAtMs: this.#nowMs };
    return mistake === 'resends an unknown' && effect.status === 'unknown' ? { ...effect, status: 'planned' } : effect;
  }

  #due(effect: EffectRecord): void {
    const row = flow.rows[this.#journey.state.status];
    if (row === undefined || !('does' in row) || effect.dueAtMs === null || effect.dueAtMs > this.#nowMs) return;
    const move = dueMove(effect, this.#rules(effect.name, row).life);
    if (move === 'inquire') this.#inquire(effect);
    else if (move === 'send' && effect.kind === 'read') this.#send(effect);
    else if (move === 'send') this.#step({ kind: 'effect', effectId: effect.id, event: { type: 'Sending' } });
  }

  #tick(): void {
    const ready = this.#later.filter(({ atMs }) => atMs <= this.#nowMs);
    for (const one of ready) {
      this.#later.splice(this.#later.indexOf(one), 1);
      one.run();
    }
    if (this.#chance(0.03)) this.#step({ kind: 'input', input: { type: this.#random() < 0.8 ? 'Requested' : 'Cancelled' } });
    if (this.#journey.state.status === 'AwaitingCash' && this.#random() < 0.2) this.#step({ kind: 'look-again' });
    const present = this.#journey.effect;
    if (present?.status === 'sending' && (this.#chance(0.06) || this.#nowMs - (present.lastSentAtMs ?? 0) > 200)) {
      if (this.#world.mistake === 'takes an orphan for planned') this.#journey = { ...this.#journey, effect: this.#mistaken(present) };
      else this.#step({ kind: 'effect', effectId: present.id, event: { type: 'Orphaned' } });
    }
    if (this.#journey.effect?.status === 'unknown') this.#journey = { ...this.#journey, effect: this.#mistaken(this.#journey.effect) };
    const { effect } = this.#journey;
    if (effect?.status === 'parked') this.#person(effect);
    else if (effect !== null) this.#due(effect);
  }

  run(): Verdict {
    while (this.#nowMs < END_MS && (!this.#journey.ended || this.#later.length > 0)) {
      this.#nowMs += this.#delay(20);
      this.#tick();
    }
    const { state, held, effect } = this.#journey;
    return { payments: this.#bank.books.length, status: state.status, held, open: effect?.status ?? 'none' };
  }
}

const twiceIn = (world: World, seeds: number): readonly number[] => {
  const twice: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) if (new History(seed, world).run().payments > 1) twice.push(seed);
  return twice;
};

describe('a payment under faults', () => {
  it.each<[Repeatable, number]>([
    ['after-inquiry', 12_000],
    ['by-key', 4_000],
    ['never', 4_000],
  ])('the bank repeats %s: nobody is paid twice, nobody is forgotten, in %i histories', (repeatable, seeds) => {
    const wrong: unknown[] = [];
    const ends = { Paid: 0, Refused: 0 };
    for (let seed = 1; seed <= seeds; seed++) {
      const verdict = new History(seed, { repeatable, mistake: 'none' }).run();
      const right = verdict.status === 'Paid' ? verdict.payments === 1 : verdict.status === 'Refused' && verdict.payments === 0;
      if (!right) wrong.push({ seed, ...verdict });
      else ends[verdict.status === 'Paid' ? 'Paid' : 'Refused']++;
    }
    expect(wrong).toEqual([]);
    // Both ends are reached often: the faults do not keep payments from being tried.
    expect(Math.min(ends.Paid, ends.Refused)).toBeGreaterThan(seeds / 20);
  });
  it.each<[Exclude<Mistake, 'none'>, Repeatable]>([
    ['resends an unknown', 'after-inquiry'],
    ['believes absent before the longest life', 'after-inquiry'],
    ['takes an orphan for planned', 'after-inquiry'],
    ['takes an orphan for planned', 'never'],
    ['takes any answer for the last one', 'after-inquiry'],
  ])('convicts an engine that %s, where the bank repeats %s', (mistake, repeatable) => {
    const seeds = 2_000;
    const twice = twiceIn({ repeatable, mistake }, seeds);
    expect({ mistake, convicted: twice.length > 0, of: seeds }).toEqual({ mistake, convicted: true, of: seeds });
  });
});
