/** What a run asks of the operator service, as one named operator. */
import { z } from 'zod';
import { randomUUID } from 'node:crypto';
import type { ActFacts } from '../../contracts/internal/acts.js';
import { operatorDecision } from '../../contracts/internal/events.js';
import { integerToken } from '../../contracts/tokens.js';
import { parseJson, printJson, type Printable } from '../../shared/kernel/json.js';
import { textHash } from '../../shared/runtime/signing/signed-act.js';
import { signatureOf, type TestPerson } from '../support/signing-people.js';
import type { Facts } from './facts.js';

const journey = z.object({
  id: z.string(),
  journey: z.string(),
  portfolioId: z.string(),
  status: z.string(),
  waitsFor: z.string().optional(),
  reason: z.string().optional(),
  ended: z.boolean(),
});
const parkedEffect = z.object({
  effectId: z.string(),
  service: z.string(),
  generation: integerToken,
  journeyId: z.string(),
  portfolioId: z.string(),
  effect: z.string(),
  note: z.string().nullable(),
  reference: z.string().nullable(),
  amount: z.string().nullable(),
  act: z
    .unknown()
    .optional()
    .transform((act) => act !== undefined && act !== null),
});
const deadLetter = z.object({
  eventId: z.string(),
  service: z.string(),
  portfolioId: z.string().nullable(),
  reason: z.string(),
  attempts: z.unknown().transform(String),
  waiting: z.unknown().transform(String),
});
const page = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), more: z.boolean() });
const act = z.object({ id: z.string(), madeBy: z.string(), needsSecond: z.boolean(), approvedBy: z.string().nullable() });

/** With what people need for an answer. `act`: somebody has answered, and it is under way or was not taken. */
export type AnswerableEffect = z.output<typeof parkedEffect>;
/** `attempts`: how often it went to quarantine; a correction is signed for this time only. */
export type WaitingLetter = z.output<typeof deadLetter>;
export type WaitingAct = z.output<typeof act>;

export interface OperatorClient {
  readonly facts: () => Promise<Facts>;
  readonly parked: () => Promise<readonly AnswerableEffect[]>;
  readonly deadLetters: () => Promise<readonly WaitingLetter[]>;
  /** Acts that wait for a second person. */
  readonly waitingActs: () => Promise<readonly WaitingAct[]>;
  readonly replay: (letter: {
    readonly eventId: string;
    readonly service: string;
    readonly attempts: string;
    readonly body: string;
    readonly why: string;
  }) => Promise<void>;
  readonly answer: (
    effect: Pick<AnswerableEffect, 'effectId' | 'service' | 'generation'>,
    answer: 'applied' | 'rejected',
    evidence: string,
  ) => Promise<void>;
  readonly approve: (actId: string) => Promise<void>;
  /** The chain of the operators' audit log is whole. */
  readonly auditHolds: () => Promise<boolean>;
  /** All that is known of a portfolio, as JSON. */
  readonly timeline: (portfolioId: string) => Promise<string>;
}

/** What was seen a moment ago has been decided since: nothing is left to do. */
const DECIDED_SINCE = ['nothing-selected', 'not-parked', 'decided-before', 'changed-since'];

/** The largest page that the service gives. More open journeys than this and the verdict would be about a part only. */
const PAGE = 1_000;
const TIMEOUT_MS = 20_000;

/** Every method throws an Error with the service's own words when it says no. */
export const createOperatorClient = (url: string, person: TestPerson): OperatorClient => {
  const ask = async <Schema extends z.ZodType>(schema: Schema, path: string, content?: Printable): Promise<z.output<Schema>> => {
    const answer = await fetch(`${url}${path}`, {
      method: content === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${person.token}`, ...(content === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(content === undefined ? {} : { body: printJson(content) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`operator service: ${path} answered ${answer.status}: ${text}`);
    return schema.parse(parseJson(text));
  };
  const whole = async <Item extends z.ZodType>(item: Item, path: string): Promise<readonly z.output<Item>[]> => {
    const { items, more } = await ask(page(item), `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}`);
    if (more) throw new Error(`operator service: more than ${PAGE} items at ${path}`);
    return items;
  };
  /** Posts what one person decides. */
  const decide = async (path: string, content: Printable): Promise<void> => {
    try {
      await ask(z.unknown(), path, content);
    } catch (error) {
      if (!(error instanceof Error) || !DECIDED_SINCE.some((code) => error.message.includes(`"${code}"`))) throw error;
    }
  };
  /** The facts that an act asks to be signed; null when it was decided since. */
  const asked = async (id: string): Promise<ActFacts | null> => {
    try {
      return (
        await ask(
          z.object({
            asks: z.custom<ActFacts>((facts) => operatorDecision.safeParse({ ...(facts as object), correctedValue: null }).success),
          }),
          `/acts/approval?id=${id}`,
        )
      ).asks;
    } catch (error) {
      if (error instanceof Error && DECIDED_SINCE.some((code) => error.message.includes(`"${code}"`))) return null;
      throw error;
    }
  };
  const parked = (): Promise<readonly AnswerableEffect[]> => whole(parkedEffect, '/effects?parked=true');
  const deadLetters = (): Promise<readonly WaitingLetter[]> => whole(deadLetter, '/dead-letters');
  return {
    facts: async () => {
      const [journeys, effects, letters] = await Promise.all([whole(journey, '/journeys?which=open'), parked(), deadLetters()]);
      return { journeys, parked: effects, deadLetters: letters };
    },
    parked,
    deadLetters,
    waitingActs: async () => (await ask(z.object({ items: z.array(act) }), `/acts?waiting=true&limit=${PAGE}`)).items,
    replay: ({ eventId, service, attempts, body, why }) => {
      const facts = { actId: randomUUID(), service, eventId, attempts, text: textHash(body) };
      const signature = signatureOf(person, { kind: 'replay-dead-letter', ...facts, why }, 'asks');
      return decide('/dead-letters/replay', { acts: [{ ...facts, signature }], body, why });
    },
    answer: ({ effectId, service, generation }, answer, evidence) => {
      const facts = { actId: randomUUID(), effectId, generation, answer, evidence };
      const signature = signatureOf(person, { kind: 'answer-effect', service, ...facts }, 'asks');
      return decide('/effects/answer', { ...facts, generation: String(generation), signature });
    },
    approve: async (id) => {
      // Whoever approves signs what they were shown; here they trust the service, as the tests of the command line do not.
      const facts = await asked(id);
      if (facts !== null) await decide('/acts/approve', { id, approval: signatureOf(person, facts, 'approves') });
    },
    auditHolds: async () => (await ask(z.object({ whole: z.boolean() }), '/audit/verification')).whole,
    timeline: async (portfolioId) => JSON.stringify(await ask(z.unknown(), `/journeys/${portfolioId}`), null, 1),
  };
};
