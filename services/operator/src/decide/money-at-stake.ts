/**
 * What would happen if a dead letter ran again, and whether one person may let it run.
 *
 * The rule: a message whose content is believed may move money, so two people let it run. A message that only makes us
 * read again at the source moves nothing by itself, so one person suffices. A corrected message was written by a person:
 * it needs two wherever more than an id is taken from it. Which message is which, the list of services says; what it does not list is believed.
 */
import { parseValue } from '../../../../contracts/internal/envelope.js';
import { mayMoveMoney } from '../../../../contracts/internal/acts.js';
import { mayCallOf, outsideSystems, takenFrom } from '../../../../contracts/internal/services.js';
import { parseDecimal, plus, type Decimal } from '../../../../shared/kernel/decimal.js';
import { JsonNumber, type Json } from '../../../../shared/kernel/json.js';
import type { DeadLetter, JourneyRow } from './operator.js';

type Step = { readonly flow: string; readonly input: string };

export type AtStake = { readonly amount: string; readonly currency: string };
export type PreviewedJourney = {
  readonly id: string;
  readonly journey: string;
  readonly status: string;
  readonly amount?: string;
  readonly currency?: string;
};
export type PreviewItem = {
  readonly eventId: string;
  readonly service: string;
  readonly topic: string;
  readonly portfolioId: string | null;
  readonly reason: string;
  /** False: it can only be discarded. */
  readonly canRun: boolean;
  readonly step: { readonly journey: string; readonly input: string } | null;
  /** Open journeys that the step would reach; none means that one may open. */
  readonly journeys: readonly PreviewedJourney[];
  readonly mayCall: readonly string[];
  readonly needsSecond: boolean;
  readonly because: string;
  /** Money of these journeys, or of the message where no journey is open; null when nobody can say. */
  readonly atStake: AtStake | null;
};

type Told = { readonly [key: string]: Json };
const isObject = (value: Json | undefined): value is Told =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

const parsed = (value: string): Told | null => {
  try {
    const json = parseValue(value);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
};

/**
 * Amount and currency as the message says them in our words. They are its own, those of the level that is asked for, or of money
 * that came back. Only to show people, never to decide by. A message of the first release is in its sender's words: nobody can say.
 */
const saidAmount = (value: string): AtStake | null => {
  const content = parsed(value)?.['data'];
  if (!isObject(content)) return null;
  const { amount, level, return: back, currency } = content;
  if (isObject(back)) return shownAmount(back['amount'], back['currency']);
  if (!isObject(level)) return shownAmount(amount, currency);
  return level['kind'] === 'everything' ? { amount: 'everything', currency: textOf(currency) } : shownAmount(level['amount'], currency);
};
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const shownAmount = (amount: Json | undefined, currency: Json | undefined): AtStake | null => {
  const exact = parseDecimal(amount instanceof JsonNumber ? amount.raw : textOf(amount));
  return exact === null ? null : { amount: exact, currency: textOf(currency) };
};

const ownStep = (value: string): Step => {
  const told = parsed(value);
  const flow = told?.['tells'];
  const input = isObject(told?.['input']) ? told['input']['type'] : undefined;
  return { flow: typeof flow === 'string' ? flow : 'unknown', input: typeof input === 'string' ? input : 'unknown' };
};

const stepOf = (letter: Letter): Step | null => {
  if (letter.service === 'gateway') return null;
  if (letter.topic === 'own') return ownStep(letter.value);
  const taken = takenFrom(letter.service, letter.topic);
  return taken === null ? { flow: 'unknown', input: 'unknown' } : { flow: taken.flow, input: taken.becomes };
};

const moneyOf = (journeys: readonly ReachedJourney[]): AtStake | null => {
  const [first] = journeys.flatMap(({ amount, currency }) => (amount === null ? [] : [{ amount, currency: currency ?? '' }]));
  return first ?? null;
};

const shown = ({ id, flow, status, amount, currency }: ReachedJourney): PreviewedJourney => ({
  id,
  journey: flow,
  status,
  ...(amount === null ? {} : { amount }),
  ...(currency === null ? {} : { currency }),
});

const GATEWAY_ONLY_DISCARDS =
  'the gateway could not read this body, so no event came of it: ask the sender to send it again, then discard it';

const becauseOf = (believed: boolean, corrected: boolean): string => {
  if (!believed) return 'it only makes us read again at the source';
  return corrected ? 'what a person writes into it would be believed' : 'what it says is believed and may move money';
};

/** What is asked of a letter and of a journey here. */
export type Letter = Pick<DeadLetter, 'eventId' | 'service' | 'topic' | 'portfolioId' | 'reason' | 'value'>;
export type ReachedJourney = Pick<JourneyRow, 'id' | 'flow' | 'status' | 'amount' | 'currency'>;

/**
 * `open` are the open journeys of the letter's portfolio in the letter's service. At stake is what the text that runs says.
 * Of a correction that is the corrected amount, whatever the stored text or the open journey had.
 */
export const previewOf = (letter: Letter, corrected: string | null, open: readonly ReachedJourney[]): PreviewItem => {
  const { eventId, service, topic, portfolioId, reason } = letter;
  const step = stepOf(letter);
  const common = { eventId, service, topic, portfolioId, reason };
  if (step === null)
    return {
      ...common,
      canRun: false,
      step: null,
      journeys: [],
      mayCall: [],
      needsSecond: false,
      because: GATEWAY_ONLY_DISCARDS,
      atStake: null,
    };
  const reached = open.filter(({ flow }) => flow === step.flow);
  const believed = mayMoveMoney({ service, topic, corrected: corrected !== null });
  return {
    ...common,
    canRun: true,
    step: { journey: step.flow, input: step.input },
    journeys: reached.map(shown),
    mayCall: mayCallOf(step.flow) ?? outsideSystems,
    needsSecond: believed,
    because: becauseOf(believed, corrected !== null),
    atStake: corrected === null ? (moneyOf(reached) ?? saidAmount(letter.value)) : (saidAmount(corrected) ?? moneyOf(reached)),
  };
};

/** Totals per currency over distinct journeys and messages. What nobody can say is not in them. */
export const totalsOf = (items: readonly PreviewItem[]): readonly AtStake[] => {
  const counted = new Set<string>();
  const totals = new Map<string, Decimal>();
  for (const { atStake, journeys, eventId } of items) {
    const whose = journeys[0]?.id ?? eventId;
    const amount = atStake === null ? null : parseDecimal(atStake.amount);
    if (atStake === null || amount === null || counted.has(whose)) continue;
    counted.add(whose);
    const before = totals.get(atStake.currency);
    totals.set(atStake.currency, before === undefined ? amount : plus(before, amount));
  }
  return [...totals].map(([currency, amount]) => ({ amount, currency }));
};

/** Why a corrected body is not taken, or null. It must stay the same event of the same portfolio. */
export const correctionProblem = (letter: DeadLetter, body: string): string | null => {
  const message = parsed(body);
  if (message === null) return 'the corrected body is not a JSON object';
  if (message['id'] !== letter.eventId) return `the corrected body must keep the event id ${letter.eventId}`;
  const portfolioId = message['portfolioId'] ?? null;
  const unfiled = letter.portfolioId === null || letter.portfolioId === '' || letter.portfolioId === letter.eventId;
  if (portfolioId !== null && !unfiled && portfolioId !== letter.portfolioId)
    return `the corrected body must stay with portfolio ${letter.portfolioId}`;
  return null;
};
