import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createBook } from './book.js';
import { createFaultBoard } from './faults.js';
import { createPrng } from './prng.js';
import { createWebhookSender, signedHeaders, webhookKey } from './webhook.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('prng', () => {
  it('plays the same numbers again, and others for another name', () => {
    const draw = (seed: number, name: string): readonly number[] => {
      const prng = createPrng(seed).fork(name);
      return [prng.below(1000), prng.below(1000), prng.below(1000)];
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  it('stays in bounds and is not lopsided', () => {
    const prng = createPrng(5);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) {
      const drawn = prng.below(4);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(800);
    expect(counts).toHaveLength(4);
  });
});

describe('book', () => {
  it('numbers its lines and freezes them whole', () => {
    const book = createBook<{ readonly inner: { value: string } }>('b', () => 0);
    const line = book.append({ inner: { value: 'a' } });
    expect(line).toMatchObject({ seq: 1, at: '1970-01-01T00:00:00.000Z' });
    expect(() => {
      line.inner.value = 'b';
    }).toThrow(TypeError);
    expect(book.append({ inner: { value: 'c' } }).seq).toBe(2);
    expect(book.where((one) => one.inner.value === 'c')).toHaveLength(1);
    (book.all() as unknown[]).pop();
    expect(book.all()).toHaveLength(2);
  });
});

describe('faults', () => {
  const board = (seed = 1) => createFaultBoard({ names: ['cut', 'late'] as const, seed });

  it('strikes the chosen operation and subject so many times', () => {
    const faults = board();
    faults.switchOn({ fault: 'cut', operation: 'pay', subject: 'P1', times: 2, skip: 1 });
    const struck = ['P1', 'P2', 'P1', 'P1', 'P1'].map((subject) => faults.strike('pay', [subject], ['cut', 'late'])?.fault ?? '-');
    expect(struck).toEqual(['-', '-', 'cut', 'cut', '-']);
    expect(faults.strike('other', ['P1'], ['cut'])).toBeNull();
    expect(faults.list()).toMatchObject([{ fault: 'cut', strikes: 2 }]);
  });

  it('asks only for the candidates of the caller', () => {
    const faults = board();
    faults.switchOn({ fault: 'late' });
    expect(faults.strike('pay', [], ['cut'])).toBeNull();
    expect(faults.strike('pay', [], ['late'])).toMatchObject({ fault: 'late' });
  });

  it('draws by the seed', () => {
    const pattern = (seed: number): string => {
      const faults = board(seed);
      faults.switchOn({ fault: 'cut', probability: 0.5 });
      return Array.from({ length: 40 }, () => (faults.strike('pay', [], ['cut']) === null ? '.' : 'x')).join('');
    };
    expect(pattern(3)).toBe(pattern(3));
    expect(pattern(3)).not.toBe(pattern(4));
    expect(pattern(3)).toMatch(/x/);
    expect(pattern(3)).toMatch(/\./);
  });

  it('can be switched off, and refuses a name it does not know', () => {
    const faults = board();
    const id = faults.switchOn({ fault: 'cut' });
    expect(faults.switchOff(id)).toBe(true);
    expect(faults.strike('pay', [], ['cut'])).toBeNull();
    expect(() => faults.switchOn({ fault: 'cutt' as 'cut' })).toThrow(RangeError);
  });
});

describe('webhook', () => {
  it('signs as Standard Webhooks does', () => {
    const timestampSeconds = Math.floor(Date.now() / 1000);
    const headers = signedHeaders({ id: 'msg_1', timestampSeconds, body: '{"é":1}', secret: SECRET });
    expect(new Webhook(SECRET).verify('{"é":1}', headers)).toEqual({ é: 1 });
    expect(() => webhookKey('whsec_c2hvcnQ=')).toThrow(RangeError);
  });

  it('tries again with the same id until a 2xx', async () => {
    const seen: { readonly id: string; readonly body: string }[] = [];
    const answers = [500, 404, 202];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const headers: IncomingHttpHeaders = request.headers;
        seen.push({ id: String(headers['webhook-id']), body });
        response.statusCode = answers[seen.length - 1] ?? 202;
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const attempts: (number | null)[] = [];
    const done = new Promise<void>((resolve) => {
      const sender = createWebhookSender({
        url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
        secret: SECRET,
        nowMs: () => Date.now(),
        firstRetryMs: 1,
        onAttempt: ({ status }) => {
          attempts.push(status);
          if (status === 202) resolve(sender.stop());
        },
      });
      sender.send({ id: 'msg_9', body: '{}' });
    });
    await done;
    await new Promise((resolve) => server.close(resolve));
    expect(attempts).toEqual([500, 404, 202]);
    expect(new Set(seen.map((one) => one.id))).toEqual(new Set(['msg_9']));
  });

  it('stops while nobody answers', async () => {
    const sender = createWebhookSender({ url: 'http://127.0.0.1:9/', secret: SECRET, nowMs: () => 0, firstRetryMs: 60_000 });
    sender.send({ id: 'm', body: '{}' });
    expect(sender.waiting()).toBe(1);
    await sender.stop();
    expect(sender.waiting()).toBe(0);
  });
});
