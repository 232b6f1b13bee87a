/** What the engine asks of its database. Postgres is behind it in production; a simulation may stand in with the same meaning. */
import type { EffectRecord } from '../../../kernel/effect-life.js';
import type { JourneyRecord } from '../../../kernel/step.js';
import type { Parts } from './step-statement.js';

/** An effect as it is stored: its life, and what it sends. */
export type StoredEffect = EffectRecord & { readonly request: unknown; readonly owner: number | null };
export type StoredJourney = Omit<JourneyRecord, 'effect'> & { readonly effect: StoredEffect | null };
/** As it lies in the database: its state may be of an earlier version of its flow, or of a later one that another instance has written. */
export type LoadedJourney = StoredJourney & { readonly stateVersion: number };

/** What an instance can read: each flow that it knows, with the version of its states. Anything else is left to a newer instance. */
export type StateVersions = Readonly<Record<string, number>>;

export type InboxRow = {
  readonly eventId: string;
  readonly contentHash: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Empty when the message says no portfolio. */
  readonly portfolioId: string;
  readonly value: string;
  /** Handled at once, and why; null when a step has to handle it. */
  readonly note: string | null;
};

export type OpenInboxRow = {
  readonly eventId: string;
  readonly portfolioId: string;
  readonly value: string;
  readonly topic: string | null;
  readonly source: string | null;
  /** Of a message that was quarantined before: how it looked on Kafka, which the inbox does not keep. */
  readonly quarantined: {
    readonly key: string | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly attempts: number;
    readonly firstSeenAtMs: number;
    /** Its text is another one now: people have corrected it. */
    readonly isCorrected: boolean;
  } | null;
};

export type Ingested = {
  /** Ids that were not known before. */
  readonly fresh: ReadonlySet<string>;
  /** Ids that were known with another body. */
  readonly conflicting: readonly string[];
};

/** A message that waits for people: what would run if one let it. */
export type QuarantinedMessage = { readonly topic: string; readonly value: string; readonly attempts: number };
/** Marks a message of ours that Kafka refuses for its own sake, and one that came under the id of another. Neither stops a lane. */
export const NOT_SENDABLE = 'NotSendable';
export const OTHER_BODY = 'OtherBody';

export type OutboxRow = {
  readonly eventId: string;
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
};

/** Somebody else moved one of the journeys, or handled one of the events: nothing was written. */
export class Stale extends Error {
  override readonly name = 'Stale';
}
/** The database cannot be reached, or refuses for a reason of its own: nothing is known to be wrong with what was to be written. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** The database refuses what was to be written, for its content: trying it again does not help. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused';
  /** The SQLSTATE; null where our own code could not make the statement. */
  readonly code: string | null;
  constructor(message: string, code: string | null, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A journey whose interval is over, at the version in which it began. */
export type DueJourney = { readonly journeyId: string; readonly portfolioId: string; readonly version: number };
export type DueEffect = { readonly effectId: string; readonly journeyId: string; readonly portfolioId: string; readonly status: string };

/** A request that was given up for a new key, as it was sent. */
export type EarlierRequest = Pick<StoredEffect, 'name' | 'generation' | 'request' | 'firstSentAtMs' | 'lastSentAtMs'>;
export type Referenced = {
  readonly reference: string;
  readonly journeyId: string;
  readonly portfolioId: string;
  readonly effectId: string;
  readonly status: string;
  /** Null when it is the effect's present request. */
  readonly earlier: EarlierRequest | null;
};

/** One figure for /metrics. */
export type Figure = {
  readonly name:
    | 'open_journeys'
    | 'overdue_journeys'
    | 'open_effects'
    | 'inbox_open'
    | 'outbox_open'
    | 'quarantined'
    | 'blocked_lanes'
    | 'left_to_newer';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type EngineStore = {
  /** A dead letter is `<event id>.dlq.<ms>`: it is not said again for an event that is known. */
  ingest(rows: readonly InboxRow[], bad: Pick<Parts, 'quarantined' | 'blocked' | 'said'>): Promise<Ingested>;
  load(ids: readonly string[], open: readonly { readonly flow: string; readonly subject: string }[]): Promise<readonly LoadedJourney[]>;
  /** @throws Stale, DatabaseAway, or RowRefused when a row is bad. So do all others, but for Stale. */
  write(parts: Parts): Promise<void>;
  /** Which of these events are still to be handled. */
  stillOpen(eventIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Under the present key of an effect, or under one that was given up for a new key. */
  byReference(references: readonly string[]): Promise<readonly Referenced[]>;

  /** Oldest first, without those of `except`. */
  openInbox(olderThanMs: number, limit: number, except: readonly string[]): Promise<readonly OpenInboxRow[]>;
  /** These and the next ones: of journeys that can be read. */
  dueJourneys(limit: number, readable: StateVersions): Promise<readonly DueJourney[]>;
  dueEffects(graceMs: number, limit: number, readable: StateVersions): Promise<readonly DueEffect[]>;
  /** Effects that are being sent by owners whose lock is free, or by us and forgotten for two minutes. Not those whose answer was handed over. */
  orphanedEffects(ownId: number, limit: number, readable: StateVersions): Promise<readonly DueEffect[]>;
  /** Opens lanes whose messages were all decided, by two decisions at once for example. */
  openDecidedLanes(): Promise<void>;
  blockedLanes(): Promise<ReadonlySet<string>>;
  /** Oldest first; what one commit said, as it said it. */
  unsentOutbox(olderThanMs: number, limit: number): Promise<readonly OutboxRow[]>;
  markSent(eventIds: readonly string[]): Promise<void>;
  /** Moves rows that can never be sent from the outbox into the quarantine, class NOT_SENDABLE. It stops no lane. */
  setAside(rows: readonly { readonly eventId: string; readonly reason: string }[]): Promise<void>;
  /** Drops handled events and sent messages of so long ago, a chunk at a time; journeys, effects and history stay. Returns how many rows went. */
  dropHandled(olderThanDays: number, limit: number): Promise<number>;
  /** Of open journeys whose effect is stopped: none becomes overdue sooner than so long from now. */
  putOffOverdue(roomMs: number): Promise<void>;
  /** Journeys that became overdue and were not alarmed yet; marks them alarmed. */
  newlyOverdue(limit: number): Promise<
    readonly {
      readonly journeyId: string;
      readonly flow: string;
      readonly status: string;
      readonly waitsFor: string | null;
      readonly held: string | null;
    }[]
  >;
  /** Figures for /metrics: open journeys by flow and status, those that cannot be read here, unhandled events, unsent events, quarantined messages. */
  figures(readable: StateVersions): Promise<readonly Figure[]>;

  /** Null when unknown or resolved. */
  quarantined(eventId: string): Promise<QuarantinedMessage | null>;
  /**
   * An act belongs to the first event that brought it, for ever. Returns the id of that event: the act may be carried out when this is
   * `eventId`, now or after a crash. Null when a decision under this event id was refused before.
   */
  takeAct(actId: string, eventId: string): Promise<string | null>;
  /** Keeps a decision that is not carried out, for people to see. False when it was kept before. */
  refuseDecision(eventId: string, actId: string | null, reason: string): Promise<boolean>;
  /**
   * A person lets a quarantined message run again, corrected or not. Its lane opens, unless something else stops it. Returns it, or null
   * when unknown, resolved, or in quarantine for another time than the one that is meant (`attempts`; any when not given).
   */
  replay(eventId: string, correctedValue: string | null, resolution: string, attempts?: number): Promise<OpenInboxRow | null>;
  /** A person lets a message that was set aside be sent again, corrected or not: it goes back to the outbox. False when there is none. */
  sendAgain(eventId: string, correctedValue: string | null, resolution: string, attempts?: number): Promise<boolean>;
  /** A person drops a quarantined message. Its lane opens, unless something else stops it. False where `replay` says null. */
  discard(eventId: string, resolution: string, attempts?: number): Promise<boolean>;
  /** Opens a lane that an answer had stopped, not a message; one with quarantined messages waits for those. */
  releaseLane(portfolioId: string): Promise<void>;
};

/** False when another instance has handled the event or moved the journey meanwhile: nothing of it was written. */
export const writeUnlessStale = async (store: Pick<EngineStore, 'write'>, parts: Parts): Promise<boolean> => {
  try {
    await store.write(parts);
    return true;
  } catch (error) {
    if (error instanceof Stale) return false;
    throw error;
  }
};
