/** The database as one process sees it: every statement takes its time, may get lost, and may come late. */
import { DatabaseAway, type EngineStore } from '../../shared/runtime/engine/store/store.js';
import type { FaultName } from './faults.js';
import type { Ground } from './ground.js';
import type { MemoryStore } from './memory-store.js';
import { never } from './never.js';
import type { Life } from './scheduler.js';

const DATABASE_FAULTS: readonly FaultName[] = ['database-away', 'commit-answer-lost', 'commit-late'];
type Word = string | number | null;
const word = (value: Word): string => (value === null ? '' : value.toString());
const isEmpty = (result: unknown): boolean =>
  result === undefined || (Array.isArray(result) && result.length === 0) || (result instanceof Set && result.size === 0);

export class StoreClient implements EngineStore {
  readonly #store: MemoryStore;
  readonly #ground: Ground;
  readonly #life: Life;

  constructor(store: MemoryStore, ground: Ground, life: Life) {
    this.#store = store;
    this.#ground = ground;
    this.#life = life;
  }

  #pause(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ground.scheduler.after(waitMs, this.#life, resolve);
    });
  }

  async #faulty(fault: FaultName, what: string, apply: () => Promise<unknown>): Promise<never> {
    const { scheduler, random, tell } = this.#ground;
    tell(this.#life.name, () => `${what}: ${fault}`);
    // A statement that is refused then has told nobody: what it says is lost with the answer.
    const quietly = (): void => void apply().catch(() => undefined);
    if (fault === 'commit-answer-lost') quietly();
    if (fault === 'commit-late') scheduler.after(random.between(5, 600), null, quietly);
    await this.#pause(random.between(5, 300));
    throw new DatabaseAway(`the connection broke (${fault})`);
  }

  async #statement<T>(what: string, apply: () => Promise<T>): Promise<T> {
    if (!this.#life.alive) return never();
    const { faults, random } = this.#ground;
    const fault = faults.among(DATABASE_FAULTS);
    if (fault !== null) return this.#faulty(fault, what, apply);
    if (random.chance(0.5)) {
      await this.#pause(random.between(1, 12));
      return apply();
    }
    const result = await apply();
    await this.#pause(random.between(1, 12));
    return result;
  }

  /** What finds nothing takes no time: nothing can come between, and idle sweeps are most of all statements. */
  async #look<T>(apply: () => Promise<T>): Promise<T> {
    if (!this.#life.alive) return never();
    const { faults, random } = this.#ground;
    const result = await apply();
    if (isEmpty(result)) return result;
    if (faults.happens('database-away')) {
      await this.#pause(random.between(5, 300));
      throw new DatabaseAway('the connection broke');
    }
    await this.#pause(random.between(1, 12));
    return result;
  }

  ingest: EngineStore['ingest'] = (rows, bad) => this.#statement('take in', () => this.#store.ingest(rows, bad));
  load: EngineStore['load'] = (ids, open) => this.#look(() => this.#store.load(ids, open));
  write: EngineStore['write'] = (parts) => this.#statement('write', () => this.#written(parts));
  stillOpen: EngineStore['stillOpen'] = (eventIds) => this.#look(() => this.#store.stillOpen(eventIds));
  byReference: EngineStore['byReference'] = (references) => this.#look(() => this.#store.byReference(references));
  openInbox: EngineStore['openInbox'] = (olderThanMs, limit, except) => this.#look(() => this.#store.openInbox(olderThanMs, limit, except));
  dueJourneys: EngineStore['dueJourneys'] = (limit, readable) => this.#look(() => this.#store.dueJourneys(limit, readable));
  dueEffects: EngineStore['dueEffects'] = (graceMs, limit, readable) => this.#look(() => this.#store.dueEffects(graceMs, limit, readable));
  orphanedEffects: EngineStore['orphanedEffects'] = (ownId, limit, readable) =>
    this.#look(() => this.#store.orphanedEffects(ownId, limit, readable));
  openDecidedLanes: EngineStore['openDecidedLanes'] = () => this.#look(() => this.#store.openDecidedLanes());
  blockedLanes: EngineStore['blockedLanes'] = () => this.#look(() => this.#store.blockedLanes());
  unsentOutbox: EngineStore['unsentOutbox'] = (olderThanMs, limit) =>
    this.#ground.broken?.neverSaysAgain === true ? Promise.resolve([]) : this.#look(() => this.#store.unsentOutbox(olderThanMs, limit));
  markSent: EngineStore['markSent'] = (eventIds) => this.#statement('mark sent', () => this.#store.markSent(eventIds));
  putOffOverdue: EngineStore['putOffOverdue'] = (roomMs) => this.#look(() => this.#store.putOffOverdue(roomMs));
  newlyOverdue: EngineStore['newlyOverdue'] = (limit) => this.#look(() => this.#store.newlyOverdue(limit));
  dropHandled: EngineStore['dropHandled'] = (days, limit) => this.#store.dropHandled(days, limit);
  figures: EngineStore['figures'] = (readable) => this.#store.figures(readable);
  quarantined: EngineStore['quarantined'] = (eventId) => this.#look(() => this.#store.quarantined(eventId));
  takeAct: EngineStore['takeAct'] = (actId, eventId) => this.#statement('take an act', () => this.#store.takeAct(actId, eventId));
  refuseDecision: EngineStore['refuseDecision'] = (eventId) =>
    this.#statement('refuse a decision', () => this.#store.refuseDecision(eventId));
  replay: EngineStore['replay'] = (...about) => this.#statement('replay', () => this.#store.replay(...about));
  discard: EngineStore['discard'] = (...about) => this.#statement('discard', () => this.#store.discard(...about));
  setAside: EngineStore['setAside'] = (rows) => this.#statement('set aside', () => this.#store.setAside(rows));
  sendAgain: EngineStore['sendAgain'] = (...about) => this.#statement('send again', () => this.#store.sendAgain(...about));
  releaseLane: EngineStore['releaseLane'] = (portfolioId) => this.#look(() => this.#store.releaseLane(portfolioId));

  /** The story says what a commit has changed. */
  async #written(parts: Parameters<EngineStore['write']>[0]): Promise<void> {
    await this.#store.write(parts);
    const { tell } = this.#ground;
    const { name } = this.#life;
    const because = (note: Word): string => (note === null ? '' : ` (${word(note)})`);
    for (const { journey_id: id, version, status, occasion, note } of parts.history)
      tell(name, () => `commits ${word(id).slice(0, 8)} v${word(version)} ${word(status)}: ${word(occasion)}${because(note)}`);
    for (const { event_id: id, reason } of parts.quarantined) tell(name, () => `quarantines ${word(id)}: ${word(reason)}`);
    for (const { id, status, note } of parts.postponed)
      tell(name, () => `effect ${word(id).slice(3, 8)}..${word(id).split(':')[1] ?? ''} is ${word(status)}${because(note)}`);
  }
}
