/**
 * What people may ask for, and what each of them signs. A new kind of act is one more word of `ACT_KINDS` and a line of `SECOND`.
 * It has its facts in events.ts, a case of `actOf`, and a row of the table `operator.act_kind` by a migration.
 */
import { takenFrom, isEngineService, type Belief } from './services.js';

/** When a second person must approve. `by-message`: when the message that runs again may move money. */
export type Second = 'always' | 'never' | 'by-message';

export const ACT_KINDS = ['replay-dead-letter', 'discard-dead-letter', 'answer-effect'] as const;
export type ActKind = (typeof ACT_KINDS)[number];

export const SECOND: Readonly<Record<ActKind, Second>> = {
  'replay-dead-letter': 'by-message',
  // Dropping a message moves no money.
  'discard-dead-letter': 'never',
  'answer-effect': 'always',
};

type Letter = {
  readonly service: string;
  readonly eventId: string;
  /** How often the message went to quarantine: a yes to an earlier stay is none to this one. Digits. */
  readonly attempts: string;
  /** SHA-256 of the text that runs or is dropped, 64 hexadecimal digits. */
  readonly text: string;
  readonly why: string;
};

/** The facts of an act, as they stand in the decision. */
export type ActFacts = { readonly actId: string } & (
  | ({ readonly kind: 'replay-dead-letter' } & Letter)
  | ({ readonly kind: 'discard-dead-letter' } & Letter)
  | {
      readonly kind: 'answer-effect';
      readonly service: string;
      readonly effectId: string;
      readonly generation: number;
      readonly answer: string;
      readonly evidence: string;
    }
);

export type SignedText = { readonly actId: string; readonly kind: ActKind; readonly about: Readonly<Record<string, string>> };

/** What a person signs for these facts. Long texts stand in it as `hashOf` them, 64 hexadecimal digits. */
export const actOf = (facts: ActFacts, hashOf: (text: string) => string): SignedText => {
  const { actId, kind, service } = facts;
  switch (facts.kind) {
    case 'replay-dead-letter':
    case 'discard-dead-letter': {
      const { eventId, attempts, text, why } = facts;
      return { actId, kind, about: { service, eventId, attempts, text, why: hashOf(why) } };
    }
    case 'answer-effect': {
      const { effectId, generation, answer, evidence } = facts;
      return { actId, kind, about: { service, effectId, generation: String(generation), answer, evidence: hashOf(evidence) } };
    }
  }
};

/** Whether a message that a person lets run again may move money, by what its content is worth. */
const MAY_MOVE: Readonly<Record<Belief, { readonly stored: boolean; readonly corrected: boolean }>> = {
  'reads-again': { stored: false, corrected: false },
  'believes-its-sender': { stored: false, corrected: true },
  believes: { stored: true, corrected: true },
};

export type ReplayedMessage = { readonly service: string; readonly topic: string; readonly corrected: boolean };

/** What the list of services does not list is believed, so it may move money. */
export const mayMoveMoney = ({ service, topic, corrected }: ReplayedMessage): boolean => {
  const taken = isEngineService(service) ? takenFrom(service, topic) : null;
  return MAY_MOVE[taken?.belief ?? 'believes'][corrected ? 'corrected' : 'stored'];
};

/** `message`: of a replay, what would run; not asked for otherwise. */
export const needsSecondPerson = (kind: ActKind, message: () => ReplayedMessage): boolean =>
  SECOND[kind] === 'by-message' ? mayMoveMoney(message()) : SECOND[kind] === 'always';
