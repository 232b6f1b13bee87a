/**
 * The life of one request to one outside system, the same in every flow. Pure: time arrives as an argument.
 *
 *   planned   the intent is stored; nothing is under way; it is sent when it is due
 *   sending   stored before the first byte leaves; found without a living owner it means unknown
 *   accepted  the other side will tell us, or is asked on a schedule
 *   unknown   it may have happened
 *   applied, rejected   the only ends
 *   parked    only people may answer
 */
import type { EffectKind, RefusedBy } from './flow.js';
import type { Inquiry, OperationAbility, Outcome, Repeatable, WordChecked } from './outcome.js';

export type EffectStatus = 'planned' | 'sending' | 'accepted' | 'unknown' | 'applied' | 'rejected' | 'parked';

export type EffectRecord = {
  /** Derived: journey, name and, where it may recur, the version that planned it. */
  readonly id: string;
  readonly name: string;
  readonly kind: EffectKind;
  readonly status: EffectStatus;
  /** 1, and one more for each new key after proven absence or a person's word. */
  readonly generation: number;
  /** How often it was sent or asked. */
  readonly attempt: number;
  readonly reference: string | null;
  readonly plannedAtMs: number;
  /** First and last send of this generation; null before it. The last is null, too, once the other side has refused it: nothing is on its way. */
  readonly firstSentAtMs: number | null;
  readonly lastSentAtMs: number | null;
  readonly dueAtMs: number | null;
  /** Evidence, refusal or reason why people are asked. Never personal data. */
  readonly note: string | null;
};

export type LifeRules = {
  readonly whenUnknown: 'send-again' | 'inquire' | 'ask-person';
  readonly ability: Pick<OperationAbility, 'repeatable' | 'longestLifeMs' | 'afterAbsence'>;
  /** Whatever the other side has done it shows under our reference: nothing there stands against people who say that it happened. */
  readonly shownWhenDone?: boolean;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly patienceMs: number;
};

/**
 * Which send an answer is about. A process that was given up can still bring one while a later send is on its way; what
 * it says about the earlier one ("no byte left") is not true of the later.
 */
export type SendOf = Pick<EffectRecord, 'generation' | 'lastSentAtMs'>;

export type LifeEvent =
  | { readonly type: 'Sending' }
  | { readonly type: 'Answered'; readonly outcome: Outcome<unknown>; readonly of: SendOf }
  | { readonly type: 'Inquired'; readonly inquiry: Inquiry<unknown>; readonly askedAtMs: number; readonly of: SendOf }
  /** Its owner is gone: whatever it was doing is not known. */
  | { readonly type: 'Orphaned' }
  | {
      readonly type: 'PersonSaid';
      readonly said: 'applied' | 'rejected' | 'send-again';
      /** The generation that the person has looked at; said of an earlier one it means nothing. */
      readonly generation: number;
      readonly result: unknown;
      readonly evidence: string;
      /** What the other side said when it was asked because of this word: without it nothing that may have happened is sent anew. */
      readonly asked?: { readonly inquiry: Inquiry<unknown>; readonly askedAtMs: number };
      /** Their word held against the other side, of an effect that has a check of its own for it. */
      readonly checked?: WordChecked<unknown>;
    };

/** What follows for the flow: nothing yet, or one of the two ends. */
export type LifeEnd =
  | { readonly end: null }
  | { readonly end: 'applied'; readonly result: unknown }
  | { readonly end: 'rejected'; readonly reason: string; readonly by: RefusedBy };
export type Transition = { readonly effect: EffectRecord } & LifeEnd;

const CAUTION = { 'send-again': 0, inquire: 1, 'ask-person': 2 } as const;
const ALLOWED: Readonly<Record<Repeatable, keyof typeof CAUTION>> = {
  'by-key': 'send-again',
  'after-inquiry': 'inquire',
  never: 'ask-person',
};

/** The more careful of what the flow asks for and what the other side allows. */
export const carefulMove = (rules: Pick<LifeRules, 'whenUnknown' | 'ability'>): keyof typeof CAUTION => {
  const allowed = ALLOWED[rules.ability.repeatable];
  return CAUTION[allowed] > CAUTION[rules.whenUnknown] ? allowed : rules.whenUnknown;
};

/** Doubles from the first wait to the longest. */
export const waitMs = (attempt: number, rules: Pick<LifeRules, 'firstWaitMs' | 'longestWaitMs'>): number =>
  Math.min(rules.longestWaitMs, rules.firstWaitMs * 2 ** Math.min(Math.max(attempt - 1, 0), 20));

const open = (effect: EffectRecord): Transition => ({ effect, end: null });
const parked = (effect: EffectRecord, note: string): Transition => open({ ...effect, status: 'parked', dueAtMs: null, note });

const UNDER_EARLIER_KEY = 'it has happened under an earlier key, and was sent again';
const BEFORE = '; before: ';
/** News about an effect that waits for people, put before the reason for which it waits. Null when it says nothing new. */
const withNews = (effect: EffectRecord, news: string): Transition | null => {
  const [known = '', reason = known] = (effect.note ?? 'nothing known').split(BEFORE);
  if (reason === known) return parked(effect, `${news}${BEFORE}${reason}`);
  return known.includes(news) ? null : parked(effect, `${news}; ${known}${BEFORE}${reason}`);
};
const applied = (effect: EffectRecord, result: unknown, note: string | null = null): Transition => ({
  effect: { ...effect, status: 'applied', dueAtMs: null, note },
  end: 'applied',
  result,
});
const rejected = (effect: EffectRecord, reason: string, by: RefusedBy, note: string | null = null): Transition => ({
  effect: { ...effect, status: 'rejected', dueAtMs: null, note: note ?? reason },
  end: 'rejected',
  reason,
  by,
});

const unknown = (effect: EffectRecord, note: string, rules: LifeRules, nowMs: number, waitAtLeastMs = 0): Transition => {
  if (carefulMove(rules) === 'ask-person') return parked(effect, note);
  if (nowMs - effect.plannedAtMs > rules.patienceMs) return parked(effect, `still not known: ${note}`);
  return open({ ...effect, status: 'unknown', note, dueAtMs: nowMs + Math.max(waitAtLeastMs, waitMs(effect.attempt, rules)) });
};

/** A question is asked again without a `Sending` of its own: its answers count how often. */
const counted = (effect: EffectRecord): EffectRecord => (effect.kind === 'read' ? { ...effect, attempt: effect.attempt + 1 } : effect);

const answered = (effect: EffectRecord, outcome: Outcome<unknown>, rules: LifeRules, nowMs: number): Transition => {
  switch (outcome.kind) {
    case 'applied':
      return applied(effect, outcome.result);
    case 'rejected':
      return rejected(effect, outcome.reason, 'other-side', outcome.note);
    case 'accepted':
      return open({
        ...counted(effect),
        status: 'accepted',
        reference: outcome.reference ?? effect.reference,
        note: outcome.note ?? null,
        dueAtMs: nowMs + (outcome.askAfterMs ?? waitMs(effect.attempt, rules)),
      });
    case 'retryable':
      return open({
        ...counted(effect),
        status: 'planned',
        note: outcome.evidence,
        dueAtMs: nowMs + (outcome.retryAfterMs ?? waitMs(effect.attempt, rules)),
      });
    case 'unknown':
      // A question that got no answer is simply asked again.
      if (effect.kind === 'read')
        return open({ ...counted(effect), status: 'planned', note: outcome.evidence, dueAtMs: nowMs + waitMs(effect.attempt, rules) });
      return unknown(effect, outcome.evidence, rules, nowMs);
  }
};

/** From when on "absent" is believed. */
const believedFromMs = (effect: EffectRecord, rules: LifeRules): number =>
  (effect.lastSentAtMs ?? effect.plannedAtMs) + rules.ability.longestLifeMs;

const absent = (effect: EffectRecord, askedAtMs: number, rules: LifeRules, nowMs: number): Transition => {
  if (effect.status === 'accepted') return parked(effect, 'the other side accepted it and now does not know it');
  const overAtMs = believedFromMs(effect, rules);
  if (askedAtMs < overAtMs)
    return unknown(effect, 'not there yet; a request on its way could still arrive', rules, nowMs, overAtMs - nowMs);
  const proof = `absent at ${String(askedAtMs)} ms since 1970, after the longest life of a request`;
  const next = carefulMove(rules) === 'ask-person' ? 'ask-person' : rules.ability.afterAbsence;
  switch (next) {
    case 'ask-person':
      return parked(effect, proof);
    case 'same-key':
      return open({ ...effect, status: 'planned', note: proof, dueAtMs: nowMs });
    case 'new-key':
      return open({
        ...effect,
        status: 'planned',
        generation: effect.generation + 1,
        firstSentAtMs: null,
        lastSentAtMs: null,
        note: proof,
        dueAtMs: nowMs,
      });
  }
};

const inquired = (effect: EffectRecord, inquiry: Inquiry<unknown>, askedAtMs: number, rules: LifeRules, nowMs: number): Transition => {
  const asked = { ...effect, attempt: effect.attempt + 1 };
  switch (inquiry.found) {
    case 'applied':
      return applied(asked, inquiry.result, 'found by inquiry');
    case 'rejected':
      return rejected(asked, inquiry.reason, 'other-side', inquiry.note);
    case 'pending':
      return open({
        ...asked,
        status: 'accepted',
        reference: inquiry.reference ?? effect.reference,
        note: inquiry.note ?? null,
        dueAtMs: nowMs + (inquiry.askAfterMs ?? waitMs(asked.attempt, rules)),
      });
    case 'absent':
      return absent(asked, askedAtMs, rules, nowMs);
    case 'ambiguous':
      return parked(asked, inquiry.evidence);
    case 'no-answer':
      if (effect.status === 'accepted')
        return open({ ...asked, note: inquiry.evidence, dueAtMs: nowMs + (inquiry.retryAfterMs ?? waitMs(asked.attempt, rules)) });
      return unknown(asked, inquiry.evidence, rules, nowMs, inquiry.retryAfterMs);
  }
};

const inWords = (inquiry: Inquiry<unknown>): string => {
  switch (inquiry.found) {
    case 'applied':
      return 'it has happened';
    case 'rejected':
      return `they refused it: ${inquiry.reason}`;
    case 'pending':
      return 'they have it and have not decided';
    case 'absent':
      return 'they do not have it';
    case 'ambiguous':
    case 'no-answer':
      return `${inquiry.found}: ${inquiry.evidence}`;
  }
};

/** They do not have it, and it may still be on its way. */
const notYetBelieved = (effect: EffectRecord, askedAtMs: number, rules: LifeRules): string | null => {
  const leftMs = effect.lastSentAtMs === null ? 0 : believedFromMs(effect, rules) - askedAtMs;
  return leftMs <= 0 ? null : `${inWords({ found: 'absent' })} yet, which is believed in ${String(Math.ceil(leftMs / 1_000))} s`;
};

/** Why a person's `send-again` is not followed; null when it is known that it has not happened, or a repeat does no harm. */
const whyNotAgain = (effect: EffectRecord, event: Extract<LifeEvent, { type: 'PersonSaid' }>, rules: LifeRules): string | null => {
  if (effect.kind === 'read') return null;
  if (event.asked === undefined) return 'the other side was not asked';
  const { inquiry, askedAtMs } = event.asked;
  switch (inquiry.found) {
    case 'rejected':
      return null;
    case 'no-answer':
      return effect.kind === 'by-key' ? null : inWords(inquiry);
    case 'absent':
      return notYetBelieved(effect, askedAtMs, rules);
    case 'applied':
    case 'pending':
    case 'ambiguous':
      return inWords(inquiry);
  }
};

/**
 * Between their look and their word the other side may have moved on: its own end, or none yet, stands against them.
 * No answer can hide either, nor can a list that does not show it yet: a `once` effect waits until it can be told.
 * `ambiguous` means that asking settles nothing: people do.
 */
const contradicted = (effect: EffectRecord, event: Extract<LifeEvent, { type: 'PersonSaid' }>, rules: LifeRules): string | null => {
  if (event.asked === undefined) return null;
  const { inquiry, askedAtMs } = event.asked;
  if (inquiry.found === 'no-answer') return effect.kind === 'once' ? inWords(inquiry) : null;
  if (inquiry.found === 'absent' && event.said === 'applied' && rules.shownWhenDone === true) return inWords(inquiry);
  if (inquiry.found === 'absent') return effect.kind === 'once' ? notYetBelieved(effect, askedAtMs, rules) : null;
  const against: readonly Inquiry<unknown>['found'][] = event.said === 'applied' ? ['rejected', 'pending'] : ['applied', 'pending'];
  return against.includes(inquiry.found) ? inWords(inquiry) : null;
};

const SEND_AGAIN_NOTE = 'a person said send-again: ';
/** What people wrote down when they had a request sent again, out of its note or proof. Null: the note says something else. */
export const evidenceOfSendAgain = (note: string): string | null =>
  note.startsWith(SEND_AGAIN_NOTE) ? note.slice(SEND_AGAIN_NOTE.length) : null;

const whyNotTaken = (effect: EffectRecord, event: Extract<LifeEvent, { type: 'PersonSaid' }>, rules: LifeRules): string | null => {
  if (event.checked !== undefined) return event.checked.taken ? null : event.checked.why;
  return event.said === 'send-again' ? whyNotAgain(effect, event, rules) : contradicted(effect, event, rules);
};

/** What the other side shows counts before what people wrote down; null when it shows nothing. */
const shownResult = ({ asked, checked }: Extract<LifeEvent, { type: 'PersonSaid' }>): unknown => {
  if (checked?.taken === true) return checked.result ?? null;
  return asked?.inquiry.found === 'applied' ? asked.inquiry.result : null;
};

const personSaid = (
  effect: EffectRecord,
  event: Extract<LifeEvent, { type: 'PersonSaid' }>,
  rules: LifeRules,
  nowMs: number,
): Transition => {
  const isAgain = event.said === 'send-again';
  const note = isAgain ? `${SEND_AGAIN_NOTE}${event.evidence}` : `a person said ${event.said}: ${event.evidence}`;
  const whyNot = whyNotTaken(effect, event, rules);
  if (whyNot !== null) {
    const refusal = `${isAgain ? 'not sent again' : `not taken as ${event.said}`}: ${whyNot}`;
    return withNews(effect, refusal) ?? parked(effect, effect.note ?? refusal);
  }
  switch (event.said) {
    case 'applied':
      // A question has no result to invent: going on means asking again.
      if (effect.kind === 'read') return open({ ...effect, status: 'planned', note, dueAtMs: nowMs });
      return applied(effect, shownResult(event) ?? event.result, note);
    case 'rejected':
      return rejected(effect, event.evidence, 'person', note);
    case 'send-again':
      return open({
        ...effect,
        status: 'planned',
        generation: effect.generation + 1,
        firstSentAtMs: null,
        lastSentAtMs: null,
        plannedAtMs: nowMs,
        note,
        dueAtMs: nowMs,
      });
  }
};

/**
 * What an answer to an earlier send still proves. Under the same key an end is an end; anything less is overtaken by the
 * later send. Under an earlier key only one thing matters: it has happened although it was proven absent.
 */
const answeredLate = (
  effect: EffectRecord,
  event: Extract<LifeEvent, { type: 'Answered' }>,
  rules: LifeRules,
  nowMs: number,
): Transition | null => {
  const { outcome, of } = event;
  if (of.generation !== effect.generation) return outcome.kind === 'applied' ? parked(effect, UNDER_EARLIER_KEY) : null;
  return outcome.kind === 'applied' || outcome.kind === 'rejected' ? answered(effect, outcome, rules, nowMs) : null;
};

const onOpenAnswer = (
  effect: EffectRecord,
  event: Extract<LifeEvent, { type: 'Answered' }>,
  rules: LifeRules,
  nowMs: number,
): Transition | null =>
  event.of.generation === effect.generation && event.of.lastSentAtMs === effect.lastSentAtMs
    ? answered(effect, event.outcome, rules, nowMs)
    : answeredLate(effect, event, rules, nowMs);

const onAnswer = (
  effect: EffectRecord,
  event: Extract<LifeEvent, { type: 'Answered' }>,
  rules: LifeRules,
  nowMs: number,
): Transition | null => {
  switch (effect.status) {
    case 'accepted':
      // They have it: that no byte left, or that nobody knows, can no longer be true.
      if (effect.kind !== 'read' && (event.outcome.kind === 'retryable' || event.outcome.kind === 'unknown')) return null;
      return onOpenAnswer(effect, event, rules, nowMs);
    case 'planned':
    case 'sending':
    case 'unknown':
      return onOpenAnswer(effect, event, rules, nowMs);
    case 'parked':
      // Only people may answer, but they should know.
      return withNews(effect, `since then the answer came: ${event.outcome.kind}`);
    case 'applied':
    case 'rejected':
      return null;
  }
};

const onInquiry = (
  effect: EffectRecord,
  event: Extract<LifeEvent, { type: 'Inquired' }>,
  rules: LifeRules,
  nowMs: number,
): Transition | null => {
  if (effect.status === 'applied' || effect.status === 'rejected') return null;
  if (event.of.generation !== effect.generation) {
    if (event.inquiry.found !== 'applied') return null;
    return effect.status === 'parked' ? withNews(effect, UNDER_EARLIER_KEY) : parked(effect, UNDER_EARLIER_KEY);
  }
  // Only people may answer, but they should know.
  if (effect.status === 'parked') return withNews(effect, `asked since: ${inWords(event.inquiry)}`);
  return effect.status === 'unknown' || effect.status === 'accepted'
    ? inquired(effect, event.inquiry, event.askedAtMs, rules, nowMs)
    : null;
};

/** The effect after an event, or null when the event says nothing about an effect in this status. */
export const transition = (effect: EffectRecord, event: LifeEvent, rules: LifeRules, nowMs: number): Transition | null => {
  const { status } = effect;
  switch (event.type) {
    case 'Sending':
      if (status !== 'planned' && !(status === 'unknown' && carefulMove(rules) === 'send-again')) return null;
      return open({
        ...effect,
        status: 'sending',
        attempt: effect.attempt + 1,
        firstSentAtMs: effect.firstSentAtMs ?? nowMs,
        lastSentAtMs: nowMs,
        dueAtMs: null,
      });
    case 'Answered':
      return onAnswer(effect, event, rules, nowMs);
    case 'Inquired':
      return onInquiry(effect, event, rules, nowMs);
    case 'Orphaned':
      if (status !== 'sending') return null;
      if (effect.kind === 'read') return open({ ...effect, status: 'planned', note: 'its process is gone', dueAtMs: nowMs });
      return unknown({ ...effect, attempt: 0 }, 'its process is gone; it may have been sent', rules, nowMs);
    case 'PersonSaid':
      return status === 'parked' && event.generation === effect.generation ? personSaid(effect, event, rules, nowMs) : null;
  }
};

/** What is to be done with an effect that is due. One that is parked is never due by itself: somebody brought news of it. */
export const dueMove = (effect: EffectRecord, rules: Pick<LifeRules, 'whenUnknown' | 'ability'>): 'send' | 'inquire' | 'nothing' => {
  switch (effect.status) {
    case 'planned':
      return 'send';
    case 'accepted':
      return effect.kind === 'read' ? 'send' : 'inquire';
    case 'unknown':
      return carefulMove(rules) === 'send-again' ? 'send' : 'inquire';
    case 'parked':
      return effect.kind === 'read' ? 'nothing' : 'inquire';
    case 'sending':
    case 'applied':
    case 'rejected':
      return 'nothing';
  }
};
