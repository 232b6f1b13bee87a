import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import { bigintArray, booleanArray, intArray, textArray } from './binary-array.js';

/** Postgres itself is the judge: what it reads from the binary form must be what was given. */
describe('a binary array', () => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: process.env['DATABASE_URL'] });
    await client.connect();
  });
  afterAll(() => client.end());

  const elements = async (type: string, array: Buffer): Promise<(string | null)[]> => {
    const { rows } = await client.query<{ value: string | null }>({
      name: `binary-array-${type}`,
      text: `select value::text from unnest($1::${type}[]) with ordinality as t(value, n) order by n`,
      values: [array],
    });
    return rows.map(({ value }) => value);
  };
  const holds = <T extends string | number | boolean>(type: string, one: fc.Arbitrary<T>, encode: (values: (T | null)[]) => Buffer) =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.option(one, { freq: 4 }), { maxLength: 40 }), async (values) => {
        expect(await elements(type, encode(values))).toEqual(values.map((value) => (value === null ? null : String(value))));
      }),
      { numRuns: 100 },
    );

  it('of text keeps every character that Postgres can store', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((one) => !one.includes('\u0000'));
    await holds('text', text, textArray);
  });
  it('of text keeps what an array literal must escape', async () => {
    const hard = ['', 'NULL', 'null', '{}', '{"a":"b\\\\c"}', ',', '"', '\\', ' a ', '\u{1F600} é', 'x'.repeat(100_000)];
    expect(await elements('text', textArray(hard))).toEqual(hard);
  });
  it('of int keeps the whole range', () => holds('int', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), intArray));
  it('of bigint keeps the whole range, from text and from numbers', async () => {
    await holds('bigint', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), bigintArray);
    await holds('bigint', fc.maxSafeInteger(), bigintArray);
  });
  it('of boolean keeps both and null', () => holds('boolean', fc.boolean(), booleanArray));

  it.each([
    ['int', () => intArray([2 ** 31])],
    ['int', () => intArray([Number.NaN])],
    ['bigint', () => bigintArray(['1.5'])],
    ['bigint', () => bigintArray([2 ** 63 + 2 ** 11])],
  ])('of %s refuses what is no such number', (_type, encode) => {
    expect(encode).toThrow();
  });
});
