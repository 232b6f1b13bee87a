/** Who gets in, who may do what, and how long those wait who fail. */
import { describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';
import { listen } from '../../../../shared/runtime/http/server.js';
import { anna, ben, carl, personNamed, testPeople } from '../../../../test/support/signing-people.js';
import { authenticated, mayDo, operatorOf, recogniser, type RefusalReason } from './authentication.js';
import { LoginDelays } from './login-delays.js';

const withToken = (token: string) => {
  const found = testPeople.find((one) => one.token === token);
  return found === undefined ? null : personNamed(found.name);
};

describe('logins that fail', () => {
  it('make the next one wait longer each time, by address and by name, up to a minute [A12]', () => {
    const now = { ms: 0 };
    const delays = new LoginDelays(() => now.ms);
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      delays.failed(['address:a', 'name:anna']);
      waits.push(delays.leftMs(['address:a']));
      now.ms += delays.leftMs(['address:a']);
    }
    expect(waits).toEqual([0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    delays.failed(['address:a', 'name:anna']);
    expect([delays.leftMs(['address:b']), delays.leftMs(['address:b', 'name:anna'])]).toEqual([0, 60_000]);
    delays.succeeded(['address:a', 'name:anna']);
    expect(delays.leftMs(['address:a', 'name:anna'])).toBe(0);
  });
  it('are forgotten after an hour, and never fill the memory [A12]', () => {
    const now = { ms: 0 };
    const delays = new LoginDelays(() => now.ms);
    for (let n = 0; n < 5; n++) delays.failed(['address:a']);
    now.ms += 3_700_000;
    delays.failed(['address:a']);
    expect(delays.leftMs(['address:a'])).toBe(0);
    for (let n = 0; n < 5; n++) delays.failed(['address:old']);
    for (let n = 0; n < 30_000; n++) delays.failed([`address:${String(n)}`]);
    expect(delays.leftMs(['address:old'])).toBe(0);
  });
});

describe('the door', () => {
  const open = async (
    work: (ask: (headers: Readonly<Record<string, string>>, path?: string) => Promise<Response>, seen: Seen) => Promise<void>,
  ) => {
    const seen: Seen = { refused: [], now: { ms: 0 } };
    const app: Express = express();
    app.use(
      authenticated({
        recognise: recogniser([{ name: 'dora', token: 'token-of-dora-0123456789' }], withToken),
        delays: new LoginDelays(() => seen.now.ms),
        onRefusal: (reason, { name }) => {
          seen.refused.push(`${reason} ${name ?? ''}`.trim());
        },
      }),
    );
    app.get('/look', mayDo('look'), (_request, response) => void response.json(operatorOf(response)));
    app.get('/act', mayDo('act'), (_request, response) => void response.json(operatorOf(response)));
    app.get('/approve', mayDo('approve'), (_request, response) => void response.json(operatorOf(response)));
    const http = await listen(app, '127.0.0.1', 0);
    try {
      await work((headers, path = '/look') => fetch(`${http.url}${path}`, { headers }), seen);
    } finally {
      await http.stop();
    }
  };
  type Seen = { readonly refused: string[]; readonly now: { ms: number } };
  const as = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });
  const statuses = async (asked: readonly Promise<Response>[]): Promise<readonly number[]> =>
    (await Promise.all(asked)).map(({ status }) => status);

  it('lets people do what their roles say, and those of OPERATOR_TOKENS only look [A12]', async () => {
    await open(async (ask, { refused }) => {
      for (const [token, wanted] of [
        [anna.token, [200, 200, 200]],
        [carl.token, [200, 403, 403]],
        ['token-of-dora-0123456789', [200, 403, 403]],
      ] as const)
        expect(await statuses(['/look', '/act', '/approve'].map((path) => ask(as(token), path)))).toEqual(wanted);
      expect(refused).toEqual(['no-role carl', 'no-role carl', 'no-role dora', 'no-role dora']);
    });
  });
  it('makes whoever guesses wait, keeps no right token waiting, and notes each refusal [A12]', async () => {
    await open(async (ask, { refused, now }) => {
      for (let n = 0; n < 4; n++) expect((await ask({ ...as('guess'), 'operator-name': 'Ben' })).status).toBe(401);
      const late = await ask({ ...as('guess again'), 'operator-name': 'Ben' });
      expect([late.status, late.headers.get('retry-after')]).toEqual([429, '1']);
      // Somebody guesses under the name of Ben, who has to stop something now.
      expect((await ask({ ...as(ben.token), 'operator-name': 'Ben' })).status).toBe(200);
      expect((await ask(as('guess'))).status).toBe(429);
      now.ms += 1_000;
      expect((await ask({})).status).toBe(401);
      expect(refused).toEqual([
        ...Array.from({ length: 4 }, () => 'unknown-token ben'),
        'too-many-failures ben',
        'too-many-failures',
        'no-token',
      ] satisfies string[]);
      const reasons: readonly RefusalReason[] = ['unknown-token', 'too-many-failures', 'no-token'];
      expect(reasons).toHaveLength(3);
    });
  });
});
