import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { isAlive } from './liveness.js';
import { type Postgres, startPostgres } from './postgres.js';

const started: Postgres[] = [];
const start = async (): Promise<Postgres> => {
  const postgres = await startPostgres();
  started.push(postgres);
  return postgres;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map(async (postgres) => postgres.stop()));
});

const connect = async (postgres: Postgres): Promise<Client> => {
  const client = new Client({ connectionString: postgres.url });
  // A crash of the server is an event of the idle client, and expected here.
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

const ask = async (postgres: Postgres, sql: string): Promise<unknown[]> => {
  const client = await connect(postgres);
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

describe('Postgres of the sandbox', () => {
  it('keeps what it committed over a kill -9, on the same address', async () => {
    const postgres = await start();
    await ask(postgres, 'create table kept (n int); insert into kept values (1), (2)');
    const { url, pid } = postgres;
    await postgres.crash();
    await postgres.start();
    expect(postgres.url).toBe(url);
    expect(postgres.pid).not.toBe(pid);
    expect(await ask(postgres, 'select count(*)::int as n from kept')).toEqual([{ n: 2 }]);
  });

  it('crash ends the backends too: no query is answered after it', async () => {
    const postgres = await start();
    const clients = await Promise.all(Array.from({ length: 5 }, async () => connect(postgres)));
    const rows = await Promise.all(
      clients.map(async (client) => (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows),
    );
    const backends = rows.map(([row]) => row?.pid ?? 0);
    expect(backends.filter((pid) => isAlive(pid))).toEqual(backends);

    await postgres.crash();

    expect(backends.filter((pid) => isAlive(pid))).toEqual([]);
    const answers = await Promise.allSettled(clients.map(async (client) => client.query('select 1')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
  });

  it('is durable, roomy, and speaks UTF-8 in byte order', async () => {
    const postgres = await start();
    const sql = `select current_setting('fsync') as fsync, current_setting('max_connections') as connections, current_setting('server_encoding') as encoding,
      (select datcollate from pg_database where datname = current_database()) as collation`;
    expect(await ask(postgres, sql)).toEqual([{ fsync: 'on', connections: '300', encoding: 'UTF8', collation: 'C.UTF-8' }]);
  });

  it('leaves no process and no folder after stop', async () => {
    const postgres = await start();
    const { pid, folder } = postgres;
    await postgres.stop();
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
  });
});
