import { describe, expect, it } from '@jest/globals';
import { HttpFailure } from './failure.js';
import { createTokenCache, toOutcomeOfLogin, type Token, type TokenCache, type TokenCacheOptions } from './token-cache.js';
import { LoginFailure } from '../../kernel/login-failure.js';

const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const setUp = (
  answers: (() => Promise<Token>)[],
  more: Partial<TokenCacheOptions> = {},
): { cache: TokenCache; clock: { nowMs: number }; asked: () => number } => {
  const clock = { nowMs: 0 };
  let asked = 0;
  const cache = createTokenCache({
    ...more,
    nowMs: () => clock.nowMs,
    login: () => (answers[asked++] ?? (() => Promise.reject(new LoginFailure(false, 'no more answers'))))(),
  });
  return { cache, clock, asked: () => asked };
};
const token = (value: string) => (): Promise<Token> => Promise.resolve({ value, livesMs: 100_000 });

describe('the token cache', () => {
  it('logs in once for many callers', async () => {
    const { cache, asked } = setUp([token('a')]);
    expect(await Promise.all(Array.from({ length: 50 }, () => cache.get(soon())))).toEqual(Array<string>(50).fill('a'));
    expect(asked()).toBe(1);
  });

  it('refreshes at 80 % of the life, and nobody waits for it', async () => {
    let release: (value: Token) => void = () => undefined;
    const { cache, clock, asked } = setUp([
      token('a'),
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    ]);
    await cache.get(soon());
    clock.nowMs = 79_999;
    expect([await cache.get(soon()), asked()]).toEqual(['a', 1]);
    clock.nowMs = 80_000;
    expect([await cache.get(soon()), await cache.get(soon()), asked()]).toEqual(['a', 'a', 2]);
    release({ value: 'b', livesMs: 100_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await cache.get(soon())).toBe('b');
  });

  it('keeps the old token when a refresh fails, until its end', async () => {
    const { cache, clock } = setUp([token('a'), () => Promise.reject(new LoginFailure(false, 'answered 500')), token('c')]);
    await cache.get(soon());
    clock.nowMs = 90_000;
    expect(await cache.get(soon())).toBe('a');
    await new Promise((resolve) => setImmediate(resolve));
    clock.nowMs = 100_000;
    expect(await cache.get(soon())).toBe('c');
  });

  it('does not hammer the login after a failure', async () => {
    const { cache, clock, asked } = setUp([() => Promise.reject(new LoginFailure(true, 'answered 401')), token('b')]);
    await expect(cache.get(soon())).rejects.toThrow('answered 401');
    await expect(cache.get(soon())).rejects.toThrow('answered 401');
    expect(asked()).toBe(1);
    clock.nowMs = 30_001;
    expect(await cache.get(soon())).toBe('b');
  });

  it('replaces a refused token once, and stops when the new one is refused too', async () => {
    const { cache, asked } = setUp([token('a'), token('b'), token('c')]);
    await cache.get(soon());
    expect(cache.refuse('a')).toBe(true);
    expect(await cache.get(soon())).toBe('b');
    expect(cache.refuse('a')).toBe(true);
    expect(await cache.get(soon())).toBe('b');
    cache.distrust();
    expect(cache.refuse('b')).toBe(false);
    expect(asked()).toBe(2);
  });

  it('stops for longer each time in a row, and briefly again once a token was accepted', async () => {
    const { cache, clock } = setUp([token('a')]);
    await cache.get(soon());
    // Answers whether a login may be forced so many ms after a distrust; a refusal that is allowed forgets the token.
    const mayForceAfter = async (pauseMs: number): Promise<boolean> => {
      cache.distrust();
      clock.nowMs += pauseMs;
      return cache.refuse(await cache.get(soon()));
    };
    expect(await mayForceAfter(999)).toBe(false);
    expect(await mayForceAfter(1_999)).toBe(false);
    cache.trust();
    expect(await mayForceAfter(1_000)).toBe(true);
  });

  it('never stops for longer than it is told', async () => {
    const { cache, clock } = setUp([token('a')], { distrustPauseMs: 5_000 });
    const held = await cache.get(soon());
    for (let inARow = 0; inARow < 30; inARow++) cache.distrust();
    clock.nowMs += 4_999;
    expect(cache.refuse(held)).toBe(false);
    clock.nowMs += 1;
    expect(cache.refuse(held)).toBe(true);
  });

  it("gives up at the caller's deadline, while the login goes on for others", async () => {
    const { cache } = setUp([() => new Promise(() => undefined)]);
    const failure: unknown = await cache.get(AbortSignal.timeout(20)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpFailure);
    expect(toOutcomeOfLogin(failure).kind).toBe('retryable');
    expect(toOutcomeOfLogin(new LoginFailure(true, 'answered 401'))).toMatchObject({
      kind: 'retryable',
      retryAfterMs: 300_000,
      evidence: expect.stringContaining('credentials'),
    });
    expect(() => toOutcomeOfLogin(new TypeError('ours'))).toThrow(TypeError);
  });
});
