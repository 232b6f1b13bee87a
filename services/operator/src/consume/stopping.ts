/**
 * The kill switch: one person stops, two let go again. This service checks the signatures before it writes a row, so that people see at
 * once when theirs does not hold. Nobody relies on that: each service checks them again.
 */
import type { Express } from 'express';
import { z } from 'zod';
import { whyNotSigned } from '../../../../shared/runtime/signing/signed-act.js';
import { stopText, type Words } from '../../../../shared/runtime/stopping/stop-acts.js';
import type { PersonAt } from '../../../../shared/runtime/stopping/stop-rules.js';
import { scopeProblem, type Signature, type Stopping, type StopsShown } from '../decide/stops.js';
import { operatorOf } from './authentication.js';
import { bodyOf, exchange, ok, Refusal, words } from './exchange.js';

const LONGEST_WHY = 900;
const MOST_ENDED = 100;

const actId = z.string().regex(/^[\x21-\x7e]{16,64}$/, 'an act has an id of 16 to 64 characters');
const signature = z.string().min(1).max(100);
const stop = z.object({ actId, scope: words(220), why: words(LONGEST_WHY), signature });
const resume = stop.extend({ ends: z.array(actId).min(1).max(MOST_ENDED) });
const approval = z.object({ actId, signature });

export type StoppingTools = {
  readonly stopping: Stopping;
  readonly personAt: PersonAt;
  readonly nowMs: () => number;
  /** Keeps the head of the audit log outside of the database. Resolves when Kafka has it. */
  readonly anchor: () => Promise<void>;
  /** Whether any journey, open or over, is of this portfolio. */
  readonly isKnownPortfolio: (portfolioId: string) => Promise<boolean>;
  /** Resolves when a row that is committed now holds in every instance. */
  readonly untilItHolds: () => Promise<void>;
};

export const stopping = (
  app: Express,
  { stopping: stops, personAt, nowMs, anchor, isKnownPortfolio, untilItHolds }: StoppingTools,
): void => {
  const expectSigned = (act: Words, by: Signature, approvedBy: Signature | null, needsSecond: boolean): void => {
    const problem = whyNotSigned(stopText(act), by, approvedBy, { named: (name) => personAt(name, nowMs()), needsSecond });
    if (problem !== null) throw new Refusal(403, 'not-signed', 'This act is not signed by the people it needs', problem);
  };
  const expectScope = (scope: string): void => {
    const problem = scopeProblem(scope);
    if (problem !== null) throw new Refusal(422, 'scope-unknown', 'This scope would stop nothing', problem);
  };
  const expectStanding = ({ standing }: StopsShown, scope: string, ends: readonly string[]): void => {
    const open = standing.filter((one) => one.scope === scope).map((one) => one.actId);
    if (!ends.every((one) => open.includes(one)))
      throw new Refusal(409, 'not-stopped', 'A stop that this would end does not stand any more; look at the stops again');
  };

  /** A portfolio may be stopped before its first journey. A slip of the keyboard must be seen all the same; the stop stands. */
  const warningOf = async (scope: string): Promise<string | null> => {
    const [, portfolioId] = /^portfolio:(.+)$/.exec(scope) ?? [];
    if (portfolioId === undefined || (await isKnownPortfolio(portfolioId).catch(() => true))) return null;
    return `no journey of portfolio ${portfolioId} is known; it is stopped all the same: check the id`;
  };

  app.get(
    '/stops',
    exchange(async (_request, response) => ok({ you: operatorOf(response), ...(await stops.shown()) })),
  );
  app.post(
    '/stops',
    exchange(async (request, response) => {
      const wanted = await bodyOf(stop, request);
      const by = { name: operatorOf(response), signature: wanted.signature };
      expectScope(wanted.scope);
      expectSigned({ ...wanted, does: 'stops', ends: [] }, by, null, false);
      await stops.stop({ ...wanted, by });
      await untilItHolds();
      return ok({ you: by.name, warning: await warningOf(wanted.scope), ...(await stops.shown()) });
    }),
  );
  app.post(
    '/stops/resume',
    exchange(async (request, response) => {
      const wanted = await bodyOf(resume, request);
      const by = { name: operatorOf(response), signature: wanted.signature };
      expectSigned({ ...wanted, does: 'resumes' }, by, null, false);
      expectStanding(await stops.shown(), wanted.scope, wanted.ends);
      if ((await stops.asked(wanted.actId)) === null) await stops.ask({ ...wanted, by });
      return { status: 202, body: { you: by.name, ...(await stops.shown()) } };
    }),
  );
  app.post(
    '/stops/approve',
    exchange(async (request, response) => {
      const given = await bodyOf(approval, request);
      const approvedBy = { name: operatorOf(response), signature: given.signature };
      const asked = await stops.asked(given.actId);
      if (asked === null) throw new Refusal(404, 'act-unknown', 'Nobody has asked for this');
      expectSigned({ ...asked, does: 'resumes' }, asked.by, approvedBy, true);
      expectStanding(await stops.shown(), asked.scope, asked.ends);
      // What lets money go leaves only when the line of its asking is kept where this database cannot reach it.
      await anchor().catch((error: unknown) => {
        throw new Refusal(503, 'kafka-away', 'The audit log cannot be kept on Kafka now; approve again', String(error));
      });
      await stops.resume(asked, approvedBy);
      return ok({ you: approvedBy.name, ...(await stops.shown()) });
    }),
  );
};
