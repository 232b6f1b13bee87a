/**
 * One request, carried to its end by the real effect life, as boldly as the adapter's declaration allows: a flow may be
 * more careful, never less. Time is real; the figures are small.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { dueMove, transition, type EffectRecord, type LifeRules, type Transition } from '../../shared/kernel/effect-life.js';
import type { Inquiry, OperationAbility, Outcome, Sending } from '../../shared/kernel/outcome.js';
import { effectKey } from '../../shared/runtime/engine/identity.js';

/** One request of one operation of a port. */
export type Write = {
  readonly ability: OperationAbility;
  readonly send: (sending: Sending) => Promise<Outcome<unknown>>;
  readonly inquire: (sending: Sending) => Promise<Inquiry<unknown>>;
};

/** Total time of one request whose answer is not to come in time. */
export const TIMEOUT_MS = 400;
/** Total time of any other: a busy machine must not look like a broken line. */
export const PATIENT_MS = 30_000;
/** What adapters are told to declare as longest life, so that a test can wait for it. */
export const LONGEST_LIFE_MS = 1_200;
const MOST_MOVES = 60;
const WITHIN_MS = 30_000;

export type Carried = {
  readonly end: 'applied' | 'rejected' | 'parked' | 'open';
  readonly result: unknown;
  readonly outcomes: readonly Outcome<unknown>[];
  readonly inquiries: readonly Inquiry<unknown>[];
  /** For people: every move and its answer. */
  readonly story: readonly string[];
};

export const sendingOf = (key: string, firstSentAtMs = Date.now(), timeoutMs = PATIENT_MS): Sending => ({
  key,
  signal: AbortSignal.timeout(timeoutMs),
  firstSentAtMs,
});

const planned = (key: string, nowMs: number): EffectRecord => ({
  id: key,
  name: 'carried',
  kind: 'once',
  status: 'planned',
  generation: 1,
  attempt: 0,
  reference: null,
  plannedAtMs: nowMs,
  firstSentAtMs: null,
  lastSentAtMs: null,
  dueAtMs: nowMs,
  note: null,
});

const endOf = (effect: EffectRecord): Carried['end'] =>
  effect.status === 'applied' || effect.status === 'rejected' || effect.status === 'parked' ? effect.status : 'open';

export type CarryOptions = {
  /** What our clock shows, where it is off. */
  readonly nowMs?: () => number;
  /** Of each request. Default `PATIENT_MS`. */
  readonly timeoutMs?: number;
};

export const carry = async (
  write: Write,
  key: string,
  { nowMs = Date.now, timeoutMs = PATIENT_MS }: CarryOptions = {},
): Promise<Carried> => {
  const rules: LifeRules = {
    whenUnknown: 'send-again',
    ability: { ...write.ability, longestLifeMs: write.ability.longestLifeMs + TIMEOUT_MS },
    firstWaitMs: 40,
    longestWaitMs: 100,
    patienceMs: WITHIN_MS,
  };
  const outcomes: Outcome<unknown>[] = [];
  const inquiries: Inquiry<unknown>[] = [];
  const story: string[] = [];
  const endsAtMs = nowMs() + WITHIN_MS;
  let effect = planned(key, nowMs());
  let result: unknown = null;
  const take = (lived: Transition | null, what: string): void => {
    if (lived !== null) effect = lived.effect;
    if (lived?.end === 'applied') result = lived.result;
    story.push(`${what} -> ${effect.status}`);
  };
  for (let moves = 0; moves < MOST_MOVES && nowMs() < endsAtMs; moves++) {
    if (effect.dueAtMs !== null && effect.dueAtMs > nowMs()) await pause(Math.min(effect.dueAtMs, endsAtMs) - nowMs());
    const move = dueMove(effect, rules);
    if (move === 'nothing') break;
    if (move === 'send') take(transition(effect, { type: 'Sending' }, rules, nowMs()), 'sending');
    const of = effect;
    const sending = sendingOf(effectKey(key, of.generation), of.firstSentAtMs ?? of.plannedAtMs, timeoutMs);
    if (move === 'send') {
      const outcome = await write.send(sending);
      outcomes.push(outcome);
      take(transition(effect, { type: 'Answered', outcome, of }, rules, nowMs()), `answered ${JSON.stringify(outcome)}`);
    } else {
      const askedAtMs = nowMs();
      const inquiry = await write.inquire(sending);
      inquiries.push(inquiry);
      take(transition(effect, { type: 'Inquired', inquiry, askedAtMs, of }, rules, nowMs()), `inquired ${JSON.stringify(inquiry)}`);
    }
  }
  return { end: endOf(effect), result, outcomes, inquiries, story };
};
