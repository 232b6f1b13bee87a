/** The nouns of the operators' service. Instants are ISO 8601 UTC text; amounts are decimal text in major units. */
import type { ActKind } from '../../../../contracts/internal/acts.js';
import { engineServiceNames, type EngineServiceName } from '../../../../contracts/internal/services.js';
import type { Json, Printable } from '../../../../shared/kernel/json.js';

/** Services that keep journeys, each in a schema of its own. */
export const JOURNEY_SERVICES = engineServiceNames;
export type JourneyService = EngineServiceName;
/** Where a message can lie in quarantine: the gateway keeps signed bodies that it could not read. */
export type Quarantine = JourneyService | 'gateway';
export const QUARANTINES: readonly Quarantine[] = [...JOURNEY_SERVICES, 'gateway'];

/** One page; `more` says that there was something beyond it. */
export type Page<T> = { readonly items: readonly T[]; readonly more: boolean };

export type JourneyFilter = {
  readonly status?: string | undefined;
  readonly portfolio?: string | undefined;
  readonly journey?: string | undefined;
  readonly overdue: boolean;
  readonly which: 'open' | 'ended' | 'all';
  readonly limit: number;
};

/** A journey as it is stored, with everything that may say why it stands where it stands. */
export type JourneyRow = {
  readonly service: JourneyService;
  readonly id: string;
  readonly flow: string;
  readonly subject: string;
  readonly portfolioId: string;
  readonly status: string;
  readonly ended: boolean;
  readonly waitsFor: string | null;
  readonly ownedBy: string;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly openedAt: string;
  readonly since: string;
  readonly overdueAt: string | null;
  /** Why people must look at it; said by the flow or by the engine. */
  readonly held: string | null;
  readonly effect: { readonly name: string; readonly status: string; readonly note: string | null } | null;
  /** Why its lane stands still. */
  readonly laneBlocked: string | null;
  /** `reason` of the flow's own state. */
  readonly stateReason: string | null;
  /** What the last step said. */
  readonly lastNote: string | null;
};

export type DeadLetter = {
  readonly eventId: string;
  readonly service: Quarantine;
  readonly topic: string;
  /** `topic/partition/offset`; null where it did not come from Kafka. */
  readonly source: string | null;
  readonly portfolioId: string | null;
  readonly errorClass: string;
  readonly reason: string;
  readonly attempts: number;
  readonly firstSeen: string;
  readonly resolvedAt: string | null;
  readonly resolution: string | null;
  /** Events of the same lane that wait behind it. */
  readonly waiting: number;
  readonly value: string;
  readonly headers: string;
};

export type DeadLetterFilter = {
  readonly eventId?: string | undefined;
  readonly eventIds?: readonly string[] | undefined;
  readonly topic?: string | undefined;
  /** Part of the reason or of the error class, in any case. */
  readonly reason?: string | undefined;
  readonly service?: Quarantine | undefined;
  readonly resolvedToo: boolean;
  readonly limit: number;
};

export const OPEN_EFFECTS = ['planned', 'sending', 'accepted', 'unknown', 'parked'] as const;
/** `answeredToo`: also those that people answered within the last day, so that they see what came of it. */
export type EffectFilter = {
  readonly effectId?: string | undefined;
  readonly statuses: readonly string[];
  readonly answeredToo: boolean;
  readonly limit: number;
};
export type EffectRow = {
  readonly service: JourneyService;
  readonly effectId: string;
  readonly effect: string;
  readonly kind: string;
  readonly status: string;
  readonly generation: number;
  readonly attempt: number;
  readonly reference: string | null;
  readonly note: string | null;
  readonly proof: string | null;
  readonly lastSentAt: string | null;
  readonly request: Json;
  readonly journeyId: string;
  readonly journey: string;
  readonly journeyStatus: string;
  readonly portfolioId: string;
  readonly amount: string | null;
  readonly currency: string | null;
  /** The newest answer of people, if any. */
  readonly act: Act | null;
};

/** What a person asked for. It is carried out once: right away, or when a second person has approved it. */
export type Act = {
  readonly id: string;
  readonly kind: ActKind;
  readonly target: string;
  readonly details: { readonly [key: string]: Json };
  readonly why: string;
  /** Drawn by the person who asked, and signed with every fact; null of an act from before people signed. */
  readonly actId: string | null;
  readonly signature: string | null;
  readonly madeBy: string;
  readonly madeAt: string;
  readonly needsSecond: boolean;
  readonly approvedBy: string | null;
  /** Signature of the second person. */
  readonly approval: string | null;
  readonly approvedAt: string | null;
  readonly carriedOutAt: string | null;
  readonly withdrawnBy: string | null;
  readonly failed: string | null;
  readonly job: string | null;
};
export type NewAct = {
  readonly kind: ActKind;
  readonly target: string;
  readonly details: { readonly [key: string]: Printable };
  readonly why: string;
  readonly actId: string;
  readonly by: string;
  readonly signature: string;
};
/** `already`: the same divest request stands open; it is shown instead. */
export type MadeAct = { readonly act: Act; readonly already: boolean };

/** A decision that a service has not carried out. */
export type RefusedDecision = {
  readonly service: JourneyService;
  readonly eventId: string;
  readonly actId: string | null;
  readonly at: string;
  readonly why: string;
};

/** What became of a message that was allowed to run again. */
export type Fate = {
  readonly lies: boolean;
  readonly attempts: number;
  readonly reason: string;
  readonly handled: boolean;
  readonly note: string | null;
};

/** What became of an answer: whether its service has taken it up, and how the request stands now. */
export type AnswerFate = {
  readonly handled: boolean;
  /** Why the answer came too late; null when it did not. */
  readonly overtaken: string | null;
  readonly status: string;
  readonly note: string | null;
};

export type Approval =
  | { readonly kind: 'approved'; readonly act: Act }
  | { readonly kind: 'same-person'; readonly act: Act }
  | { readonly kind: 'decided'; readonly act: Act }
  | { readonly kind: 'unknown' };

export type AuditLine = {
  readonly seq: number;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly target: string;
  readonly details: Json;
  readonly previous: string;
  readonly hash: string;
};
/** A head of the log that was kept outside of the database. */
export type AuditHead = { readonly seq: number; readonly hash: string };
/** `unread`: why the heads on Kafka cannot be read now. */
export type KeptHeads = readonly AuditHead[] | { readonly unread: string };
export type AuditVerdict =
  | {
      readonly whole: true;
      readonly lines: number;
      readonly lastHash: string;
      /** How many heads on Kafka it was compared with. */
      readonly heads: number;
      /** Why it was compared with none, so that a missing end would not be seen. Null when it was compared, or the log is empty. */
      readonly notCompared: string | null;
      /** Restores that the log tells of: lines behind `after`, up to `lostTo`, were lost with them. */
      readonly restores: readonly { readonly after: number; readonly lostTo: number }[];
    }
  /**
   * `brokenAt` is the line; 0 where the problem is an act, or a line that is not there any more. `restored`: all that is there agrees with all
   * that was kept outside, and the end is missing.
   */
  | {
      readonly whole: false;
      readonly kind: 'restored' | 'tampered';
      readonly lines: number;
      readonly brokenAt: number;
      readonly problem: string;
    };

export const targetOf = (service: string, id: string): string => `${service}/${id}`;

export type HistoryRow = {
  readonly service: JourneyService;
  readonly journeyId: string;
  readonly version: number;
  readonly at: string;
  readonly occasion: string;
  /** `topic/partition/offset`, or the id of an event. */
  readonly source: string | null;
  readonly status: string;
  readonly effectId: string | null;
  readonly said: string | null;
  readonly note: string | null;
};
export type StoryEffect = {
  readonly service: JourneyService;
  readonly id: string;
  readonly journeyId: string;
  readonly name: string;
  readonly kind: string;
  readonly generation: number;
  readonly status: string;
  readonly attempt: number;
  readonly reference: string | null;
  readonly plannedAt: string;
  readonly lastSentAt: string | null;
  readonly note: string | null;
  readonly request: Json;
  readonly result: Json;
};
export type StoryEvent = {
  readonly service: JourneyService;
  readonly eventId: string;
  readonly source: string | null;
  readonly at: string;
  readonly note: string | null;
  readonly handled: boolean;
  readonly value: string;
};
export type StoryMessage = {
  readonly service: JourneyService;
  readonly eventId: string;
  readonly topic: string;
  readonly at: string;
  readonly sentAt: string | null;
  readonly value: string;
};

/** Everything that is stored about journeys that belong together. */
export type Story = {
  /** The journey that was asked for, or the one its reference leads to; null for a whole portfolio. */
  readonly rootId: string | null;
  readonly portfolioId: string;
  readonly journeys: readonly JourneyRow[];
  readonly history: readonly HistoryRow[];
  readonly effects: readonly StoryEffect[];
  readonly events: readonly StoryEvent[];
  readonly messages: readonly StoryMessage[];
  readonly deadLetters: readonly DeadLetter[];
  /** There was more than is shown. */
  readonly cut: boolean;
};

/** What people can look at. */
export type Reading = {
  journeys(filter: JourneyFilter): Promise<Page<JourneyRow>>;
  openJourneysOf(portfolioIds: readonly string[]): Promise<readonly JourneyRow[]>;
  /** Null when nothing goes by this id. */
  story(id: string): Promise<Story | null>;
  deadLetters(filter: DeadLetterFilter): Promise<Page<DeadLetter>>;
  effects(filter: EffectFilter): Promise<Page<EffectRow>>;
  /** In whatever status. */
  effect(effectId: string): Promise<EffectRow | null>;
  /** By `service/event id`. */
  fates(targets: readonly string[]): Promise<ReadonlyMap<string, Fate>>;
  /** By act id; of answers that were signed and about a request that there is. */
  answerFates(acts: readonly Act[]): Promise<ReadonlyMap<string, AnswerFate>>;
  acts(filter: ActFilter): Promise<readonly Act[]>;
  /** Why the service concerned has not carried these acts out, by act id. */
  refusals(actIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Newest first. */
  refusedDecisions(limit: number): Promise<readonly RefusedDecision[]>;
  audit(after: number, limit: number): Promise<readonly AuditLine[]>;
  verifyAudit(): Promise<AuditVerdict>;
};
export type ActFilter = {
  readonly id?: string | undefined;
  readonly kind?: ActKind | undefined;
  readonly target?: string | undefined;
  readonly job?: string | undefined;
  readonly waitingOnly: boolean;
  readonly limit: number;
};

/** What people can do. Each is written to the audit log in the same commit. */
export type Acting = {
  /** One job; each act either new or the one that stands open already. */
  make(acts: readonly NewAct[]): Promise<{ readonly job: string; readonly made: readonly MadeAct[] }>;
  approve(id: string, who: string, approval: string): Promise<Approval>;
  /** A line in the log about what was refused to a person. */
  noteRefusal(who: string, what: string, target: string, because: string): Promise<void>;
  /** Only while it waits for a second person. False otherwise. */
  withdraw(id: string, who: string, why: string): Promise<boolean>;
  /** Drops a body that the gateway kept, in one commit with the act. Null when it is unknown or closed. */
  dropKeptBody(eventId: string, act: NewAct): Promise<Act | null>;
};
