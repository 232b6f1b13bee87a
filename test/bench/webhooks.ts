/**
 * Webhooks from the outside into the inbox: signed requests over HTTP to the gateway's own process, through Kafka, into the inbox of the
 * service whose events they are, which is a process too. One event a request, and a hundred.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Pool as Database } from 'pg';
import { Pool as Http } from 'undici';
import { makeRunFolder } from '../../infra/sandbox/run-folder.js';
import { launchService } from '../../infra/services/launch.js';
import { printJson } from '../../shared/kernel/json.js';
import { startProducer, type Producer } from '../../shared/runtime/kafka/producer.js';
import { signedHeaders } from '../simulators/shared/webhook.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { benchIdentities } from './context.js';
import { perSecond, serverKinds, startCpu, type Bench, type BenchContext, type ProcessKinds } from './measure.js';
import { brokerOrderBody, brokerOrderMessage } from './realistic-events.js';

const PATH = '/webhooks/broker/drivewealth';
const LOOK_EVERY_MS = 25;
const AT_MOST_MS = 60_000;

type Stage = {
  readonly http: Http;
  readonly database: Database;
  readonly producer: Producer;
  readonly secret: string;
  readonly kinds: ProcessKinds;
};
type Load = { readonly requests: number; readonly eventsEach: number; readonly atOnce: number; readonly firstNumber: number };

const start = async (context: BenchContext): Promise<Stage> => {
  const [kafka, postgres, url] = [await context.kafka(), await context.postgres(), await context.freshDatabase()];
  const folder = makeRunFolder('bench-webhooks');
  const secret = (): string => `whsec_${randomBytes(24).toString('base64')}`;
  const own = secret();
  const nobody = 'http://127.0.0.1:9';
  const env = {
    DATABASE_URL: url,
    ...(await benchIdentities(context, folder.path, url)),
    WEBHOOK_SECRETS_INVESTSUITE: secret(),
    WEBHOOK_SECRETS_BROKER: own,
    WEBHOOK_SECRETS_CORE_BANKING: secret(),
    LOG_LEVEL: 'info',
    // The events are about orders of nobody here: nobody is asked about them.
    INVESTSUITE_BASE_URL: nobody,
    INVESTSUITE_ACCESS_KEY_ID: 'bench',
    INVESTSUITE_SECRET_ACCESS_KEY: 'secret-of-the-bench',
    DRIVEWEALTH_BASE_URL: nobody,
    DRIVEWEALTH_APP_KEY: 'secret-of-the-bench',
    DRIVEWEALTH_CLIENT_ID: 'bench',
    DRIVEWEALTH_CLIENT_SECRET: 'secret-of-the-bench',
  };
  const launch = (name: 'gateway' | 'rebalancing') => launchService({ name, env, folder: join(folder.path, name) });
  const [gateway, rebalancing] = await Promise.all([launch('gateway'), launch('rebalancing')]);
  const database = new Database({ connectionString: url, max: 1 });
  const http = new Http(gateway.url, { connections: 64 });
  const producer = await startProducer(optionsOf(kafka, `bench-${randomUUID()}`));
  context.atEnd(async () => {
    await Promise.all([http.close(), database.end(), producer.stop()]);
    await Promise.all([gateway.stop(), rebalancing.stop()]);
    folder.remove();
  });
  const kinds = { ...serverKinds({ kafka, postgres }), services: () => [gateway.pid, rebalancing.pid] };
  return { http, database, producer, secret: own, kinds };
};

/** The same work by so many hands. */
const byHands = async (requests: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const hand = async (): Promise<void> => {
    while (next < requests) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
};

const bodyOf = ({ eventsEach, firstNumber }: Load, index: number): string => {
  const events = Array.from({ length: eventsEach }, (_, at) => brokerOrderBody(firstNumber + index * eventsEach + at));
  return printJson(eventsEach === 1 ? (events[0] ?? null) : events);
};

const inInbox = async ({ database }: Stage): Promise<number> => {
  const { rows } = await database.query<{ count: number }>('select count(*)::int as count from rebalancing.inbox');
  return rows[0]?.count ?? 0;
};

type Taken = { readonly acknowledged: number; readonly taken: number; readonly cpu: Readonly<Record<string, number>> };

/** Requests acknowledged per second, and events per second until the last one is in the inbox. */
const send = async (stage: Stage, load: Load): Promise<Taken> => {
  const { requests, eventsEach, atOnce } = load;
  const bodies = Array.from({ length: requests }, (_, index) => bodyOf(load, index));
  const before = await inInbox(stage);
  const cpu = startCpu(stage.kinds);
  const startedAtMs = performance.now();
  await byHands(requests, atOnce, async (index) => {
    const body = bodies[index] ?? '';
    const signed = signedHeaders({ id: randomUUID(), timestampSeconds: Math.floor(Date.now() / 1_000), body, secret: stage.secret });
    const answer = await stage.http.request({
      method: 'POST',
      path: PATH,
      headers: { 'content-type': 'application/json', ...signed },
      body,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 202) throw new Error(`the gateway answered ${answer.statusCode}: ${text}`);
  });
  const acknowledged = perSecond(requests, performance.now() - startedAtMs);
  const events = requests * eventsEach;
  while ((await inInbox(stage)) - before < events) {
    if (performance.now() - startedAtMs > AT_MOST_MS) throw new Error(`${(await inInbox(stage)) - before} of ${events} events came in`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return { acknowledged, taken: perSecond(events, performance.now() - startedAtMs), cpu: cpu() };
};

/** The same events by the gateway's own producer from memory. */
const publishOnly = async ({ producer }: Stage, { requests, eventsEach, atOnce, firstNumber }: Load): Promise<number> => {
  const startedAtMs = performance.now();
  await byHands(requests, atOnce, (index) =>
    producer.send(
      Array.from({ length: eventsEach }, (_, at) => ({
        ...brokerOrderMessage(firstNumber + index * eventsEach + at),
        topic: 'reconciliation.break',
      })),
    ),
  );
  return perSecond(requests, performance.now() - startedAtMs);
};

const run: Bench['run'] = async (context) => {
  const stage = await start(context);
  const size = context.quick ? 1 : 4;
  const single: Load = { requests: 1_000 * size, eventsEach: 1, atOnce: 64, firstNumber: 1_000_000 };
  const many: Load = { requests: 50 * size, eventsEach: 100, atOnce: 8, firstNumber: 2_000_000 };
  context.progress('webhooks: warming up');
  await send(stage, { ...single, requests: 500, firstNumber: 3_000_000 });
  context.progress('webhooks of one event');
  const one = await send(stage, single);
  const oneFloor = await publishOnly(stage, single);
  context.progress('webhooks of a hundred events');
  const hundred = await send(stage, many);
  const hundredFloor = await publishOnly(stage, many);
  const floor = 'our producer alone, the same events in as many sends at once: no HTTP, no signature, nothing remembered, nothing taken in';
  const each = (cpu: Taken['cpu'], kind: string, events: number): string => (((cpu[kind] ?? Number.NaN) * 1_000) / events).toFixed(0);
  const costs = ({ cpu }: Taken, events: number): string =>
    ['services', 'postgres', 'kafka', 'bench'].map((kind) => `${kind} ${each(cpu, kind, events)}`).join(', ');
  return {
    figures: [
      {
        name: 'webhooks of 1 event, acknowledged',
        value: one.acknowledged,
        unit: 'webhooks/s',
        floor: { name: floor, value: oneFloor, unit: 'webhooks/s' },
      },
      { name: 'the same, until the last is in the inbox', value: one.taken, unit: 'events/s' },
      {
        name: 'webhooks of 100 events, acknowledged',
        value: hundred.acknowledged,
        unit: 'webhooks/s',
        floor: { name: floor, value: hundredFloor, unit: 'webhooks/s' },
      },
      { name: 'the same 100s, until the last is in the inbox', value: hundred.taken, unit: 'events/s' },
    ],
    notes: [
      `webhooks, processor µs per event: of one event ${costs(one, single.requests)}; of a hundred ${costs(hundred, many.requests * many.eventsEach)}`,
    ],
  };
};

export const webhooks: Bench = { name: 'webhooks', does: 'signed webhooks through the gateway into the inbox', run };
