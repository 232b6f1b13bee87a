import { describe, expect, it } from '@jest/globals';
import { PostgresStore } from '../../shared/runtime/engine/store/postgres-store.js';
import { PARTS } from '../../shared/runtime/engine/store/step-statement.js';
import { recorded } from './statements.js';

describe('the story that the statements of a release are kept from', () => {
  it('takes every way through the store, and writes every part of a step', async () => {
    const { statements, methods } = await recorded();
    const all = Object.getOwnPropertyNames(PostgresStore.prototype).filter((name) => name !== 'constructor');
    expect(all.filter((name) => !methods.has(name))).toEqual([]);
    const texts = statements.map(({ text }) => text).join('\n');
    expect(Object.keys(PARTS).filter((part) => !texts.includes(`::${part}_row[]`))).toEqual([]);
    // A new generation keeps what was asked under the key before.
    expect(texts).toContain('insert into earlier_request');
  });
});
