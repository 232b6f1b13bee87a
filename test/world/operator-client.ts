/** What the demo asks of the operator service, as one named operator. */
import { z } from 'zod';
import { parseJson, printJson, type Printable } from '../../shared/kernel/json.js';
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
  journeyId: z.string(),
  portfolioId: z.string(),
  effect: z.string(),
  note: z.string().nullable(),
});
const deadLetter = z.object({
  eventId: z.string(),
  service: z.string(),
  portfolioId: z.string().nullable(),
  reason: z.string(),
  waiting: z.unknown().transform(String),
});
const page = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), more: z.boolean() });
const acts = z.object({ items: z.array(z.object({ id: z.string(), needsSecond: z.boolean(), approvedBy: z.string().nullable() })) });
export type MadeAct = z.output<typeof acts>['items'][number];

export interface OperatorClient {
  readonly facts: () => Promise<Facts>;
  readonly replay: (letter: {
    readonly eventId: string;
    readonly service: string;
    readonly body: string;
    readonly why: string;
  }) => Promise<readonly MadeAct[]>;
  readonly answer: (effectId: string, answer: 'applied' | 'rejected', evidence: string) => Promise<readonly MadeAct[]>;
  readonly approve: (actId: string) => Promise<void>;
}

/** The largest page that the service gives. More open journeys than this and the verdict would be about a part only. */
const PAGE = 1_000;
const TIMEOUT_MS = 20_000;

/** Every method throws an Error with the service's own words when it says no. */
export const createOperatorClient = (url: string, token: string): OperatorClient => {
  const ask = async <Schema extends z.ZodType>(schema: Schema, path: string, content?: Printable): Promise<z.output<Schema>> => {
    const answer = await fetch(`${url}${path}`, {
      method: content === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...(content === undefined ? {} : { 'content-type': 'application/json' }) },
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
  return {
    facts: async () => {
      const [journeys, parked, deadLetters] = await Promise.all([
        whole(journey, '/journeys?which=open'),
        whole(parkedEffect, '/effects?parked=true'),
        whole(deadLetter, '/dead-letters'),
      ]);
      return { journeys, parked, deadLetters };
    },
    replay: async (letter) => (await ask(acts, '/dead-letters/replay', letter)).items,
    answer: async (effectId, answer, evidence) => (await ask(acts, '/effects/answer', { effectId, answer, evidence })).items,
    approve: async (actId) => {
      await ask(z.unknown(), '/acts/approve', { id: actId });
    },
  };
};
