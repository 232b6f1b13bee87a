import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createApp, createRegistry, finishApp, listen, sendProblem, type Check, type Listening } from './server.js';

const log = pino({ level: 'silent' });
let listening: Listening | null = null;
afterEach(async () => {
  await listening?.stop();
  listening = null;
});
const serve = async (checks: readonly Check[] = []): Promise<string> => {
  const app = createApp(createRegistry('toy'), checks);
  app.get('/fails', () => {
    throw new Error('SECRET');
  });
  app.get('/late', (_request, response) => {
    response.write('begun');
    throw new Error('SECRET');
  });
  app.get('/odd', (_request, response) => {
    sendProblem(response, { status: 429, code: 'too-many', title: 'Too many', detail: 'wait' }, { 'retry-after': '7' });
  });
  finishApp(app, log);
  listening = await listen(app, '127.0.0.1', 0);
  return listening.url;
};

describe('the HTTP side of a process', () => {
  it('says that it is alive, and measures itself', async () => {
    const url = await serve();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('service="toy"');
  });
  it('says what it waits for', async () => {
    const url = await serve([
      { name: 'postgres', check: () => Promise.resolve() },
      { name: 'kafka', check: () => Promise.reject(new Error('SECRET')) },
    ]);
    const answer = await fetch(`${url}/health/ready`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'waiting', away: ['kafka'], dependencies: { postgres: 'ready', kafka: 'away' } },
    ]);
  });
  it('does not wait for ever for what it waits for', async () => {
    const url = await serve([{ name: 'kafka', check: () => new Promise(() => undefined) }]);
    expect((await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(10_000) })).status).toBe(503);
  });
  it('is ready when all answer', async () => {
    const url = await serve([{ name: 'postgres', check: () => Promise.resolve() }]);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });
  it('answers problems as such, and keeps what went wrong to itself', async () => {
    const url = await serve();
    const none = await fetch(`${url}/none`);
    expect([none.status, none.headers.get('content-type'), await none.json()]).toEqual([
      404,
      expect.stringContaining('application/problem+json'),
      expect.objectContaining({ code: 'not-found', status: 404, type: 'about:blank' }),
    ]);
    const failed = await fetch(`${url}/fails`);
    expect([failed.status, await failed.text()]).toEqual([500, expect.not.stringContaining('SECRET')]);
    const odd = await fetch(`${url}/odd`);
    expect([odd.status, odd.headers.get('retry-after'), await odd.json()]).toEqual([
      429,
      '7',
      { type: 'about:blank', status: 429, code: 'too-many', title: 'Too many', detail: 'wait' },
    ]);
    await expect(fetch(`${url}/late`).then((answer) => answer.text())).rejects.toThrow();
  });
  it('says why it cannot listen', async () => {
    const url = new URL(await serve());
    await expect(listen(createApp(createRegistry('other'), []), '127.0.0.1', Number(url.port))).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
