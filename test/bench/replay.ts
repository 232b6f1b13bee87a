/**
 * How fast dead letters run again on the way that an operator takes: asked for at the operator service, written into the audit log, said on
 * Kafka one by one, heard by the service whose letters they are, released, taken in again, handled. The letters lie in the quarantine as a
 * former version has left them; the present one can read them.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'pg';
import { z } from 'zod';
import { makeRunFolder } from '../../infra/sandbox/run-folder.js';
import type { Kafka } from '../../infra/sandbox/kafka/launcher.js';
import { launchService, type LaunchedService } from '../../infra/services/launch.js';
import { printJson } from '../../shared/kernel/json.js';
import { anna, signatureOf, writePeople } from '../support/signing-people.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { benchIdentities } from './context.js';
import { perSecond, type Bench, type BenchContext } from './measure.js';
import { brokerOrderMessage } from './realistic-events.js';

const SERVICE = 'rebalancing';
/** As fast as the configuration allows; the default is 10, for the sake of the outside world. */
const ACTS_PER_SECOND = 1_000;
const LOOK_EVERY_MS = 50;
const AT_MOST_MS = 90_000;

type Stage = {
  readonly context: BenchContext;
  readonly pool: Pool;
  readonly operator: LaunchedService;
  readonly kafka: Kafka;
};

const start = async (context: BenchContext): Promise<Stage> => {
  const [kafka, url] = await Promise.all([context.kafka(), context.freshDatabase()]);
  const folder = makeRunFolder('bench-replay');
  const { operatorsFile } = writePeople(folder.path);
  const nobody = 'http://127.0.0.1:9';
  const env = {
    DATABASE_URL: url,
    OPERATORS_FILE: operatorsFile,
    ...(await benchIdentities(context, folder.path, url)),
    OPERATOR_ACTS_PER_SECOND: String(ACTS_PER_SECOND),
    LOG_LEVEL: 'info',
    // These letters lead to no call: nobody needs to be there.
    INVESTSUITE_BASE_URL: nobody,
    INVESTSUITE_ACCESS_KEY_ID: 'bench',
    INVESTSUITE_SECRET_ACCESS_KEY: 'secret-of-the-bench',
    DRIVEWEALTH_BASE_URL: nobody,
    DRIVEWEALTH_APP_KEY: 'secret-of-the-bench',
    DRIVEWEALTH_CLIENT_ID: 'bench',
    DRIVEWEALTH_CLIENT_SECRET: 'secret-of-the-bench',
  };
  const launched = await Promise.all(
    (['operator', SERVICE] as const).map((name) => launchService({ name, env, folder: join(folder.path, name) })),
  );
  const pool = new Pool({ connectionString: url, max: 2 });
  context.atEnd(async () => {
    await pool.end();
    await Promise.all(launched.map((service) => service.stop()));
    folder.remove();
  });
  const [operator] = launched;
  if (operator === undefined) throw new Error('there is no operator');
  return { context, pool, operator, kafka };
};

/** Each in a lane of its own, which it has stopped. */
const quarantine = async ({ pool }: Stage, from: number, count: number, reason: string): Promise<void> => {
  const messages = Array.from({ length: count }, (_, index) => brokerOrderMessage(from + index));
  await pool.query(
    `with letter as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as t(event_id, key, value, headers)),
     kept as (
       insert into ${SERVICE}.quarantine (event_id, portfolio_id, topic, "partition", "offset", key, headers, value, error_class, reason)
       select event_id, key, 'broker.order-status', 0, 0, key, headers, value, 'ZodError', $5 from letter),
     stopped as (insert into ${SERVICE}.blocked_lane (portfolio_id, event_id, reason) select key, event_id, $5 from letter)
     insert into ${SERVICE}.inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value, handled_at, note)
     select event_id, md5(value), 'broker.order-status', 0, 0, key, value, now(), 'quarantined' from letter`,
    [
      messages.map(({ headers }) => headers['event-id']),
      messages.map(({ key }) => key),
      messages.map(({ value }) => value),
      messages.map(({ headers }) => printJson(headers)),
      reason,
    ],
  );
};

const open = async ({ pool }: Stage, reason: string): Promise<number> => {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int as count from ${SERVICE}.quarantine q join ${SERVICE}.inbox i on i.event_id = q.event_id
     where q.reason = $1 and (q.resolved_at is null or i.handled_at is null)`,
    [reason],
  );
  return rows[0]?.count ?? 0;
};

const previewed = z.object({
  items: z.array(z.object({ service: z.string(), eventId: z.string(), attempts: z.string(), text: z.string() })),
});
const ask = async ({ operator }: Stage, path: string, content: object): Promise<string> => {
  const answer = await fetch(`${operator.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${anna.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(content),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the operator service answered ${answer.status}: ${text}`);
  return text;
};

/** Letters per second, from the look, the signatures and the request until the last one is handled. */
const replayAll = async (stage: Stage, count: number, reason: string): Promise<number> => {
  const startedAtMs = performance.now();
  const { items } = previewed.parse(JSON.parse(await ask(stage, '/dead-letters/preview', { reason, service: SERVICE })));
  const acts = items.map((item) => {
    const facts = { actId: randomUUID(), ...item };
    return { ...facts, signature: signatureOf(anna, { kind: 'replay-dead-letter', ...facts, why: 'bench' }, 'asks') };
  });
  const text = await ask(stage, '/dead-letters/replay', { acts, why: 'bench' });
  for (;;) {
    const left = await open(stage, reason);
    if (left === 0) return perSecond(count, performance.now() - startedAtMs);
    if (performance.now() - startedAtMs > AT_MOST_MS)
      throw new Error(`${left} of ${count} letters have not run again: ${text.slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
};

const oneByOne = async (stage: Stage, count: number): Promise<number> => {
  const producer = await startProducer(optionsOf(stage.kafka, `bench-${randomUUID()}`));
  const messages = Array.from({ length: count }, (_, number) => ({
    ...brokerOrderMessage(900_000 + number),
    topic: 'reconciliation.break',
  }));
  const startedAtMs = performance.now();
  for (const message of messages) await producer.send([message]);
  const speed = perSecond(count, performance.now() - startedAtMs);
  await producer.stop();
  return speed;
};

const run: Bench['run'] = async (context) => {
  const count = context.quick ? 100 : 500;
  const others = context.quick ? 1_000 : 10_000;
  const stage = await start(context);
  await quarantine(stage, 0, 50, 'warm');
  await replayAll(stage, 50, 'warm');
  context.progress(`${count} letters, alone`);
  await quarantine(stage, 1_000, count, 'alone');
  const alone = await replayAll(stage, count, 'alone');
  context.progress('a floor');
  const floor = await oneByOne(stage, count);
  context.progress(`${count} letters among ${others} others`);
  await quarantine(stage, 100_000, others, 'other');
  await quarantine(stage, 50_000, count, 'among');
  const among = await replayAll(stage, count, 'among');
  return {
    figures: [
      {
        name: 'dead letters run again',
        value: alone,
        unit: 'letters/s',
        floor: { name: 'one message at a time to Kafka, acknowledged: no audit, nothing runs again', value: floor, unit: 'messages/s' },
        note: `asked for at the operator service and each audited; OPERATOR_ACTS_PER_SECOND is ${ACTS_PER_SECOND} here and 10 by default`,
      },
      { name: `the same among ${others} other dead letters`, value: among, unit: 'letters/s' },
    ],
  };
};

export const replay: Bench = { name: 'replay', does: 'dead letters on the way that an operator takes', run };
