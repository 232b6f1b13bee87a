import { describe, expect, it } from '@jest/globals';
import { DatabaseError, type Pool } from 'pg';
import { NotReady } from '../http/server.js';
import { writeCheck } from './write-check.js';

const stage = () => {
  const asked: string[] = [];
  const answers: (Error | null)[] = [];
  let nowMs = 0;
  const query = (text: string): Promise<void> => {
    asked.push(text);
    const error = answers.shift() ?? null;
    return error === null ? Promise.resolve() : Promise.reject(error);
  };
  const check = writeCheck({ query } as unknown as Pool, () => nowMs);
  return { check, asked, answers, pass: (ms: number) => void (nowMs += ms) };
};

describe('whether the database takes a write', () => {
  it('is tried by a write, not by a question [C3]', async () => {
    const { check, asked } = stage();
    await check();
    expect(asked).toEqual([expect.stringMatching(/^insert into write_check /)]);
  });
  it('is refused with the SQLSTATE, and an unreachable one with its own error [C3]', async () => {
    const { check, answers, pass } = stage();
    answers.push(Object.assign(new DatabaseError('read only', 0, 'error'), { code: '25006' }), new Error('ECONNREFUSED'));
    await expect(check()).rejects.toThrow(new NotReady('Postgres refuses to write: SQLSTATE 25006'));
    pass(1_000);
    await expect(check()).rejects.toThrow('ECONNREFUSED');
  });
  it('is asked once a second, however many ask, and one write is under way at most', async () => {
    const { check, asked, pass } = stage();
    await Promise.all([check(), check()]);
    await check();
    expect(asked).toHaveLength(1);
    pass(1_000);
    await check();
    expect(asked).toHaveLength(2);
  });
});
