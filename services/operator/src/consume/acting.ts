/** What operators ask for. Every act has a reason and a name; what may move money waits for a second person. */
import type { Express } from 'express';
import { z } from 'zod';
import { correctionProblem, previewOf, totalsOf, type PreviewItem } from '../decide/money-at-stake.js';
import {
  ACT_KINDS,
  QUARANTINES,
  targetOf,
  type Act,
  type Acting,
  type ActKind,
  type DeadLetter,
  type MadeAct,
  type NewAct,
  type Reading,
} from '../decide/operator.js';
import { operatorOf } from './authentication.js';
import { bodyOf, exchange, ok, Refusal, words, type Answer } from './exchange.js';
import { actShown, jobShown } from './looking.js';

/** At most so many at once; the rest is left for the next time. */
const LARGEST_JOB = 500;
/** A message of ours goes inside another one, where quotes take two characters. */
const LONGEST_CORRECTION = 400_000;
const LONGEST_WHY = 900;
const LONGEST_EVIDENCE = 900;

const selection = z
  .object({
    eventId: words(200).optional(),
    topic: words(200).optional(),
    reason: words(200).optional(),
    all: z.literal(true).optional(),
    service: z.enum(QUARANTINES).optional(),
    /** The corrected value of the whole message, as text. */
    body: z.string().max(LONGEST_CORRECTION).optional(),
  })
  .refine(
    ({ eventId, topic, reason, all }) => [eventId, topic, reason, all].some((one) => one !== undefined),
    'select by eventId, topic, reason or all',
  )
  .refine(({ eventId, body }) => body === undefined || eventId !== undefined, 'a corrected body belongs to one eventId');
type Selection = z.output<typeof selection>;

const why = words(LONGEST_WHY);
const replay = z.intersection(selection, z.object({ why }));
const discard = z.object({ eventId: words(200), service: z.enum(QUARANTINES).optional(), why });
const answer = z.object({ effectId: words(300), answer: z.enum(['applied', 'rejected', 'send-again']), evidence: words(LONGEST_EVIDENCE) });
const approval = z.object({ id: words(300), kind: z.enum(ACT_KINDS).optional() });
const withdrawal = z.object({ id: z.string().regex(/^\d{1,18}$/, 'not the number of an act'), why });

export type ActingTools = {
  readonly reading: Reading;
  readonly acting: Acting;
  /** Something may be ready to be carried out. */ readonly wake: () => void;
};
type Selected = { readonly letter: DeadLetter; readonly preview: PreviewItem };

const select = async (
  reading: Reading,
  { eventId, topic, reason, service, body }: Selection,
): Promise<{ readonly selected: readonly Selected[]; readonly more: boolean }> => {
  const { items, more } = await reading.deadLetters({ eventId, topic, reason, service, resolvedToo: false, limit: LARGEST_JOB });
  if (items.length === 0) throw new Refusal(404, 'nothing-selected', 'No open dead letter fits this selection');
  for (const letter of items) {
    const problem = body === undefined || letter.service === 'gateway' ? null : correctionProblem(letter, body);
    if (problem !== null) throw new Refusal(422, 'correction-refused', 'The corrected body is not taken', problem);
  }
  const open = await reading.openJourneysOf([...new Set(items.flatMap(({ portfolioId }) => (portfolioId === null ? [] : [portfolioId])))]);
  const selected = items.map((letter) => {
    const own = open.filter((journey) => journey.service === letter.service && journey.portfolioId === letter.portfolioId);
    return { letter, preview: previewOf(letter, body ?? null, own) };
  });
  return { selected, more };
};

const replayAct = ({ letter, preview }: Selected, by: string, because: string, body: string | undefined): NewAct => ({
  kind: 'replay-dead-letter',
  target: targetOf(letter.service, letter.eventId),
  details: {
    service: letter.service,
    eventId: letter.eventId,
    topic: letter.topic,
    portfolioId: letter.portfolioId,
    attempts: String(letter.attempts),
    correctedValue: body ?? null,
    rule: preview.because,
  },
  why: because,
  by,
  needsSecond: preview.needsSecond,
});

/** What stands open already is shown as it stands: asking twice is asking once. */
const accepted = async (
  reading: Reading,
  { job, made }: { readonly job: string; readonly made: readonly MadeAct[] },
  more: boolean,
): Promise<Answer> => {
  const items = await jobShown(
    reading,
    made.map(({ act }) => act),
  );
  return { status: 202, body: { job, items: items.map((item, index) => ({ ...item, already: made[index]?.already ?? false })), more } };
};

const actOnLetters = (app: Express, { reading, acting, wake }: ActingTools): void => {
  app.post(
    '/dead-letters/preview',
    exchange(async (request) => {
      const { selected, more } = await select(reading, await bodyOf(selection, request));
      const items = selected.map(({ preview }) => preview);
      return ok({ items, atStake: totalsOf(items), needSecond: items.filter(({ needsSecond }) => needsSecond).length, more });
    }),
  );
  app.post(
    '/dead-letters/replay',
    exchange(async (request, response) => {
      const wanted = await bodyOf(replay, request);
      const { selected, more } = await select(reading, wanted);
      const runnable = selected.filter(({ preview }) => preview.canRun);
      if (runnable.length === 0) throw new Refusal(409, 'cannot-run', 'Nothing of this can run again', selected[0]?.preview.because);
      const done = await acting.make(runnable.map((one) => replayAct(one, operatorOf(response), wanted.why, wanted.body)));
      wake();
      return accepted(reading, done, more);
    }),
  );
  app.post(
    '/dead-letters/discard',
    exchange(async (request, response) => {
      const { eventId, service, why: because } = await bodyOf(discard, request);
      const by = operatorOf(response);
      const { items } = await reading.deadLetters({ eventId, service, resolvedToo: false, limit: QUARANTINES.length });
      if (items.length === 0) throw new Refusal(404, 'dead-letter-unknown', 'No open dead letter has this event id');
      const [kept, others] = [items.filter((one) => one.service === 'gateway'), items.filter((one) => one.service !== 'gateway')];
      for (const letter of kept) await acting.closeKeptBody(letter.eventId, by, because);
      const acts = others.map((letter): NewAct => ({
        kind: 'discard-dead-letter',
        target: targetOf(letter.service, letter.eventId),
        details: {
          service: letter.service,
          eventId,
          topic: letter.topic,
          portfolioId: letter.portfolioId,
          attempts: String(letter.attempts),
        },
        why: because,
        by,
        needsSecond: false,
      }));
      if (acts.length === 0)
        return ok({ job: null, items: [{ target: targetOf('gateway', eventId), result: 'discarded', settled: true }], more: false });
      const done = await acting.make(acts);
      wake();
      return accepted(reading, done, false);
    }),
  );
};

/** By the number of the act, or by what it is about. */
const actToApprove = async (reading: Reading, id: string, kind: ActKind | undefined): Promise<Act> => {
  const waiting = await reading.acts({ kind, waitingOnly: true, limit: 1_000 });
  const meant = waiting.filter((act) => act.id === id || act.target.slice(act.target.indexOf('/') + 1) === id || act.target === id);
  if (meant.length > 1)
    throw new Refusal(
      409,
      'several-acts',
      'Several acts are meant; approve by number',
      meant.map((act) => `${act.id} (${act.target})`).join(', '),
    );
  const [act] = meant.length === 0 && /^\d{1,18}$/.test(id) ? await reading.acts({ id, kind, waitingOnly: false, limit: 1 }) : meant;
  if (act === undefined) throw new Refusal(404, 'act-unknown', 'Nothing of this id waits for a second person');
  return act;
};

const approve = async ({ reading, acting, wake }: ActingTools, wanted: z.output<typeof approval>, who: string): Promise<Answer> => {
  const { id } = await actToApprove(reading, wanted.id, wanted.kind);
  const done = await acting.approve(id, who);
  switch (done.kind) {
    case 'approved':
      wake();
      return { status: 202, body: { job: done.act.job, items: await jobShown(reading, [done.act]), more: false } };
    case 'same-person':
      throw new Refusal(403, 'same-person', `${who} asked for this; a different person must approve it`);
    case 'decided':
      throw new Refusal(409, 'decided-before', 'This act does not wait for anybody any more');
    case 'unknown':
      throw new Refusal(404, 'act-unknown', 'There is no such act');
  }
};

export const acting = (app: Express, tools: ActingTools): void => {
  const { reading } = tools;
  actOnLetters(app, tools);
  app.post(
    '/effects/answer',
    exchange(async (request, response) => {
      const { effectId, answer: said, evidence } = await bodyOf(answer, request);
      const { items } = await reading.effects({
        effectId,
        statuses: ['planned', 'sending', 'accepted', 'unknown', 'parked', 'applied', 'rejected'],
        answeredToo: false,
        limit: 1,
      });
      const [effect] = items;
      if (effect === undefined) throw new Refusal(404, 'effect-unknown', 'There is no such effect');
      if (effect.status !== 'parked')
        throw new Refusal(409, 'not-parked', `This effect is ${effect.status}; people answer only what is parked`);
      const done = await tools.acting.make([
        {
          kind: 'answer-effect',
          target: targetOf(effect.service, effectId),
          details: {
            service: effect.service,
            effectId,
            generation: effect.generation,
            answer: said,
            evidence,
            portfolioId: effect.portfolioId,
          },
          why: evidence,
          by: operatorOf(response),
          needsSecond: true,
        },
      ]);
      const [standing] = done.made;
      const before = standing?.act.details['answer'];
      if (standing?.already === true && typeof before === 'string' && before !== said)
        throw new Refusal(
          409,
          'another-answer-waits',
          'Another answer waits for a second person: approve it, or withdraw it first',
          `act ${standing.act.id}: ${before} says ${standing.act.madeBy}`,
        );
      return accepted(reading, done, false);
    }),
  );
  app.post(
    '/acts/approve',
    exchange(async (request, response) => approve(tools, await bodyOf(approval, request), operatorOf(response))),
  );
  app.post(
    '/acts/withdraw',
    exchange(async (request, response) => {
      const { id, why: because } = await bodyOf(withdrawal, request);
      if (!(await tools.acting.withdraw(id, operatorOf(response), because)))
        throw new Refusal(409, 'decided-before', 'Only an act that waits for a second person can be withdrawn');
      const [act] = await reading.acts({ id, waitingOnly: false, limit: 1 });
      return ok({ items: act === undefined ? [] : [actShown(act)] });
    }),
  );
};
