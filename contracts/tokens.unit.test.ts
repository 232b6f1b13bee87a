import { describe, expect, it } from '@jest/globals';
import { JsonNumber, parseJson } from '../shared/kernel/json.js';
import { decimalText, decimalToken, integerToken, jsonObject } from './tokens.js';

const token = (raw: string): JsonNumber => new JsonNumber(raw);

describe('decimalToken', () => {
  it.each([
    [token('3.4900'), '3.49'],
    ['1000.00', '1000'],
    [token('12345678901234567890.12'), '12345678901234567890.12'],
    [token('-7'), '-7'],
    [token('1e2'), '100'],
    [' 5 ', '5'],
  ])('reads %p exactly', (given, wanted) => {
    expect(decimalToken.parse(given)).toBe(wanted);
  });

  it.each([['NaN'], ['12,50'], [''], [1.5], [true], [null], [token('1e999999')]])('refuses %p', (given) => {
    expect(decimalToken.safeParse(given).success).toBe(false);
  });
});

describe('decimalText', () => {
  it('takes text only', () => {
    expect(decimalText.parse('250.00')).toBe('250');
    expect(decimalText.safeParse(token('250.00')).success).toBe(false);
  });
});

describe('integerToken', () => {
  it('reads numbers and text', () => {
    expect(integerToken.parse('300')).toBe(300);
    expect(integerToken.parse(token('7'))).toBe(7);
  });

  it.each([['7.5'], ['9007199254740993'], ['x'], ['']])('refuses %p', (given) => {
    expect(integerToken.safeParse(given).success).toBe(false);
  });
});

describe('jsonObject', () => {
  it('hands back the very object, and refuses lists and numbers', () => {
    const object = parseJson('{"a":1e100}');
    expect(jsonObject.parse(object)).toBe(object);
    expect(jsonObject.safeParse([]).success).toBe(false);
    expect(jsonObject.safeParse(token('1')).success).toBe(false);
  });
});
