/** What operators ask for. Every act has a reason, a name and a signature; what may move money waits for a second person. */
import type { Express } from 'express';
import { z } from 'zod';
import { wholeNumberText } from '../../../../contracts/tokens.js';
import { ACT_KINDS, type ActKind } from '../../../../contracts/internal/acts.js';
import { textHash } from '../../../../shared/runtime/signing/signed-act.js';
import { correctionProblem, previewOf, totalsOf, type PreviewItem } from '../decide/money-at-stake.js';
import {
  QUARANTINES,
  targetOf,
  type Act,
  type Acting,
  type DeadLetter,
  type MadeAct,
  type NewAct,
  type Reading,
} from '../decide/operator.js';
import { approvalShown, expectSameText } from './approval.js';
import { mayDo, operatorOf } from './authentication.js';
import { bodyOf, exchange, ok, parsed, Refusal, words, type Answer } from './exchange.js';
import { actShown, jobShown } from './looking.js';
import { expectApproved, expectAsked, type PersonNamed } from './signatures.js';

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
const signature = z.string().min(1).max(100);
const actId = z.string().regex(/^[A-Za-z0-9-]{8,64}$/, 'not an id of an act');
/** One message, and what the person has signed about it. */
const letterAct = z.object({
  actId,
  service: z.enum(QUARANTINES),
  eventId: words(200),
  attempts: z.string().regex(/^\d{1,9}$/),
  text: z.string().regex(/^[0-9a-f]{64}$/),
  signature,
});
type LetterAct = z.output<typeof letterAct>;
const letterActs = z
  .object({ acts: z.array(letterAct).min(1).max(LARGEST_JOB), why, body: z.string().max(LONGEST_CORRECTION).optional() })
  .refine(
    ({ acts, body }) => body === undefined || new Set(acts.map(({ eventId }) => eventId)).size === 1,
    'a corrected body belongs to one eventId',
  );
type LetterActs = z.output<typeof letterActs>;
const answer = z.object({
  actId,
  effectId: words(300),
  generation: wholeNumberText(1, 1_000_000),
  answer: z.enum(['applied', 'rejected', 'send-again']),
  evidence: words(LONGEST_EVIDENCE),
  signature,
});
const approvalQuery = z.object({ id: words(300), kind: z.enum(ACT_KINDS).optional() });
const number = z.string().regex(/^\d{1,18}$/, 'not the number of an act');
const approval = z.object({ id: number, approval: signature });
const withdrawal = z.object({ id: number, why });

export type ActingTools = {
  readonly reading: Reading;
  readonly acting: Acting;
  readonly personNamed: PersonNamed;
  /** Something may be ready to be carried out. */ readonly wake: () => void;
};
type Selected = { readonly letter: DeadLetter; readonly preview: PreviewItem };

const previewed = async (reading: Reading, letters: readonly DeadLetter[], body: string | undefined): Promise<readonly Selected[]> => {
  for (const letter of letters) {
    const problem = body === undefined || letter.service === 'gateway' ? null : correctionProblem(letter, body);
    if (problem !== null) throw new Refusal(422, 'correction-refused', 'The corrected body is not taken', problem);
  }
  const open = await reading.openJourneysOf([
    ...new Set(letters.flatMap(({ portfolioId }) => (portfolioId === null ? [] : [portfolioId]))),
  ]);
  return letters.map((letter) => {
    const own = open.filter((journey) => journey.service === letter.service && journey.portfolioId === letter.portfolioId);
    return { letter, preview: previewOf(letter, body ?? null, own) };
  });
};

const select = async (
  reading: Reading,
  { eventId, topic, reason, service, body }: Selection,
): Promise<{ readonly selected: readonly Selected[]; readonly more: boolean }> => {
  const { items, more } = await reading.deadLetters({ eventId, topic, reason, service, resolvedToo: false, limit: LARGEST_JOB });
  if (items.length === 0) throw new Refusal(404, 'nothing-selected', 'No open dead letter fits this selection');
  return { selected: await previewed(reading, items, body), more };
};

const textOf = ({ value }: DeadLetter, body: string | undefined): string => textHash(body ?? value);

/** @throws Refusal when a message is not there any more, or is not the one that the person signed about. */
const meantLetters = async (reading: Reading, { acts, body }: LetterActs): Promise<readonly (readonly [LetterAct, DeadLetter])[]> => {
  const eventIds = [...new Set(acts.map(({ eventId }) => eventId))];
  const { items } = await reading.deadLetters({ eventIds, resolvedToo: false, limit: eventIds.length * QUARANTINES.length });
  if (items.length === 0) throw new Refusal(404, 'nothing-selected', 'No open dead letter fits this selection');
  return acts.map((one) => {
    const letter = items.find(({ service, eventId }) => service === one.service && eventId === one.eventId);
    if (letter === undefined)
      throw new Refusal(409, 'nothing-selected', 'This message does not wait any more', targetOf(one.service, one.eventId));
    if (String(letter.attempts) !== one.attempts || textOf(letter, body) !== one.text)
      throw new Refusal(
        409,
        'changed-since',
        'The message is another one than was signed: look at it again',
        targetOf(one.service, one.eventId),
      );
    return [one, letter];
  });
};

const letterFacts = (kind: 'replay-dead-letter' | 'discard-dead-letter', one: LetterAct, because: string) => {
  const { signature: _signature, ...facts } = one;
  return { kind, ...facts, why: because };
};

const newLetterAct = (
  kind: 'replay-dead-letter' | 'discard-dead-letter',
  [one, letter]: readonly [LetterAct, DeadLetter],
  { by, because, more }: { readonly by: string; readonly because: string; readonly more: NewAct['details'] },
): NewAct => ({
  kind,
  target: targetOf(letter.service, letter.eventId),
  details: {
    service: letter.service,
    eventId: letter.eventId,
    topic: letter.topic,
    portfolioId: letter.portfolioId,
    attempts: one.attempts,
    text: one.text,
    ...more,
  },
  why: because,
  actId: one.actId,
  by,
  signature: one.signature,
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

const replayLetters = async ({ reading, acting, personNamed, wake }: ActingTools, wanted: LetterActs, by: string): Promise<Answer> => {
  const { body, why: because } = wanted;
  const meant = await meantLetters(reading, wanted);
  const selected = await previewed(
    reading,
    meant.map(([, letter]) => letter),
    body,
  );
  const unable = selected.find(({ preview }) => !preview.canRun);
  if (unable !== undefined) throw new Refusal(409, 'cannot-run', 'This cannot run again', unable.preview.because);
  for (const [one] of meant) expectAsked(letterFacts('replay-dead-letter', one, because), by, one.signature, personNamed);
  const acts = meant.map((pair, index) =>
    newLetterAct('replay-dead-letter', pair, {
      by,
      because,
      more: { correctedValue: body ?? null, rule: selected[index]?.preview.because },
    }),
  );
  const done = await acting.make(acts);
  wake();
  return accepted(reading, done, false);
};

const discardLetters = async ({ reading, acting, personNamed, wake }: ActingTools, wanted: LetterActs, by: string): Promise<Answer> => {
  const because = wanted.why;
  const meant = await meantLetters(reading, { ...wanted, body: undefined });
  for (const [one] of meant) expectAsked(letterFacts('discard-dead-letter', one, because), by, one.signature, personNamed);
  const acts = meant.map((pair) => newLetterAct('discard-dead-letter', pair, { by, because, more: {} }));
  const kept: Act[] = [];
  for (const act of acts.filter(({ target }) => target.startsWith('gateway/'))) {
    const dropped = await acting.dropKeptBody(act.target.slice('gateway/'.length), act);
    if (dropped !== null) kept.push(dropped);
  }
  const others = acts.filter(({ target }) => !target.startsWith('gateway/'));
  if (others.length === 0) return ok({ job: kept[0]?.job ?? null, items: await jobShown(reading, kept), more: false });
  const done = await acting.make(others);
  wake();
  return accepted(reading, done, false);
};

const actOnLetters = (app: Express, tools: ActingTools): void => {
  const { reading } = tools;
  app.post(
    '/dead-letters/preview',
    mayDo('look'),
    exchange(async (request) => {
      const wanted = await bodyOf(selection, request);
      const { selected, more } = await select(reading, wanted);
      const items = selected.map(({ letter, preview }) => ({
        ...preview,
        attempts: String(letter.attempts),
        text: textOf(letter, wanted.body),
      }));
      return ok({ items, atStake: totalsOf(items), needSecond: items.filter(({ needsSecond }) => needsSecond).length, more });
    }),
  );
  app.post(
    '/dead-letters/replay',
    mayDo('act'),
    exchange(async (request, response) => replayLetters(tools, await bodyOf(letterActs, request), operatorOf(response))),
  );
  app.post(
    '/dead-letters/discard',
    mayDo('act'),
    exchange(async (request, response) => discardLetters(tools, await bodyOf(letterActs, request), operatorOf(response))),
  );
};

const answerEffect = async ({ reading, acting, personNamed }: ActingTools, said: z.output<typeof answer>, by: string): Promise<Answer> => {
  const { effectId, generation, answer: word, evidence } = said;
  const effect = await reading.effect(effectId);
  if (effect === null) throw new Refusal(404, 'effect-unknown', 'There is no such effect');
  if (effect.status !== 'parked')
    throw new Refusal(409, 'not-parked', `This effect is ${effect.status}; people answer only what is parked`);
  if (effect.generation !== generation)
    throw new Refusal(409, 'changed-since', 'The effect is at another generation than was signed: look at it again');
  const { service, portfolioId } = effect;
  const facts = { service, effectId, generation, answer: word, evidence };
  expectAsked({ kind: 'answer-effect', actId: said.actId, ...facts }, by, said.signature, personNamed);
  const done = await acting.make([
    {
      kind: 'answer-effect',
      target: targetOf(service, effectId),
      details: { ...facts, portfolioId },
      why: evidence,
      actId: said.actId,
      by,
      signature: said.signature,
    },
  ]);
  const [standing] = done.made;
  const before = standing?.act.details['answer'];
  if (standing?.already === true && typeof before === 'string' && before !== word)
    throw new Refusal(
      409,
      'another-answer-waits',
      'Another answer waits for a second person: approve it, or withdraw it first',
      `act ${standing.act.id}: ${before} says ${standing.act.madeBy}`,
    );
  return accepted(reading, done, false);
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

const DECIDED = 'This act does not wait for anybody any more';

const approve = async (
  { reading, acting, personNamed, wake }: ActingTools,
  wanted: z.output<typeof approval>,
  who: string,
): Promise<Answer> => {
  const act = await actToApprove(reading, wanted.id, undefined);
  if (!act.needsSecond || act.approvedBy !== null || act.withdrawnBy !== null || act.failed !== null)
    throw new Refusal(409, 'decided-before', DECIDED);
  if (act.madeBy !== who) {
    await expectSameText(reading, act);
    expectApproved(act, who, wanted.approval, personNamed);
  }
  const done = await acting.approve(act.id, who, wanted.approval);
  switch (done.kind) {
    case 'approved':
      wake();
      return { status: 202, body: { job: done.act.job, items: await jobShown(reading, [done.act]), more: false } };
    case 'same-person':
      throw new Refusal(403, 'same-person', `${who} asked for this; a different person must approve it`);
    case 'decided':
      throw new Refusal(409, 'decided-before', DECIDED);
    case 'unknown':
      throw new Refusal(404, 'act-unknown', 'There is no such act');
  }
};

export const acting = (app: Express, tools: ActingTools): void => {
  const { reading } = tools;
  actOnLetters(app, tools);
  app.post(
    '/effects/answer',
    mayDo('act'),
    exchange(async (request, response) => answerEffect(tools, await bodyOf(answer, request), operatorOf(response))),
  );
  app.get(
    '/acts/approval',
    mayDo('approve'),
    exchange(async (request, response) => {
      const { id, kind } = parsed(approvalQuery, request.query);
      const act = await actToApprove(reading, id, kind);
      if (act.madeBy === operatorOf(response))
        throw new Refusal(403, 'same-person', `${act.madeBy} asked for this; a different person must approve it`);
      if (act.approvedBy !== null || act.withdrawnBy !== null || act.failed !== null) throw new Refusal(409, 'decided-before', DECIDED);
      return ok(await approvalShown(reading, act));
    }),
  );
  app.post(
    '/acts/approve',
    mayDo('approve'),
    exchange(async (request, response) => approve(tools, await bodyOf(approval, request), operatorOf(response))),
  );
  app.post(
    '/acts/withdraw',
    mayDo('act', 'approve'),
    exchange(async (request, response) => {
      const { id, why: because } = await bodyOf(withdrawal, request);
      if (!(await tools.acting.withdraw(id, operatorOf(response), because)))
        throw new Refusal(409, 'decided-before', 'Only an act that waits for a second person can be withdrawn');
      const [act] = await reading.acts({ id, waitingOnly: false, limit: 1 });
      return ok({ items: act === undefined ? [] : [actShown(act)] });
    }),
  );
};
