/** What operators look at. Nothing here changes anything. */
import type { Express } from 'express';
import { z } from 'zod';
import { listed } from '../decide/journeys.js';
import { masked } from '../decide/masking.js';
import { ACT_KINDS } from '../../../../contracts/internal/acts.js';
import { OPEN_EFFECTS, QUARANTINES, type Act, type DeadLetter, type EffectRow, type Reading } from '../decide/operator.js';
import { progressOf } from '../decide/decisions.js';
import { timelineOf } from '../decide/timeline.js';
import { parseValue } from '../../../../contracts/internal/envelope.js';
import { wholeNumberText } from '../../../../contracts/tokens.js';
import type { Json } from '../../../../shared/kernel/json.js';
import { fingerprintOf, type Operator } from '../../../../shared/runtime/signing/operators-file.js';
import { visitorOf, type KnownOperator } from './authentication.js';
import { exchange, ok, parsed, Refusal, words } from './exchange.js';

const DEFAULT_PAGE = 200;
export const LARGEST_PAGE = 1_000;
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
const page = wholeNumberText(1, LARGEST_PAGE).default(DEFAULT_PAGE);
const name = words(200).optional();

const journeysQuery = z.object({
  status: name,
  portfolio: name,
  journey: name,
  overdue: flag,
  which: z.enum(['open', 'ended', 'all']).default('open'),
  limit: page,
});
const lettersQuery = z.object({ topic: name, reason: name, service: z.enum(QUARANTINES).optional(), all: flag, limit: page });
const letterQuery = z.object({ service: z.enum(QUARANTINES).optional() });
const effectsQuery = z.object({ unknown: flag, parked: flag, all: flag, limit: page });
const pageQuery = z.object({ limit: page });
const actsQuery = z.object({ kind: z.enum(ACT_KINDS).optional(), waiting: flag, limit: page });
const auditQuery = z.object({ after: wholeNumberText(-1, Number.MAX_SAFE_INTEGER).default(-1), limit: page });
const idParameter = words(300);
const number = z.string().regex(/^\d{1,18}$/, 'not a number');

const contentOf = (text: string): Json => {
  try {
    return masked(parseValue(text));
  } catch {
    return masked(text);
  }
};

const letterInList = ({ value: _value, headers: _headers, ...letter }: DeadLetter): Omit<DeadLetter, 'value' | 'headers'> => letter;
const letterWhole = (letter: DeadLetter): object => ({
  ...letterInList(letter),
  headers: contentOf(letter.headers),
  value: contentOf(letter.value),
});
/** A corrected message is long and personal: people see that there is one. */
export const actShown = ({ details, signature: _signature, approval: _approval, ...act }: Act): object => {
  const { correctedValue, ...rest } = details;
  return { ...act, details: { ...rest, corrected: typeof correctedValue === 'string' && correctedValue !== '' } };
};
const effectShown = ({ act, request, ...effect }: EffectRow): object => ({
  ...effect,
  request: masked(request),
  ...(act === null ? {} : { act: actShown(act) }),
});

const lookAtJourneys = (app: Express, reading: Reading): void => {
  app.get(
    '/journeys',
    exchange(async (request) => {
      const { items, more } = await reading.journeys(parsed(journeysQuery, request.query));
      return ok({ items: items.map(listed), more });
    }),
  );
  app.get(
    '/journeys/:id',
    exchange(async (request) => {
      const id = parsed(idParameter, request.params['id']);
      const story = await reading.story(id);
      if (story === null)
        throw new Refusal(404, 'journey-unknown', 'Nothing goes by this id: no journey, portfolio or reference of a payment');
      return ok(timelineOf(id, story));
    }),
  );
};

const lookAtLetters = (app: Express, reading: Reading): void => {
  app.get(
    '/dead-letters',
    exchange(async (request) => {
      const { all, ...filter } = parsed(lettersQuery, request.query);
      const { items, more } = await reading.deadLetters({ ...filter, resolvedToo: all });
      return ok({ items: items.map(letterInList), more });
    }),
  );
  app.get(
    '/dead-letters/:id',
    exchange(async (request) => {
      const eventId = parsed(idParameter, request.params['id']);
      const { service } = parsed(letterQuery, request.query);
      const { items } = await reading.deadLetters({ eventId, service, resolvedToo: true, limit: QUARANTINES.length });
      if (items.length === 0) throw new Refusal(404, 'dead-letter-unknown', 'No message with this event id was quarantined');
      return ok({ items: items.map(letterWhole) });
    }),
  );
};

export const jobShown = async (reading: Reading, acts: readonly Act[]): Promise<readonly object[]> => {
  const fates = await reading.fates(acts.map(({ target }) => target));
  const refusals = await reading.refusals(acts.flatMap(({ actId }) => (actId === null ? [] : [actId])));
  const answers = await reading.answerFates(acts);
  return acts.map((act) => {
    const news = { letter: fates.get(act.target), answer: answers.get(act.actId ?? ''), refused: refusals.get(act.actId ?? '') };
    return { ...actShown(act), ...progressOf(act, news) };
  });
};

const lookAtActs = (app: Express, reading: Reading): void => {
  app.get(
    '/acts',
    exchange(async (request) => {
      const { kind, waiting, limit } = parsed(actsQuery, request.query);
      return ok({ items: await jobShown(reading, await reading.acts({ kind, waitingOnly: waiting, limit })) });
    }),
  );
  app.get(
    '/decisions/refused',
    exchange(async (request) => {
      const { limit } = parsed(pageQuery, request.query);
      const items = await reading.refusedDecisions(limit + 1);
      return ok({ items: items.slice(0, limit), more: items.length > limit });
    }),
  );
  app.get(
    '/jobs/:id',
    exchange(async (request) => {
      const job = parsed(number, request.params['id']);
      const acts = await reading.acts({ job, waitingOnly: false, limit: LARGEST_PAGE });
      if (acts.length === 0) throw new Refusal(404, 'job-unknown', 'There is no such job');
      return ok({ job, items: await jobShown(reading, acts.toReversed()) });
    }),
  );
  app.get(
    '/audit',
    exchange(async (request) => {
      const { after, limit } = parsed(auditQuery, request.query);
      const lines = await reading.audit(after, limit + 1);
      return ok({ items: lines.slice(0, limit), more: lines.length > limit });
    }),
  );
  app.get(
    '/audit/verification',
    exchange(async () => ok(await reading.verifyAudit())),
  );
};

const lookAtOneEffect = (app: Express, reading: Reading): void => {
  app.get(
    '/effects/:id',
    exchange(async (request) => {
      const effect = await reading.effect(parsed(idParameter, request.params['id']));
      if (effect === null) throw new Refusal(404, 'effect-unknown', 'There is no such effect');
      return ok(effectShown(effect));
    }),
  );
};

/** Who may act, as the operator service reads it now. */
export type WhoMayAct = { readonly inFile: () => readonly Operator[]; readonly lookers: readonly KnownOperator[] };

/** Never a token, nor its hash. */
const lookAtPeople = (app: Express, { inFile, lookers }: WhoMayAct): void => {
  app.get(
    '/people',
    exchange(async () =>
      ok({
        items: [
          ...inFile().map(({ name: person, roles, expires, publicKey }) => ({
            name: person,
            roles,
            expires,
            fingerprint: publicKey === null ? null : fingerprintOf(publicKey),
          })),
          ...lookers.map(({ name: person }) => ({ name: person, roles: ['look'], expires: null, fingerprint: null })),
        ],
      }),
    ),
  );
};

export const looking = (app: Express, reading: Reading, who: WhoMayAct): void => {
  lookAtPeople(app, who);
  app.get(
    '/me',
    exchange(async (_request, response) => ok(visitorOf(response))),
  );
  lookAtOneEffect(app, reading);
  lookAtJourneys(app, reading);
  lookAtLetters(app, reading);
  lookAtActs(app, reading);
  app.get(
    '/effects',
    exchange(async (request) => {
      const { unknown, parked, all, limit } = parsed(effectsQuery, request.query);
      const chosen = [...(unknown ? ['unknown'] : []), ...(parked ? ['parked'] : [])];
      const statuses = chosen.length > 0 ? chosen : [...OPEN_EFFECTS, ...(all ? ['applied', 'rejected'] : [])];
      const { items, more } = await reading.effects({ statuses, answeredToo: chosen.length === 0, limit });
      return ok({ items: items.map(effectShown), more });
    }),
  );
};
