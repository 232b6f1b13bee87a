import { describe, expect, it } from '@jest/globals';
import { rowsLiteral } from './composite.js';

describe('rows as one parameter', () => {
  it('leaves plain text plain, says null with nothing and an empty text with quotes', () => {
    expect(rowsLiteral([{ a: 'x-1', b: null, c: '', d: 7, e: false }], ['a', 'b', 'c', 'd', 'e'])).toBe('{"(x-1,,\\"\\",7,false)"}');
  });
  it('doubles a quote for the row and escapes both for the array; a backslash likewise', () => {
    expect(rowsLiteral([{ a: 'say "no"' }, { a: 'c:\\d' }], ['a'])).toBe('{"(\\"say \\"\\"no\\"\\"\\")","(\\"c:\\\\\\\\d\\")"}');
  });
  it('takes a column that a row does not have for null, and no rows for an empty array', () => {
    expect(rowsLiteral([{}], ['a', 'b'])).toBe('{"(,)"}');
    expect(rowsLiteral([], ['a'])).toBe('{}');
  });
});
