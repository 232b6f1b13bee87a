/** Attacks by one of the operators, or by whoever has the database role of the operator service. */
import { randomUUID } from 'node:crypto';
import { textHash } from '../../../shared/runtime/signing/signed-act.js';
import { eventually } from '../../support/eventually.js';
import { anna, carl, signatureOf, type TestPerson } from '../../support/signing-people.js';
import type { Aim, Attack } from '../attack.js';
import type { Stage } from '../stage.js';
import { askForPayout, message, victimAndThief } from './forged.js';
import { toldAsPaid } from './messages.js';

type Answered = { readonly status: number; readonly body: Record<string, unknown> };

const ask = async ({ world }: Stage, person: TestPerson | null, path: string, content?: object): Promise<Answered> => {
  const answer = await fetch(`${world.stack.urls.operator}${path}`, {
    method: content === undefined ? 'GET' : 'POST',
    headers: {
      ...(person === null ? {} : { authorization: `Bearer ${person.token}` }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(content === undefined ? {} : { body: JSON.stringify(content) }),
  });
  return { status: answer.status, body: (await answer.json().catch(() => ({}))) as Record<string, unknown> };
};

/** A message of the withdrawal service that payout cannot read, in the name of a victim. Returns its event id once it is a dead letter. */
const deadLetter = async (stage: Stage, portfolioId: string): Promise<string> => {
  const id = `broken-${randomUUID()}`;
  await stage.world.publish(message('payout.requested', portfolioId, { amount: '?' }, { id }));
  const lies = async (): Promise<number> =>
    (await stage.world.pool.query('select 1 from payout.quarantine where event_id = $1', [id])).rowCount ?? 0;
  await eventually('the dead letter', lies, (count) => count === 1, 30_000, 100);
  return id;
};

const correctAlone = async (stage: Stage): Promise<Aim> => {
  const { victim, thief, aim } = await victimAndThief(stage);
  const eventId = await deadLetter(stage, victim.portfolioId);
  const body = askForPayout(victim, thief, eventId).value;
  const facts = { actId: randomUUID(), service: 'payout' as const, eventId, attempts: '1', text: textHash(body) };
  const why = 'the sender said so';
  const signature = signatureOf(anna, { kind: 'replay-dead-letter', ...facts, why }, 'asks');
  await ask(stage, anna, '/dead-letters/replay', { acts: [{ ...facts, signature }], body, why });
  return aim;
};

const approveOwn = async (stage: Stage): Promise<Aim> => {
  const { customer, effectId, generation } = await stage.customerInSuspense();
  const facts = { actId: randomUUID(), effectId, generation, answer: 'applied' as const, evidence: 'PMT-INVENTED' };
  const whole = { kind: 'answer-effect' as const, service: 'payout' as const, ...facts };
  await ask(stage, anna, '/effects/answer', {
    ...facts,
    generation: String(generation),
    signature: signatureOf(anna, whole, 'asks'),
  });
  const { rows } = await stage.world.pool.query<{ id: string }>('select id::text from operator.act where act_id = $1', [facts.actId]);
  await ask(stage, anna, '/acts/approve', { id: rows[0]?.id ?? '', approval: signatureOf(anna, whole, 'approves') });
  return { portfolioId: customer.portfolioId, reached: () => toldAsPaid(stage, customer) };
};

/** An act, asked for and approved, as if the operator service had written it. */
const writeAct = async (stage: Stage): Promise<Aim> => {
  const { customer, effectId, generation } = await stage.customerInSuspense();
  const details = {
    service: 'payout',
    effectId,
    generation,
    answer: 'applied',
    evidence: 'PMT-INVENTED',
    portfolioId: customer.portfolioId,
  };
  const signature = `${'A'.repeat(86)}==`;
  await stage
    .sql(
      'operator',
      `insert into operator.act (kind, target, details, why, made_by, needs_second, act_id, signature, approved_by, approval, approved_at)
       values ('answer-effect', $1, $2, 'forged', 'mallory', true, $3, $4, 'eve', $4, now())`,
      [`payout/${effectId}`, JSON.stringify(details), randomUUID(), signature],
    )
    .catch(() => undefined);
  return { portfolioId: customer.portfolioId, reached: () => toldAsPaid(stage, customer) };
};

/** Who may only look drops a dead letter. */
const dropAsLooker = async (stage: Stage): Promise<Aim> => {
  const { portfolioId } = await stage.customer();
  const eventId = await deadLetter(stage, portfolioId);
  const { rows } = await stage.world.pool.query<{ value: string }>('select value from payout.quarantine where event_id = $1', [eventId]);
  const facts = {
    actId: randomUUID(),
    service: 'payout' as const,
    eventId,
    attempts: '1',
    text: textHash(stage.world.clear(rows[0]?.value ?? '')),
  };
  const why = 'nobody needs it';
  const signature = signatureOf(carl, { kind: 'discard-dead-letter', ...facts, why }, 'asks');
  await ask(stage, carl, '/dead-letters/discard', { acts: [{ ...facts, signature }], why });
  return {
    reached: async () => {
      const resolved = await stage.world.pool.query('select 1 from payout.quarantine where event_id = $1 and resolved_at is not null', [
        eventId,
      ]);
      return resolved.rowCount === 1 ? 'a dead letter is dropped by somebody who may only look' : null;
    },
  };
};

/** Nobody, a stranger, and somebody who guesses: with each request that moves something. */
const strangers = async (stage: Stage): Promise<Aim> => {
  const stranger = { ...carl, name: 'mallory', token: 'x'.repeat(43) };
  const answers: number[] = [];
  for (const person of [null, ...Array.from({ length: 6 }, () => stranger)])
    for (const path of ['/acts/approve', '/effects/answer', '/dead-letters/replay', '/dead-letters/discard', '/stops'])
      answers.push((await ask(stage, person, path, {})).status);
  const wrong = answers.filter((status) => status !== 401 && status !== 429);
  // The delay is for the address, and everybody of this test has one address.
  const isOver = async (): Promise<number> => (await ask(stage, anna, '/me')).status;
  return {
    reached: () =>
      Promise.resolve(
        wrong.length > 0 ? `answered with ${wrong.join(', ')}` : answers.includes(429) ? null : 'guessing is not slowed down',
      ),
    after: async () => {
      await eventually('the delay is over', isOver, (status) => status === 200, 60_000, 500);
    },
  };
};

export const peopleAttacks: readonly Attack[] = [
  {
    name: 'one person corrects a dead letter into a payout',
    mark: 'A5',
    as: 'API, as one operator',
    guards: ['second-database', 'second-acting', 'owner', 'level'],
    begin: correctAlone,
  },
  {
    name: 'one person asks, and approves',
    mark: 'A4',
    as: 'API, as one operator',
    guards: ['same-database', 'same-acting', 'evidence'],
    begin: approveOwn,
  },
  {
    name: 'an act of invented people is written into the table',
    mark: 'A6',
    as: 'SQL, as operator',
    guards: ['act-table', 'people', 'evidence'],
    begin: writeAct,
  },
  {
    name: 'somebody who may only look drops a dead letter',
    mark: 'A12',
    as: 'API, as one who may look',
    guards: ['role-door', 'role-signature'],
    begin: dropAsLooker,
  },
  {
    name: 'strangers, and somebody who guesses tokens',
    mark: 'A12',
    as: 'API, as nobody',
    guards: [],
    trace: /too-many-failures/,
    begin: strangers,
  },
];
