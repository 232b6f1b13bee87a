/**
 * A service that finds a database without its schema says so and ends with exit 78; while the database is away it waits. Schemas whose
 * journeys nobody runs are told of.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { engineSchemaNames, serviceNames, type ServiceName } from '../../contracts/internal/services.js';
import { ensureLogins, urlOfService } from '../../infra/sandbox/logins.js';
import { freePort } from '../../infra/sandbox/ports.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { migrate } from '../../migrations/index.js';
import { ensureTopics } from '../../shared/runtime/kafka/admin.js';
import { optionsOf } from '../../shared/runtime/kafka/testing.js';
import { plannedTopics } from '../../shared/runtime/process/topics.js';
import { makeTestKeys } from '../support/keys.js';
import { eventually } from '../support/eventually.js';
import { connected, emptyDatabase, firstReleaseDatabase, type Database } from './restored.js';
import { kafkaSettings, reachedByEnvironment } from '../support/kafka.js';

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`;
/** Nobody answers there: a service gets as far as its database, and no further. */
const NOBODY = 'http://127.0.0.1:9';

const keys = makeTestKeys();
afterAll(() => {
  keys.remove();
});

const settings = {
  TENANT_FILE: join(projectRoot, 'test/upgrade/tenant.yaml'),
  INVESTSUITE_BASE_URL: NOBODY,
  INVESTSUITE_ACCESS_KEY_ID: 'key',
  INVESTSUITE_SECRET_ACCESS_KEY: 'secret-of-investsuite',
  DRIVEWEALTH_BASE_URL: NOBODY,
  DRIVEWEALTH_APP_KEY: 'key-of-drivewealth',
  DRIVEWEALTH_CLIENT_ID: 'id',
  DRIVEWEALTH_CLIENT_SECRET: 'secret-of-drivewealth',
  CORE_BANKING_BASE_URL: NOBODY,
  CORE_BANKING_TOKEN: 'token-of-the-bank',
  WEBHOOK_SECRETS_INVESTSUITE: SECRET,
  WEBHOOK_SECRETS_BROKER: SECRET,
  WEBHOOK_SECRETS_CORE_BANKING: SECRET,
  OPERATOR_TOKENS: 'carl:token-of-carl-0123456789',
};

type Run = { readonly child: ChildProcess; readonly told: () => string; readonly ended: Promise<number | null> };

const running: ChildProcess[] = [];
const run = (entry: string, env: Readonly<Record<string, string>>): Run => {
  const child = spawn(process.execPath, [join(projectRoot, 'dist', entry)], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (told += chunk.toString()));
  return { child, told: () => told, ended: once(child, 'close').then(([code]) => code as number | null) };
};

const start = (name: ServiceName, databaseUrl: string, kafka = '127.0.0.1:9'): Run =>
  run(`services/${name}/src/main.js`, {
    ...settings,
    ...kafkaSettings(reachedByEnvironment()),
    SIGNING_KEY_FILE: keys.keyFileOf(name),
    TRUSTED_KEYS_FILE: keys.trustedKeysFile,
    SEAL_KEYS_FILE: keys.sealKeysFile,
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: kafka,
    KAFKA_TOPIC_PREFIX: prefix,
  });
const prefix = `start-${randomBytes(4).toString('hex')}.`;

describe('a service at its start', () => {
  let empty: Database;
  let old: Database;
  let migrated: Database;
  beforeAll(async () => {
    [empty, old, migrated] = await Promise.all([emptyDatabase(), firstReleaseDatabase(), emptyDatabase()]);
    await migrate(migrated.url);
    await ensureLogins(migrated.url, serviceNames);
  }, 60_000);
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    for (const database of [empty, old, migrated]) await database.drop();
  });

  it.each(serviceNames)(
    '%s ends with exit 78 on a database without its schema',
    async (name) => {
      const service = start(name, empty.url);
      expect(await service.ended).toBe(78);
      expect(service.told()).toContain(`DATABASE_URL names a database without the schema "${name}": run npm run migrate`);
    },
    60_000,
  );

  it('the operator names every schema that it reads and does not find', async () => {
    const service = start('operator', empty.url);
    expect(await service.ended).toBe(78);
    for (const schema of engineSchemaNames) expect(service.told()).toContain(`without the schema "${schema}"`);
  }, 60_000);

  it.each(['payout', 'gateway'] as const)(
    '%s ends with exit 78 on a database that was not migrated since an earlier release',
    async (name) => {
      const service = start(name, old.url);
      expect(await service.ended).toBe(78);
      expect(service.told()).toContain('an earlier release has left: run npm run migrate');
    },
    60_000,
  );

  it.each(['payout', 'operator'] as const)(
    '%s waits while its database cannot be reached',
    async (name) => {
      const away = new URL(migrated.url);
      away.port = String(await freePort());
      const service = start(name, away.toString());
      // It has tried more than once, and is still there.
      await eventually(
        'it says that it waits',
        service.told,
        (told) => told.split('Postgres is not there yet; waiting').length > 3,
        30_000,
        50,
      );
      expect(service.child.exitCode).toBeNull();
      service.child.kill('SIGKILL');
      await service.ended;
    },
    60_000,
  );

  it('payout goes on once the schema is there', async () => {
    const service = start('payout', urlOfService(migrated.url, 'payout'));
    // Nobody answers as Kafka: whoever waits for it has found the schema.
    await eventually('it waits for Kafka', service.told, (told) => told.includes('Kafka is not there yet; waiting'), 40_000, 50);
    expect(service.told()).not.toContain('Postgres is not there yet');
    service.child.kill('SIGKILL');
    await service.ended;
  }, 60_000);
});

describe('a schema whose journeys no service runs', () => {
  let database: Database;
  beforeAll(async () => {
    database = await emptyDatabase();
    await migrate(database.url);
    await connected(database.url, (client) => client.query(`insert into public.engine_schema (name) values ('left_behind')`));
  }, 60_000);
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await database.drop();
  });
  const WARNING = 'no service of this release runs the journeys in this schema';

  it('is a warning of npm run migrate, which still does its work', async () => {
    const migration = run('migrations/main.js', { ALLOW_PLAINTEXT: 'true', DATABASE_URL: database.url });
    expect(await migration.ended).toBe(0);
    expect(migration.told()).toContain('the database is up to date');
    expect(migration.told()).toContain(`warning: left_behind: ${WARNING}`);
    expect(migration.told().match(/warning:/g)).toHaveLength(1);
  }, 60_000);

  it('is a warning in the log of the operator service, which starts', async () => {
    await ensureTopics(optionsOf(reachedByEnvironment(), 'start-test', prefix), plannedTopics(1));
    await ensureLogins(database.url, ['operator']);
    const service = start('operator', urlOfService(database.url, 'operator'), process.env['KAFKA_BROKERS'] ?? '');
    await eventually('it is ready', service.told, (told) => told.includes('"ready":true') && told.includes(WARNING), 60_000, 50);
    const lines = service
      .told()
      .split('\n')
      .filter((line) => line.includes(WARNING));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([expect.objectContaining({ level: 'warn', schema: 'left_behind' })]);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
  }, 90_000);
});
