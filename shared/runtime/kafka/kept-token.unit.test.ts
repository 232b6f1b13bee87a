import { describe, expect, it } from '@jest/globals';
import { keptToken } from './kept-token.js';

const clocked = (livesMs: number) => {
  const world = { nowMs: 0, issued: 0, isAway: false, waiting: [] as (() => void)[], holds: false };
  const token = keptToken({
    request: async () => {
      world.issued += 1;
      const value = `token-${String(world.issued)}`;
      if (world.holds) await new Promise<void>((resolve) => world.waiting.push(resolve));
      if (world.isAway) throw new Error('away');
      return { value, livesMs };
    },
    nowMs: () => world.nowMs,
  });
  return { world, token };
};

describe('a token that is kept', () => {
  it('is asked for once for many', async () => {
    const { world, token } = clocked(300_000);
    world.holds = true;
    const all = Promise.all([token(), token(), token()]);
    world.waiting.forEach((go) => {
      go();
    });
    expect(await all).toEqual(['token-1', 'token-1', 'token-1']);
    expect(await token()).toBe('token-1');
    expect(world.issued).toBe(1);
  });
  it('is renewed before its end: a fifth of its life, and 15 s at least', async () => {
    const { world, token } = clocked(300_000);
    await token();
    world.nowMs = 239_999;
    expect(await token()).toBe('token-1');
    world.nowMs = 240_000;
    expect(await token()).toBe('token-2');
    const short = clocked(40_000);
    await short.token();
    short.world.nowMs = 24_999;
    expect(await short.token()).toBe('token-1');
    short.world.nowMs = 25_000;
    expect(await short.token()).toBe('token-2');
  });
  it('is used to its end while the token server is away, and not longer', async () => {
    const { world, token } = clocked(300_000);
    await token();
    world.isAway = true;
    world.nowMs = 299_999;
    expect(await token()).toBe('token-1');
    world.nowMs = 300_000;
    await expect(token()).rejects.toThrow('away');
    world.isAway = false;
    expect(await token()).toBe('token-4');
  });
});
