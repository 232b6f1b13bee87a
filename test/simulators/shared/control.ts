import type { Router } from 'express';
import { z } from 'zod';
import { decimalToken, integerToken, problemsOf } from '../../../contracts/tokens.js';
import type { Printable } from '../../../shared/kernel/json.js';
import type { Book } from './book.js';
import { served, type Answer, type Call } from './http.js';
import type { FaultBoard, FaultRule } from './faults.js';
import { createWebhookSender, type Attempt, type Delivery, type WebhookSender } from './webhook.js';

/** Where callbacks go. The address may be given later: what was said before waits. */
export type Outlet = {
  readonly send: (delivery: Delivery) => void;
  readonly aim: (urlFor: (path: string) => string | null, secret: string) => Promise<void>;
  readonly waiting: () => number;
  readonly attempts: () => readonly Attempt[];
  readonly stop: () => Promise<void>;
};

const MOST_KEPT = 10_000;

/** One sender for one path, of an address that may change. */
export const createOutlet = (nowMs: () => number, path: string): Outlet => {
  let sender: WebhookSender | null = null;
  let kept: Delivery[] = [];
  let attempts: Attempt[] = [];
  return {
    send: (delivery) => {
      if (sender !== null) sender.send(delivery);
      else if (kept.length < MOST_KEPT) kept.push(delivery);
    },
    aim: async (urlFor, secret) => {
      await sender?.stop();
      const url = urlFor(path);
      sender =
        url === null
          ? null
          : createWebhookSender({
              url,
              secret,
              nowMs,
              onAttempt: (attempt) => {
                attempts = [...attempts.slice(-MOST_KEPT), attempt];
              },
            });
      if (sender === null) return;
      const waiting = kept;
      kept = [];
      for (const delivery of waiting) sender.send(delivery);
    },
    waiting: () => kept.length + (sender?.waiting() ?? 0),
    attempts: () => attempts,
    stop: async () => {
      await sender?.stop();
    },
  };
};

const wholeNumber = integerToken.optional();
const faultRule = z.strictObject({
  fault: z.string(),
  operation: z.string().optional(),
  subject: z.string().optional(),
  times: wholeNumber,
  count: wholeNumber,
  skip: wholeNumber,
  probability: decimalToken.transform((value) => Number(value)).optional(),
  delayMs: wholeNumber,
  detail: z.string().optional(),
});

const ruleFrom = (body: unknown): FaultRule<string> | string => {
  const parsed = faultRule.safeParse(body);
  if (!parsed.success) return problemsOf(parsed.error).join('; ');
  const { count, ...rule } = parsed.data;
  const entries = Object.entries({ ...rule, times: rule.times ?? count }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as FaultRule<string>;
};

export const bad = (detail: string): Answer => ({ status: 400, body: { title: 'bad request', detail } });
export const missing = (): Answer => ({ status: 404, body: { title: 'not found' } });
export const done = (body: Printable = {}): Answer => ({ status: 200, body });

/** A body of this shape, or a 400 that says what is wrong with it. */
export const reading =
  <Schema extends z.ZodType>(schema: Schema, handle: (body: z.output<Schema>, call: Call) => Answer | Promise<Answer>) =>
  (call: Call): Answer | Promise<Answer> => {
    const parsed = schema.safeParse(call.body ?? {});
    return parsed.success ? handle(parsed.data, call) : bad(problemsOf(parsed.error).join('; '));
  };

/** One of this shape or an array of them. */
export const readingList = <Schema extends z.ZodType>(
  schema: Schema,
  handle: (items: readonly z.output<Schema>[], call: Call) => Answer,
): ((call: Call) => Answer | Promise<Answer>) => {
  const read = reading(z.array(schema), handle);
  return (call) => read({ ...call, body: Array.isArray(call.body) ? call.body : [call.body] });
};

/** `POST /simulator/faults` one rule or an array of them, `GET`, `DELETE` all or one by id. */
export const addFaultRoutes = <Name extends string>(router: Router, board: () => FaultBoard<Name>): void => {
  router.post(
    '/simulator/faults',
    served((call) => {
      const rules = (Array.isArray(call.body) ? (call.body as readonly unknown[]) : [call.body]).map(ruleFrom);
      const wrong =
        rules.find((rule) => typeof rule === 'string') ??
        rules
          .map((rule) => (rule as FaultRule<string>).fault)
          .filter((fault) => !(board().names as readonly string[]).includes(fault))
          .map((fault) => `no fault is called ${fault}; there are ${board().names.join(', ')}`)[0];
      if (typeof wrong === 'string') return bad(wrong);
      return { status: 201, body: { ids: rules.map((rule) => board().switchOn(rule as FaultRule<Name>)) } };
    }),
  );
  router.get(
    '/simulator/faults',
    served(() => ({
      status: 200,
      body: {
        names: board().names,
        on: board()
          .list()
          .map((rule) => ({ ...rule, probability: rule.probability === undefined ? undefined : String(rule.probability) })),
      },
    })),
  );
  router.delete(
    '/simulator/faults',
    served(() => {
      board().clear();
      return { status: 204 };
    }),
  );
  router.delete(
    '/simulator/faults/:id',
    served((call) => ({ status: board().switchOff(Number.parseInt(call.params['id'] ?? '', 10)) ? 204 : 404 })),
  );
};

export type Desk<Name extends string> = {
  readonly board: () => FaultBoard<Name>;
  readonly books: () => Readonly<Record<string, Pick<Book<never>, 'name'> & { readonly all: () => readonly object[] }>>;
  readonly verdict: () => Printable;
} & Controls;

/** What a simulator's own server does for its desk. */
export type Controls = {
  readonly deliveries: () => Printable;
  readonly aim: (url: string | null, secret: string | null) => Promise<void>;
  readonly reset: (seed: number | null) => void;
};

/** What every simulator offers besides its own: faults, where callbacks go, books, verdict, reset, health. */
export const addDeskRoutes = <Name extends string>(router: Router, desk: Desk<Name>): void => {
  addFaultRoutes(router, desk.board);
  router.post(
    '/simulator/webhook',
    served(
      reading(z.strictObject({ url: z.string().nullable(), secret: z.string().optional() }), async (body) => {
        await desk.aim(body.url, body.secret ?? null);
        return done();
      }),
    ),
  );
  router.get(
    '/simulator/deliveries',
    served(() => done(desk.deliveries())),
  );
  router.get(
    '/simulator/books',
    served(() => done(Object.fromEntries(Object.values(desk.books()).map((book) => [book.name, book.all() as Printable])))),
  );
  router.get(
    '/simulator/verdict',
    served(() => done(desk.verdict())),
  );
  router.post(
    '/simulator/reset',
    served(
      reading(z.strictObject({ seed: decimalToken.optional() }), (body) => {
        desk.reset(body.seed === undefined ? null : Number.parseInt(body.seed, 10));
        return done();
      }),
    ),
  );
  router.get(
    '/health/live',
    served(() => done({ status: 'live' })),
  );
};

/** Timers that can all be ended at once. They do not keep the process alive. */
export const createTimers = (): { readonly after: (delayMs: number, then: () => void) => void; readonly clear: () => void } => {
  const timers = new Set<NodeJS.Timeout>();
  return {
    after: (delayMs, then) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        then();
      }, delayMs);
      timer.unref();
      timers.add(timer);
    },
    clear: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
};
