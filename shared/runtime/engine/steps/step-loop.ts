/**
 * The loops of a process: step, send, say. Taking in is inbox-writer.ts, what memory does not know is sweep.ts.
 *
 * Step: whatever is ready, at most one step per lane, at most 500 a statement, at most two statements in flight, no timer:
 * under load batches grow by themselves, alone there is no waiting. A statement that fails for a row's sake is cut in
 * parts, so that a bad row cannot fail its neighbours.
 */
import { Bug } from '../../../kernel/bug.js';
import { dueMove, type EffectRecord, type LifeEvent } from '../../../kernel/effect-life.js';
import { Recent } from '../../../kernel/recent.js';
import { openJourney, step, type JourneyRecord, type Stepped } from '../../../kernel/step.js';
import type { Log } from '../../process/log.js';
import { Batch, type Written } from './batch.js';
import type { Catalogue } from '../catalogue.js';
import { Floods, Patience } from '../failure-rate.js';
import type { Clock } from '../clock.js';
import { derivedId } from '../identity.js';
import { Lanes, eventIdOf, type InputAddress, type Item } from './lanes.js';
import type { Sayer } from '../outbox/outbox-publisher.js';
import type { Sender } from '../effects/effect-runner.js';
import {
  DatabaseAway,
  Stale,
  type EarlierRequest,
  type EngineStore,
  type OutboxRow,
  type Referenced,
  type StoredEffect,
  type StoredJourney,
} from '../store/store.js';

export type EngineOptions = {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly sender: Sender;
  readonly sayer: Sayer;
  readonly clock: Clock;
  readonly log: Log;
  readonly ownerId: () => number;
  readonly passes: Passes;
  /** How often one step is tried while most fail. */
  readonly tryEveryMs?: number;
  /** Journeys kept in memory; default 20,000. */
  readonly mostRemembered?: number;
};

/** The boundaries at which a process may die: before and after each commit, each send, each publication. */
export type CrashPoint =
  | 'before-step-commit'
  | 'after-step-commit'
  | 'before-send'
  | 'after-answer'
  | 'before-publish'
  | 'after-publish'
  | 'before-take-in'
  | 'after-take-in';
/**
 * Named moments at which a test lets the process die; does nothing in production. `about` says what the moment is about: the
 * statuses a commit leads to, the effect that is sent or was answered, the topics of what is taken in or published.
 */
export type Passes = (point: CrashPoint, about: () => readonly string[]) => void;

const MOST_PER_STATEMENT = 500;
const MOST_STATEMENTS = 2;
const MOST_REMEMBERED = 20_000;
/** Waits up to here are kept in memory; longer ones are found by the sweep. */
const LONGEST_TIMER_MS = 5_000;
/** Of halves, as much would fail again as has failed; of eighths, a seventh of it. */
const PARTS_OF_A_FAILED = 8;
const MOST_TRIES = 50;
/** A journey that cannot be looked at is not looked at again for so long: each time costs its neighbours a statement cut in parts. */
const LOOK_FAILED_MS = 600_000;
/** A look that is queued is not queued twice. */
const LOOK_QUEUED_MS = 60_000;
/** How long nothing is taken for new after something was not, or may not have been. Longer than the longest pause between two tries. */
const CAREFUL_MS = 5_000;

type Decided = {
  readonly item: Item;
  readonly journey: StoredJourney | null;
  readonly stepped:
    Stepped | { readonly kind: 'work'; readonly move: 'send' | 'inquire' } | { readonly kind: 'bug'; readonly error: unknown };
};

const pause = (waitMs: number, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    clock.after(waitMs, resolve);
  });

/** People may answer on old news: before their word is taken, the other side is asked. */
const asksFirst = (event: LifeEvent): boolean => event.type === 'PersonSaid' && event.asked === undefined;

const isFound = (event: LifeEvent): boolean => event.type === 'Inquired' && event.inquiry.found === 'applied';

/** Another copy may have parked the effect without a new version of its journey: what people say is judged by what is stored. */
const isOfPeople = (item: Item): boolean => item.kind === 'effect' && item.event.type === 'PersonSaid';

/** The journeys of one batch. Memory is bounded: what is looked up for one item may push out what another one was found by. */
type Held = { readonly journeys: Map<string, StoredJourney>; readonly open: Map<string, string> };
const NOTHING_HELD: Held = { journeys: new Map(), open: new Map() };
const openKey = ({ flow, subject }: { readonly flow: string; readonly subject: string }): string => `${flow}|${subject}`;
const hold = (held: Held, journey: StoredJourney): void => {
  held.journeys.set(journey.id, journey);
  if (!journey.ended) held.open.set(openKey(journey), journey.id);
};

export class Engine {
  readonly #o: EngineOptions;
  readonly #lanes = new Lanes();
  readonly #journeys: Recent<StoredJourney>;
  readonly #open = new Map<string, string>();
  /** Effects this process is sending or asking about. */
  readonly #inHand = new Set<string>();
  /** Effects with a timer in memory; a timer whose token was replaced does nothing. */
  readonly #waiting = new Map<string, symbol>();
  readonly #hinted = new Set<string>();
  /** Events in memory, so that the sweep leaves them alone. */
  readonly #events = new Set<string>();
  /** Events that left memory while the database was asked which are open. */
  readonly #releasedMeanwhile = new Set<Set<string>>();
  #blocked: ReadonlySet<string> = new Set();
  /** Lanes that were blocked while the database was asked which are. */
  readonly #blockedMeanwhile = new Set<Set<string>>();
  /** Messages that ended in quarantine, by topic and partition. */
  readonly partitions: Floods;
  /** Steps that were bugs, by flow and occasion. */
  readonly #occasions: Floods;
  readonly #patience: Patience;
  #trying = false;
  #callOffPump: (() => void) | null = null;
  readonly #notLookedAtBeforeMs = new Map<string, number>();
  #carefulUntilMs = 0;
  #statements = 0;
  #pumping = false;
  #stopping = false;
  #emptied: (() => void)[] = [];

  constructor(options: EngineOptions) {
    this.#o = options;
    this.#journeys = new Recent(options.mostRemembered ?? MOST_REMEMBERED, (_id, journey) => {
      this.#closeIfOpen(journey);
    });
    this.partitions = new Floods(options.clock);
    this.#occasions = new Floods(options.clock);
    this.#patience = new Patience(options.clock, options.tryEveryMs);
  }

  /** Items in memory; taking in waits while it is high. */
  get load(): number {
    return this.#lanes.size;
  }
  get idle(): boolean {
    return this.#lanes.size === 0 && this.#lanes.busy === 0 && this.#o.sender.underWay === 0;
  }

  /** Of what `look` finds open: what is not in memory, and was not while it looked. What was handled meanwhile would be found stale, at a cost to all. */
  async notInMemory<R extends { readonly eventId: string }>(look: () => Promise<readonly R[]>): Promise<readonly R[]> {
    const meanwhile = new Set<string>();
    this.#releasedMeanwhile.add(meanwhile);
    try {
      return (await look()).filter(({ eventId }) => !this.#events.has(eventId) && !meanwhile.has(eventId));
    } finally {
      this.#releasedMeanwhile.delete(meanwhile);
    }
  }
  #dropEvent(eventId: string): void {
    this.#events.delete(eventId);
    for (const meanwhile of this.#releasedMeanwhile) meanwhile.add(eventId);
  }
  hasEffect(effectId: string): boolean {
    return this.#inHand.has(effectId) || this.#waiting.has(effectId);
  }

  /** Not null: most steps of some kind are bugs of ours. Nothing is taken in, and a step is only tried now and then. */
  get waitsBecause(): string | null {
    const kinds = this.#occasions.high;
    return kinds.length === 0 ? null : `most steps fail: ${kinds.join(', ')}`;
  }

  /** Asks the database which lanes are blocked. */
  async refreshBlocked(): Promise<void> {
    const meanwhile = new Set<string>();
    this.#blockedMeanwhile.add(meanwhile);
    try {
      const lanes = await this.#o.store.blockedLanes();
      this.#blocked = meanwhile.size === 0 ? lanes : new Set([...lanes, ...meanwhile]);
      for (const lane of this.#blocked) this.#block(lane);
    } finally {
      this.#blockedMeanwhile.delete(meanwhile);
    }
  }

  #block(lane: string): void {
    for (const item of this.#lanes.dropInputs(lane)) if (item.kind === 'input') this.#dropEvent(item.eventId);
  }

  enqueue(item: Item): void {
    if (item.kind === 'input') {
      if (this.#events.has(item.eventId) || this.#blocked.has(item.lane)) return;
      this.#events.add(item.eventId);
    }
    if (item.kind === 'look-again') {
      const nowMs = this.#o.clock.monotonicMs();
      if ((this.#notLookedAtBeforeMs.get(item.journeyId) ?? 0) > nowMs) return;
      this.#notLookedAtBeforeMs.set(item.journeyId, nowMs + LOOK_QUEUED_MS);
    }
    this.#lanes.push(item);
    this.#pump();
  }

  /** News about an effect: it is looked at now, or right after the answer that is on its way. */
  lookNow(effect: Omit<Referenced, 'reference' | 'status'>): void {
    const { earlier } = effect;
    if (earlier !== null) {
      const { portfolioId: lane, journeyId, effectId } = effect;
      this.enqueue({ kind: 'due-effect', lane, journeyId, effectId, earlier, tries: 0 });
      return;
    }
    if (this.#inHand.has(effect.effectId)) {
      this.#hinted.add(effect.effectId);
      return;
    }
    this.#waiting.delete(effect.effectId);
    this.enqueue({ kind: 'due-effect', lane: effect.portfolioId, journeyId: effect.journeyId, effectId: effect.effectId, tries: 0 });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    // One turn later: everything that arrives in this turn travels in the same statement.
    this.#o.clock.soon(() => {
      this.#pumping = false;
      while (this.#statements < MOST_STATEMENTS) {
        const items = this.#lanes.take(this.#mostNow());
        if (items.length === 0) break;
        this.#statements++;
        void this.#run(items).finally(() => {
          this.#statements--;
          this.#trying = false;
          this.#pump();
          if (this.idle) for (const resolve of this.#emptied.splice(0)) resolve();
        });
      }
    });
  }

  /** How many steps may be taken: all that are ready, or one, or none, while most fail. */
  #mostNow(): number {
    if (this.waitsBecause === null) {
      this.#patience.end();
      return MOST_PER_STATEMENT;
    }
    if (this.#statements === 0 && this.#lanes.size > 0 && this.#patience.mayTry()) {
      this.#trying = true;
      return 1;
    }
    if (this.#callOffPump === null && !this.#stopping)
      this.#callOffPump = this.#o.clock.after(Math.max(10, this.#patience.leftMs), () => {
        this.#callOffPump = null;
        this.#pump();
      });
    return 0;
  }

  #occasionOf({ item, journey }: Pick<Decided, 'item' | 'journey'>): string {
    const flow = journey?.flow ?? (item.kind === 'input' && 'flow' in item.to ? item.to.flow : 'unknown');
    return `${flow} ${item.kind === 'input' ? item.input.type : item.kind === 'effect' ? `${journey?.effect?.name ?? ''} ${item.event.type}` : item.kind}`;
  }

  /** Counts what was decided; a flood that begins is told. */
  #note(kind: string, failed: number, of: number): void {
    const flood = this.#occasions.of(kind);
    const before = flood.isWith(0, 0);
    flood.note(failed, of);
    if (!before && flood.is)
      this.#o.log.error(
        { alarm: 'flood', kind },
        'most steps of a kind fail: a bug of ours; nothing more is taken in until that is mended',
      );
  }

  /** Bugs that would make a flood are not written, which would stop one lane after the other: their items wait in memory and in the inbox. */
  #heldBack(decided: readonly Decided[]): readonly Decided[] {
    if (this.#trying || !decided.some(({ stepped }) => stepped.kind === 'bug')) return decided;
    const counts = this.#counted(decided);
    const held = new Set(
      [...counts].filter(([kind, { failed, of }]) => failed > 0 && this.#occasions.of(kind).isWith(failed, of)).map(([kind]) => kind),
    );
    if (held.size === 0) return decided;
    for (const kind of held) {
      const failed = counts.get(kind)?.failed ?? 0;
      this.#note(kind, failed, failed);
    }
    return decided.filter((one) => {
      if (one.stepped.kind !== 'bug' || !held.has(this.#occasionOf(one))) return true;
      this.#o.log.error({ err: one.stepped.error, lane: one.item.lane }, 'a decision failed, as most do: it is held back');
      this.#lanes.putBack(one.item);
      return false;
    });
  }

  #counted(decided: readonly Decided[]): ReadonlyMap<string, { failed: number; of: number }> {
    const counts = new Map<string, { failed: number; of: number }>();
    for (const one of decided) {
      if (one.stepped.kind === 'work' || one.stepped.kind === 'postponed') continue;
      const kind = this.#occasionOf(one);
      const count = counts.get(kind) ?? { failed: 0, of: 0 };
      count.of++;
      if (one.stepped.kind === 'bug') count.failed++;
      counts.set(kind, count);
    }
    return counts;
  }

  async #run(items: readonly Item[]): Promise<void> {
    try {
      await this.#stepAll(items);
    } catch (error) {
      // Nothing of this batch is known to be written. The items come back from the database by the sweep.
      this.#o.log.error({ err: error, items: items.length }, 'a batch of steps was given up; the sweep takes it up again');
      for (const item of items) {
        this.#forgetItem(item);
        this.#lanes.release(item.lane);
      }
    }
  }

  #forgetItem(item: Item): void {
    if (item.kind === 'input') this.#dropEvent(item.eventId);
    if (item.kind === 'effect' || item.kind === 'due-effect') this.#inHand.delete(item.effectId);
    if (item.kind === 'look-again') this.#notLookedAtBeforeMs.delete(item.journeyId);
    if (item.kind !== 'input') this.#forget(item.journeyId);
  }

  async #stepAll(items: readonly Item[]): Promise<void> {
    let remaining = items;
    for (let attempt = 0; remaining.length > 0; attempt++) {
      try {
        const decided = this.#heldBack(await this.#decideAll(remaining));
        // What was put back is in its lane again: should the write fail, it is not this batch's any more.
        remaining = decided.map(({ item }) => item);
        await this.#write(decided);
        return;
      } catch (error) {
        if (error instanceof DatabaseAway) {
          // Kept in hand, never thrown away: an answer that was received must be written when the database is back.
          // The commit may have been made and only its answer lost: then nothing of it is new any more.
          this.#beCareful();
          await this.#whileAway(error, remaining.length, attempt);
        } else if (error instanceof Stale) {
          remaining = await this.#refresh(remaining);
        } else if (remaining.length > 1) {
          await this.#stepInParts(remaining);
          return;
        } else {
          await this.#poisonOne(remaining, error);
          return;
        }
        if (this.#stopping && attempt > 20) throw error;
      }
    }
  }

  /** Each part answers for itself: one that is given up takes nothing back that another has written. */
  async #stepInParts(items: readonly Item[]): Promise<void> {
    const most = Math.ceil(items.length / PARTS_OF_A_FAILED);
    for (let from = 0; from < items.length; from += most) await this.#run(items.slice(from, from + most));
  }

  async #whileAway(error: DatabaseAway, items: number, attempt: number): Promise<void> {
    this.#o.log.warn({ reason: error.message, items }, 'the database is away; waiting');
    await pause(Math.min(2_000, 100 * 2 ** Math.min(attempt, 5)), this.#o.clock);
  }

  /** Which of them are not handled yet. Waits for the database as a write does: given up, an answer beside them would be lost. */
  async #stillOpen(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (eventIds.length === 0) return new Set();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#o.store.stillOpen(eventIds);
      } catch (error) {
        if (!(error instanceof DatabaseAway) || (this.#stopping && attempt > 20)) throw error;
        await this.#whileAway(error, eventIds.length, attempt);
      }
    }
  }

  /** Somebody else moved one of the journeys or handled one of the events: what memory knows is given up and looked up again. */
  async #refresh(items: readonly Item[]): Promise<readonly Item[]> {
    this.#beCareful();
    for (const journeyId of this.#journeyIds(items)) this.#forget(journeyId);
    const eventIds = items.map(eventIdOf).filter((eventId) => eventId !== null);
    const stillOpen = await this.#stillOpen(eventIds);
    const handled: Item[] = [];
    const remaining = items.filter((item) => {
      item.tries++;
      const eventId = eventIdOf(item);
      if (eventId !== null && !stillOpen.has(eventId)) {
        handled.push(item);
        this.#release(item);
        return false;
      }
      if (item.tries > MOST_TRIES) throw new Bug(`a step found its journey stale ${String(MOST_TRIES)} times`);
      return true;
    });
    if (handled.length > 0) await this.#lookAfter(handled);
    return remaining;
  }

  /** It may have been ourselves who handled them, in a commit whose answer was lost: then what it began is not under way, and nobody else knows. */
  async #lookAfter(handled: readonly Item[]): Promise<void> {
    const open = handled.flatMap((item) => (item.kind === 'input' && 'flow' in item.to ? [item.to] : []));
    try {
      for (const journey of await this.#o.store.load(this.#journeyIds(handled), open)) this.#learn(this.#checked(journey));
    } catch (error) {
      if (!(error instanceof DatabaseAway)) throw error;
      this.#o.log.warn({ reason: error.message }, 'what was handled is not looked at again; the sweep does it later');
    }
  }

  #journeyIds(items: readonly Item[]): string[] {
    return items.flatMap((item) => {
      if (item.kind !== 'input') return [item.journeyId];
      if ('journeyId' in item.to) return [item.to.journeyId];
      const open = this.#open.get(openKey(item.to));
      return [open, this.#idFor(item, item.to)].filter((id): id is string => id !== undefined);
    });
  }

  #release(item: Item): void {
    if (item.kind === 'look-again') this.#notLookedAtBeforeMs.delete(item.journeyId);
    if (item.kind === 'input') this.#dropEvent(item.eventId);
    if (item.kind === 'effect' && item.isEarlier !== true) this.#inHand.delete(item.effectId);
    this.#lanes.release(item.lane);
  }

  async #poisonOne(items: readonly Item[], error: unknown): Promise<void> {
    const [item] = items;
    if (item === undefined) return;
    this.#o.log.error(
      { err: error, lane: item.lane, kind: item.kind },
      'a step cannot be written: its lane is stopped and a person is called',
    );
    await this.#write(this.#heldBack([{ item, journey: null, stepped: { kind: 'bug', error } }]));
  }

  #idFor(item: Extract<Item, { kind: 'input' }>, to: Extract<InputAddress, { flow: string }>): string {
    const { oneJourneyPer, idPrefix } = this.#o.catalogue.binding(to.flow);
    const one = oneJourneyPer === 'subject' ? to.subject : oneJourneyPer === 'event' ? item.eventId : oneJourneyPer(item.input, to.subject);
    return derivedId(`${idPrefix}-`, `${to.flow}|${one}`);
  }

  /**
   * What opens a journey that memory does not know is taken for the first of its kind, without looking it up: the insert fails
   * as stale if it was not, and then everything is looked up for a while. Anything else is judged by what is stored.
   */
  #opening(item: Item): Decided | null {
    if (item.kind !== 'input' || !('flow' in item.to) || item.tries > 0 || this.#o.clock.monotonicMs() < this.#carefulUntilMs) return null;
    if (this.#find(item, NOTHING_HELD) !== null) return null;
    const decided = this.#decide(item, null);
    // The database can only refuse a second one that is open.
    return decided.stepped.kind === 'moved' && !decided.stepped.journey.ended ? decided : null;
  }

  #beCareful(): void {
    this.#carefulUntilMs = this.#o.clock.monotonicMs() + CAREFUL_MS;
  }

  async #decideAll(items: readonly Item[]): Promise<Decided[]> {
    const ids = new Set<string>();
    const open: { flow: string; subject: string }[] = [];
    const openings = new Map<Item, Decided>();
    const held: Held = { journeys: new Map(), open: new Map() };
    for (const item of items) {
      const opening = this.#opening(item);
      if (opening !== null) {
        openings.set(item, opening);
        continue;
      }
      for (const id of this.#journeyIds([item])) {
        const journey = this.#journeys.get(id);
        if (journey === undefined || isOfPeople(item) || this.#isNewsTo(journey, item)) ids.add(id);
        else hold(held, journey);
      }
      if (item.kind === 'input' && 'flow' in item.to && !this.#open.has(openKey(item.to))) open.push(item.to);
    }
    if (ids.size + open.length > 0)
      for (const stored of await this.#o.store.load([...ids], open)) {
        const journey = this.#checked(stored);
        this.#learn(journey);
        hold(held, journey);
      }
    return items.map((item) => openings.get(item) ?? this.#decide(item, this.#find(item, held)));
  }

  /**
   * An effect is due that memory takes for one on its way, and we are not sending it: another copy, or a former life's late
   * commit, has written since, without a new version of its journey. Only the database knows.
   */
  #isNewsTo({ effect }: StoredJourney, item: Item): boolean {
    if (item.kind !== 'due-effect' || item.earlier !== undefined || effect?.id !== item.effectId) return false;
    return effect.status === 'sending' && !this.#inHand.has(effect.id);
  }

  /**
   * A commit whose answer was lost leaves an effect that is being sent by us, and of which we know nothing: it may or may
   * not have left with an earlier answer, so it is orphaned at once instead of after the sweep's two minutes.
   */
  #learn(journey: StoredJourney): void {
    this.#remember(journey);
    const { effect } = journey;
    if (effect?.status !== 'sending' || effect.owner !== this.#o.ownerId() || this.#inHand.has(effect.id)) return;
    this.enqueue({
      kind: 'effect',
      lane: journey.portfolioId,
      journeyId: journey.id,
      effectId: effect.id,
      event: { type: 'Orphaned' },
      eventId: null,
      tries: 0,
    });
  }

  /** Parses a loaded state: what the database gives back is trusted only after its schema said so. */
  #checked(journey: StoredJourney): StoredJourney {
    return { ...journey, state: this.#o.catalogue.binding(journey.flow).state.parse(journey.state) };
  }

  #find(item: Item, held: Held): StoredJourney | null {
    const journeyOf = (id: string): StoredJourney | null => held.journeys.get(id) ?? this.#journeys.get(id) ?? null;
    if (item.kind !== 'input') return journeyOf(item.journeyId);
    if ('journeyId' in item.to) return journeyOf(item.to.journeyId);
    const key = openKey(item.to);
    return journeyOf(held.open.get(key) ?? this.#open.get(key) ?? this.#idFor(item, item.to));
  }

  #decide(item: Item, journey: StoredJourney | null): Decided {
    // The message of one customer changes nothing of another's.
    if (item.kind === 'input' && journey !== null && journey.portfolioId !== item.lane)
      return { item, journey: null, stepped: { kind: 'impossible', why: 'the journey belongs to another portfolio' } };
    try {
      return { item, journey, stepped: this.#stepped(item, journey) };
    } catch (error) {
      return { item, journey, stepped: { kind: 'bug', error } };
    }
  }

  #stepped(item: Item, journey: StoredJourney | null): Decided['stepped'] {
    const { catalogue, clock } = this.#o;
    const nowMs = clock.nowMs();
    if (item.kind === 'input' && journey === null) {
      if ('journeyId' in item.to) return { kind: 'ignored', note: 'no such journey' };
      const { flow, subject } = item.to;
      return openJourney(
        catalogue.flow(flow),
        { id: this.#idFor(item, item.to), subject, portfolioId: item.lane },
        item.input,
        catalogue.rulesOf(flow),
        nowMs,
      );
    }
    if (journey === null) return { kind: 'ignored', note: 'no such journey' };
    const flow = catalogue.flow(journey.flow);
    const rules = catalogue.rulesOf(journey.flow);
    switch (item.kind) {
      case 'input':
        return step(flow, journey, { kind: 'input', input: item.input }, rules, nowMs);
      case 'effect': {
        const isPresent = journey.effect?.id === item.effectId;
        if (isPresent && journey.effect.status === 'parked' && asksFirst(item.event) && this.#canBeAsked(journey.flow, journey.effect.name))
          return { kind: 'work', move: 'inquire' };
        if (!isPresent && item.isEarlier === true && isFound(item.event))
          return step(
            flow,
            journey,
            { kind: 'noticed', note: `${item.effectId} has happened under an earlier key, and was sent again` },
            rules,
            nowMs,
          );
        return step(flow, journey, { kind: 'effect', effectId: item.effectId, event: item.event }, rules, nowMs);
      }
      case 'look-again':
        return step(flow, journey, { kind: 'look-again' }, rules, nowMs);
      case 'due-effect': {
        if (item.earlier !== undefined) return { kind: 'work', move: 'inquire' };
        const { effect } = journey;
        const row = flow.rows[journey.state.status];
        if (effect?.id !== item.effectId || row === undefined || !('does' in row))
          return { kind: 'ignored', note: 'the effect was overtaken' };
        const move = dueMove(effect, rules(effect.name, row).life);
        if (move === 'nothing') return { kind: 'ignored', note: `the effect is ${effect.status}` };
        if (move === 'inquire' || effect.kind === 'read') return { kind: 'work', move };
        return step(flow, journey, { kind: 'effect', effectId: effect.id, event: { type: 'Sending' } }, rules, nowMs);
      }
    }
  }

  /** A read has nothing to find out, and what people do themselves nobody else knows. */
  #canBeAsked(flow: string, effectName: string): boolean {
    const definition = this.#o.catalogue.effect(flow, effectName);
    return definition.kind !== 'read' && definition.system !== 'people';
  }

  async #write(decided: readonly Decided[]): Promise<void> {
    const { catalogue, clock, store } = this.#o;
    // Before the rows say when: what is counted from there must not start later than they say.
    const intendedAtMs = clock.monotonicMs();
    const batch = new Batch(catalogue, this.#o.ownerId(), clock.nowMs());
    const work: Decided[] = [];
    for (const one of decided) {
      const { item, journey, stepped } = one;
      if (stepped.kind === 'moved') batch.move(item, journey, stepped);
      else if (stepped.kind === 'postponed' && journey !== null) batch.postpone(item, journey, stepped.effect);
      else if (stepped.kind === 'ignored') batch.ignore(item, stepped.note, journey);
      else if (stepped.kind === 'impossible') batch.poison(item, journey, 'Impossible', stepped.why);
      else if (stepped.kind === 'bug') {
        this.#o.log.error({ err: stepped.error, lane: item.lane }, 'a decision failed: its lane is stopped and a person is called');
        batch.poison(item, journey, 'Bug', stepped.error instanceof Error ? stepped.error.message : 'not an error');
      } else work.push(one);
    }
    if (!batch.isEmpty) {
      const statuses = (): string[] => decided.flatMap(({ stepped }) => (stepped.kind === 'moved' ? [stepped.journey.state.status] : []));
      this.#o.passes('before-step-commit', statuses);
      await store.write(batch.parts);
      this.#o.passes('after-step-commit', statuses);
    }
    this.#noteAll(decided);
    for (const written of batch.written) this.#after(written, intendedAtMs);
    for (const { item, stepped } of decided)
      if (item.kind === 'look-again' && stepped.kind === 'bug')
        this.#notLookedAtBeforeMs.set(item.journeyId, clock.monotonicMs() + LOOK_FAILED_MS);
    for (const one of work) this.#work(one);
  }

  #noteAll(decided: readonly Decided[]): void {
    let failed = 0;
    for (const [kind, count] of this.#counted(decided)) {
      this.#note(kind, count.failed, count.of);
      failed += count.failed;
    }
    if (this.#trying && failed === 0) this.#patience.encourage();
    for (const { item, stepped } of decided)
      if (item.kind === 'input' && item.original !== null)
        this.partitions
          .of(`${item.original.topic}/${String(item.original.partition)}`)
          .note(stepped.kind === 'bug' || stepped.kind === 'impossible' ? 1 : 0, 1);
  }

  #after(written: Written, intendedAtMs: number): void {
    const { item, journey } = written;
    if (journey !== null) this.#remember(journey);
    if (written.blocked !== null) {
      this.#blocked = new Set([...this.#blocked, written.blocked]);
      for (const meanwhile of this.#blockedMeanwhile) meanwhile.add(written.blocked);
      this.#block(written.blocked);
      // Its effect was parked in the database only: what memory knows would ignore the person's answer.
      if (item.kind !== 'input') this.#forget(item.journeyId);
    }
    const hintedEffect = item.kind === 'effect' && item.isEarlier !== true ? item.effectId : null;
    this.#release(item);
    if (written.publish.length > 0) this.#publish(written.publish);
    for (const told of written.told)
      this.enqueue({
        kind: 'input',
        lane: told.portfolioId,
        eventId: told.eventId,
        source: null,
        to: { flow: told.flow, subject: told.subject },
        input: told.input,
        original: null,
        tries: 0,
      });
    if (journey !== null && written.send !== null) this.#send(journey, written.send, intendedAtMs);
    else if (journey !== null && journey.effect !== null) this.#wait(journey, journey.effect);
    if (hintedEffect !== null) this.#hinted.delete(hintedEffect);
  }

  #publish(rows: readonly OutboxRow[]): void {
    this.#o.passes('before-publish', () => rows.map((row) => row.topic));
    this.#o.sayer.say(rows);
  }

  #work(one: Decided): void {
    const { item, journey, stepped } = one;
    this.#lanes.release(item.lane);
    if (journey !== null && item.kind === 'due-effect' && item.earlier !== undefined) {
      this.#inquireEarlier(journey, item.effectId, item.earlier);
      return;
    }
    if (journey?.effect === null || journey === null || stepped.kind !== 'work') return;
    if (this.#inHand.has(journey.effect.id)) return;
    if (stepped.move === 'send') this.#send(journey, journey.effect, this.#o.clock.monotonicMs());
    else if (item.kind === 'effect') this.#inquire(journey, journey.effect, item);
    else this.#inquire(journey, journey.effect);
  }

  #send(journey: StoredJourney, effect: StoredEffect, intendedAtMs: number): void {
    const definition = this.#o.catalogue.effect(journey.flow, effect.name);
    this.#inHand.add(effect.id);
    this.#o.passes('before-send', () => [effect.name]);
    void this.#o.sender.send(definition, effect, intendedAtMs).then((event) => {
      this.#answered(journey, effect, event);
    });
  }

  /** `because`: people have said something; their word is taken together with what is found. */
  #inquire(journey: StoredJourney, effect: StoredEffect, because: Extract<Item, { kind: 'effect' }> | null = null): void {
    const definition = this.#o.catalogue.effect(journey.flow, effect.name);
    if (definition.kind === 'read') return;
    this.#inHand.add(effect.id);
    void this.#o.sender.inquire(definition, effect).then((event) => {
      if (because?.event.type !== 'PersonSaid') this.#answered(journey, effect, event);
      else this.enqueue({ ...because, event: { ...because.event, asked: event } });
    });
  }

  /** About a request that was given up for a new key. It is not in hand: the present one goes its own way. */
  #inquireEarlier(journey: StoredJourney, effectId: string, earlier: EarlierRequest): void {
    const definition = this.#o.catalogue.effect(journey.flow, earlier.name);
    if (definition.kind === 'read') return;
    const plannedAtMs = earlier.firstSentAtMs ?? this.#o.clock.nowMs();
    const then = { kind: definition.kind, status: 'unknown', attempt: 0, reference: null, dueAtMs: null, note: null, owner: null } as const;
    void this.#o.sender.inquire(definition, { ...then, ...earlier, id: effectId, plannedAtMs }).then((event) => {
      if (isFound(event))
        this.#o.log.error(
          { alarm: 'earlier-request', effectId, generation: earlier.generation },
          'a request that was given up has happened',
        );
      this.enqueue({
        kind: 'effect',
        lane: journey.portfolioId,
        journeyId: journey.id,
        effectId,
        event,
        eventId: null,
        isEarlier: true,
        tries: 0,
      });
    });
  }

  #answered(journey: StoredJourney, effect: StoredEffect, event: LifeEvent): void {
    this.#o.passes('after-answer', () => [effect.name]);
    this.enqueue({ kind: 'effect', lane: journey.portfolioId, journeyId: journey.id, effectId: effect.id, event, eventId: null, tries: 0 });
  }

  /** An effect that waits: soon in memory, later by the sweep. A hint that came while it was asked makes it due now. */
  #wait(journey: StoredJourney, effect: EffectRecord): void {
    if (effect.dueAtMs === null || this.#inHand.has(effect.id)) return;
    const hinted = this.#hinted.delete(effect.id);
    const waitMs = hinted ? 0 : effect.dueAtMs - this.#o.clock.nowMs();
    if (waitMs > LONGEST_TIMER_MS) return;
    const token = Symbol(effect.id);
    this.#waiting.set(effect.id, token);
    this.#o.clock.after(Math.max(0, waitMs), () => {
      if (this.#waiting.get(effect.id) !== token) return;
      this.#waiting.delete(effect.id);
      if (this.#stopping) return;
      this.enqueue({ kind: 'due-effect', lane: journey.portfolioId, journeyId: journey.id, effectId: effect.id, tries: 0 });
    });
  }

  #remember(journey: StoredJourney): void {
    const key = openKey(journey);
    this.#journeys.set(journey.id, journey);
    if (!journey.ended) this.#open.set(key, journey.id);
    else if (this.#open.get(key) === journey.id) this.#open.delete(key);
  }

  #forget(journeyId: string): void {
    const journey = this.#journeys.get(journeyId);
    if (journey === undefined) return;
    this.#journeys.delete(journeyId);
    this.#closeIfOpen(journey);
  }

  #closeIfOpen(journey: JourneyRecord): void {
    const key = openKey(journey);
    if (this.#open.get(key) === journey.id) this.#open.delete(key);
  }

  /** Lets what is under way come to its commit; resolves when memory is empty or the time is over. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    this.#callOffPump?.();
    if (this.idle || this.waitsBecause !== null) return;
    await Promise.race([new Promise<void>((resolve) => this.#emptied.push(resolve)), pause(withinMs, this.#o.clock)]);
  }
}
