import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { QueryResultRow } from 'pg';
import { randomKey, sealKeysOf } from '../../../test/support/sealing.js';
import { DataKeys, wrapDataKey } from './portfolio-keys.js';

describe('the data key of a portfolio', () => {
  it('opens nothing any more once it is erased, also where a restored database still holds it [A13]', async () => {
    const keys = sealKeysOf({ id: 'k1', key: randomKey() });
    const row = { id: 'd1', portfolio_id: 'P1', ...wrapDataKey(keys, 'd1', 'P1', randomBytes(32)), is_closing: false };
    const ask = <R extends QueryResultRow>(): Promise<readonly R[]> => Promise.resolve([row as unknown as R]);
    let isErased = false;
    const dataKeys = new DataKeys({ ask, keys: () => keys, isErased: () => isErased, nowMs: () => 0 });
    await dataKeys.read(['d1']);
    expect(dataKeys.toOpen('d1')?.id).toBe('d1');
    isErased = true;
    expect(dataKeys.toOpen('d1')).toBeNull();
  });
});
