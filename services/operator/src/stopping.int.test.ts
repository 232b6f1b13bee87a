/** The kill switch by the command line, over real HTTP and Postgres: people sign with keys of their own. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { operatorsFileOf, pemOf, person } from '../../../test/builders/people.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { runOperatorCli, type Ran } from '../../../test/support/operator-cli.js';
import { createApp, finishApp, listen, type Listening } from '../../../shared/runtime/http/server.js';
import { createLog } from '../../../shared/runtime/process/log.js';
import { Operators } from '../../../shared/runtime/signing/operators-file.js';
import { EXIT } from './cli.js';
import { authenticated, recogniser } from './consume/authentication.js';
import { LoginDelays } from './consume/login-delays.js';
import { stopping } from './consume/stopping.js';
import { stopStore } from './store/stops.store.js';

const log = createLog('stopping', 'silent');
const people = [person('anna'), person('ben'), person('carl', ['look', 'approve'])];
const tokens = { anna: 'token-of-anna-0123456789', ben: 'token-of-ben-0123456789', carl: 'token-of-carl-0123456789' };
type Name = keyof typeof tokens;

describe('the kill switch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stopping-'));
  let database: TestDatabase;
  let admin: Pool;
  let pool: Pool;
  let http: Listening;
  let waits = 0;
  let anchored = 0;
  let isKafkaAway = false;

  beforeAll(async () => {
    database = await createTestDatabase();
    admin = new Pool({ connectionString: database.url, max: 1 });
    pool = new Pool({ connectionString: database.url, options: '-c search_path=operator -c role=cmw_operator', max: 2 });
    writeFileSync(join(folder, 'operators.json'), operatorsFileOf(people));
    for (const one of people) writeFileSync(join(folder, `${one.name}.pem`), pemOf(one));
    const operators = new Operators(join(folder, 'operators.json'), Date.now, () => undefined);
    const personAt = (name: string, atMs: number) => operators.named(name, atMs);
    const app = createApp(new Registry(), []);
    app.use(
      authenticated({
        recognise: recogniser([], (token) => operators.named(Object.entries(tokens).find(([, one]) => one === token)?.[0] ?? '')),
        delays: new LoginDelays(Date.now),
        onRefusal: () => undefined,
      }),
    );
    stopping(app, {
      ...{ personAt, nowMs: Date.now, stopping: stopStore({ pool, personAt }) },
      anchor: () => {
        anchored++;
        return isKafkaAway ? Promise.reject(new Error('away')) : Promise.resolve();
      },
      isKnownPortfolio: (id) => Promise.resolve(id === 'P1'),
      untilItHolds: () => {
        waits++;
        return Promise.resolve();
      },
    });
    finishApp(app, log);
    http = await listen(app, '127.0.0.1', 0);
  });
  afterAll(async () => {
    await http.stop();
    await pool.end();
    await admin.end();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const cli = (name: Name, argv: readonly string[], key: string = name): Promise<Ran> =>
    runOperatorCli({
      argv,
      environment: { OPERATOR_URL: http.url, OPERATOR_TOKEN: tokens[name], OPERATOR_KEY_FILE: join(folder, `${key}.pem`) },
      ...{ projectRoot: folder, typed: null },
    });
  type Shown = {
    readonly standing: readonly { scope: string }[];
    readonly waiting: readonly { scope: string; actId: string }[];
    readonly refused: readonly object[];
  };
  const shown = async (): Promise<Shown> => JSON.parse((await cli('carl', ['stops', 'list', '--json'])).out) as Shown;
  const scopes = async (): Promise<readonly string[]> => (await shown()).standing.map(({ scope }) => scope);

  it('stops by one person, at once, and returns when it holds everywhere [A9]', async () => {
    const { exit, out } = await cli('anna', ['stop', 'system:core-banking', '--why', 'the bank is not itself']);
    expect([exit, waits, await scopes()]).toEqual([EXIT.done, 1, ['system:core-banking']]);
    expect(out).toMatch(/STOPPED .*SINCE[^]*system:core-banking .* anna .*the bank is not itself/);
  });
  it('stops nothing by a scope that is spelt wrongly, by another key, or without the role [A9]', async () => {
    for (const scope of ['everything', 'system:bank', 'service:gateway', 'operation:Pay', 'portfolio:'])
      expect(await cli('anna', ['stop', scope, '--why', 'x'])).toMatchObject({
        exit: EXIT.refused,
        warned: expect.stringContaining('scope-unknown'),
      });
    expect(await cli('anna', ['stop', 'all', '--why', 'x'], 'ben')).toMatchObject({
      exit: EXIT.refused,
      warned: expect.stringContaining('not-signed'),
    });
    expect(await cli('carl', ['stop', 'all', '--why', 'x'])).toMatchObject({
      exit: EXIT.refused,
      warned: expect.stringContaining('no role'),
    });
    expect(await cli('anna', ['stop', 'all', '--why', 'x'], 'nobody')).toMatchObject({ exit: EXIT.usage });
    expect(await scopes()).toEqual(['system:core-banking']);
  });
  it('lets go by two people, and not by one of them twice [A9]', async () => {
    expect(await cli('anna', ['resume', 'portfolio:P1', '--why', 'x'])).toMatchObject({
      exit: EXIT.refused,
      warned: expect.stringContaining('nothing stops'),
    });
    const asked = await cli('anna', ['resume', 'system:core-banking', '--why', 'it answers again']);
    expect([asked.exit, await scopes(), (await shown()).waiting.length]).toEqual([EXIT.done, ['system:core-banking'], 1]);
    expect(asked.out).toContain('RESUME WAITS FOR A SECOND PERSON');
    expect(await cli('anna', ['stops', 'approve', 'system:core-banking'])).toMatchObject({
      exit: EXIT.refused,
      warned: expect.stringContaining('the same person'),
    });
    expect(await cli('ben', ['stops', 'approve', 'system:core-banking'], 'anna')).toMatchObject({ exit: EXIT.refused });
    isKafkaAway = true;
    expect(await cli('carl', ['stops', 'approve', 'system:core-banking'])).toMatchObject({
      exit: EXIT.away,
      warned: expect.stringContaining('cannot be kept on Kafka now'),
    });
    isKafkaAway = false;
    const before = anchored;
    const approved = await cli('carl', ['stops', 'approve', 'system:core-banking']);
    expect(anchored).toBe(before + 1);
    expect([approved.exit, approved.out, await scopes()]).toEqual([EXIT.done, 'nothing is stopped\n', []]);
    expect((await shown()).waiting).toEqual([]);
  });
  it('ends no later stop by an earlier resume, and says so [A9]', async () => {
    await cli('anna', ['stop', 'portfolio:P1', '--why', 'first']);
    await cli('anna', ['resume', 'portfolio:P1', '--why', 'over']);
    await cli('ben', ['stop', 'portfolio:P1', '--why', 'second']);
    expect(await cli('carl', ['stops', 'approve', 'portfolio:P1'])).toMatchObject({ exit: EXIT.done });
    expect(await scopes()).toEqual(['portfolio:P1']);
    await cli('ben', ['resume', 'portfolio:P1', '--why', 'over as well']);
    await cli('carl', ['stops', 'approve', 'portfolio:P1']);
    expect(await scopes()).toEqual([]);
  });
  it('shows rows that nobody has signed, and counts none of them [A9]', async () => {
    await pool.query(
      `insert into public.stop_act (act_id, does, scope, why, made_by, signature) values ('forged-act-00000001', 'stops', 'all', 'x', 'anna', 'x')`,
    );
    expect([await scopes(), (await shown()).refused.length]).toEqual([[], 1]);
    expect((await cli('carl', ['stops', 'list'])).out).toMatch(/NOT SIGNED, DOES NOT COUNT[^]*stops .* all .*is not theirs/);
  });
  it('leaves a line in the log for each act [A9]', async () => {
    const { rows } = await admin.query<{ said: string }>(
      `select who || ' ' || what || ' ' || target as said from operator.audit order by seq limit 3`,
    );
    expect(rows.map(({ said }) => said)).toEqual([
      'anna stopped system:core-banking',
      'anna asked to resume system:core-banking',
      'carl approved to resume system:core-banking',
    ]);
  });

  it('stops a portfolio that nobody knows, and says that the id is to be checked', async () => {
    const ran = await cli('anna', ['stop', 'portfolio:P1X', '--why', 'a slip of the keyboard']);
    expect(ran).toMatchObject({ exit: EXIT.done, out: expect.stringContaining('CHECK: no journey of portfolio P1X is known') });
    await cli('anna', ['resume', 'portfolio:P1X', '--why', 'it was a slip']);
    expect(await cli('carl', ['stops', 'approve', 'portfolio:P1X'])).toMatchObject({ exit: EXIT.done });
  });
});
