import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonError, JsonNumber, parseJson, printJson, type Json, type Printable } from './json.js';

/** What the engine's own parser makes of it: the judge of what is JSON. */
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const accepts = (text: string): boolean => {
  try {
    parseJson(text);
    return true;
  } catch (error) {
    if (error instanceof JsonError) return false;
    throw error;
  }
};
/** By tokens, and one set of names per object: slow, and another way than that of the parser. */
const holdsNameTwice = (text: string): boolean => {
  if (!isJson(text)) return false;
  const names: Set<unknown>[] = [];
  let before = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/gsu)) {
    if (token === '{' || token === '[') names.push(new Set());
    else if (token === '}' || token === ']') names.pop();
    else if (token === ':') {
      const name: unknown = JSON.parse(before);
      if (names.at(-1)!.has(name)) return true;
      names.at(-1)!.add(name);
    }
    before = token;
  }
  return false;
};
/** A plain comparison: `expect` costs more than the parser, and this one is made for thousands of texts. */
const expectSameJudgement = (text: string): void => {
  const accepted = accepts(text);
  if (accepted !== isJson(text)) throw new Error(`${JSON.stringify(text)} is ${accepted ? 'accepted' : 'refused'}, unlike by the grammar`);
};
/** Our parse with numbers turned into floats, to compare with the engine's. */
const asFloats = (value: Json): unknown => {
  if (value instanceof JsonNumber) return Number(value.raw);
  if (Array.isArray(value)) return (value as readonly Json[]).map(asFloats);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asFloats(member)]));
};

const digits = fc.stringMatching(/^[0-9]{1,40}$/);
const numberToken = fc
  .tuple(
    fc.boolean(),
    digits,
    fc.option(digits),
    fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(999))),
  )
  .map(([negative, whole, fraction, exponent]) => {
    const body = whole.replace(/^0+(?=\d)/, '');
    return `${negative ? '-' : ''}${body}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : exponent.map(String).join('')}`;
  });
const plainKey = fc
  .string({ maxLength: 8 })
  .filter((key) => !key.includes('\u0000') && !['__proto__', 'constructor', 'prototype'].includes(key));
const plainText = fc.string({ maxLength: 20, unit: 'binary' }).filter((text) => !text.includes('\u0000'));
const { value: anyValue } = fc.letrec<{ value: Printable }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    numberToken.map((raw) => new JsonNumber(raw)),
    plainText,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(plainKey, tie('value'), { maxKeys: 5 }),
  ),
}));
const tokensOf = (value: Printable): string[] => {
  if (value instanceof JsonNumber) return [value.raw];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((member) => tokensOf(member));
};

describe('parseJson', () => {
  it.each(['1e100', '-0', '3.4900', '0', '-0.0e-0', '12345678901234567890.12', '1E+2', '0.10', '9'.repeat(5_000), `1e${'9'.repeat(50)}`])(
    'keeps %s as it was written',
    (raw) => {
      expect(parseJson(raw)).toEqual(new JsonNumber(raw));
      expect(printJson(parseJson(`{"a":[${raw}, ${raw}]}`))).toBe(`{"a":[${raw},${raw}]}`);
    },
  );
  it('keeps every number token of every value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const printed = printJson(value);
        const again = parseJson(printed);
        expect(tokensOf(again)).toEqual(tokensOf(value));
        expect(again).toEqual(value);
        expect(printJson(again)).toBe(printed);
        expect(asFloats(again)).toEqual(JSON.parse(printed));
      }),
      { numRuns: 500 },
    );
  });
  it('reads what the grammar reads, blanks included', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 6 }).filter((text) => !/\\u0000|"(__proto__|constructor|prototype)"/.test(text)),
        fc.constantFrom(undefined, 1, '\t'),
        (text, indent) => {
          const spaced = JSON.stringify(JSON.parse(text), null, indent);
          expect(asFloats(parseJson(spaced))).toEqual(JSON.parse(spaced));
        },
      ),
      { numRuns: 500 },
    );
  });
  it('agrees with the grammar on texts made of its pieces', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '\\"',
      '\\u',
      '00e9',
      '0',
      '1',
      '-',
      '+',
      '.',
      'e',
      'E',
      '12',
      ' ',
      '\n',
      '\u2028',
      '\u0001',
      'true',
      'null',
      'nul',
      '"a"',
      '"k":',
      'NaN',
      '/**/',
      '\ufeff',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
        (text) => {
          fc.pre(!text.includes('\\u0000') && !holdsNameTwice(text));
          // A number cannot be a key in JSON either: nothing that JSON accepts may be refused here.
          expectSameJudgement(text);
        },
      ),
      { numRuns: 20_000 },
    );
  });
  it('agrees with the grammar on damaged texts', () => {
    fc.assert(
      fc.property(
        anyValue,
        fc.nat(),
        fc.nat(3),
        fc.constantFrom('', '"', '\\', '1', '0', '-', '.', 'e', ',', '{', ']', ' ', '\n', '\u2028'),
        (value, place, cut, put) => {
          const text = printJson(value);
          const at = place % (text.length + 1);
          const damaged = text.slice(0, at) + put + text.slice(at + cut);
          fc.pre(!/\\u0000|__proto__|constructor|prototype|\p{Surrogate}/u.test(damaged) && !holdsNameTwice(damaged));
          expectSameJudgement(damaged);
        },
      ),
      { numRuns: 5_000 },
    );
  });
  it.each([
    '',
    ' ',
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e',
    '--1',
    '0x10',
    'Infinity',
    '1 2',
    '"a',
    '"1',
    '"\\',
    '"a\nb"',
    '"\\x"',
    '{1:2}',
    '{"a" 1}',
    '{"a":1,}',
    '[1,]',
    "'a'",
    '[1]]',
    '\u0000',
    '"\u0000"',
  ])('refuses %j', (text) => {
    expect(isJson(text)).toBe(false);
    expect(() => parseJson(text)).toThrow(JsonError);
  });
  it('never repeats the text in its message', () => {
    expect(() => parseJson('{"iban":"NL91ABNA0417164300",}')).toThrow(/^the text is not JSON$/);
  });
  it('refuses an escaped NUL, in values and keys, however many backslashes stand before', () => {
    for (const text of ['"\\u0000"', '{"a\\u0000":1}', '["x\\\\\\u0000"]', '"a\\u0000b"']) {
      expect(isJson(text)).toBe(true);
      expect(() => parseJson(text)).toThrow('NUL');
    }
  });
  it('refuses half a character, written or escaped, in values and keys', () => {
    for (const text of ['"\ud800"', '"\\ud800"', '["x\\uDC00\\uD800"]', '{"\\udfff":1}', '{"a":{"b":["\\ud83d"]}}', '"\\ud800\\u0041"']) {
      expect(isJson(text)).toBe(true);
      expect(() => parseJson(text)).toThrow('half a character');
    }
    expect(parseJson('["\\ud83d\\ude00", "\ud83d\ude00", "\\\\ud800", 1]')).toEqual([
      '\ud83d\ude00',
      '\ud83d\ude00',
      '\\ud800',
      new JsonNumber('1'),
    ]);
  });
  it('reads text about an escape', () => {
    expect(parseJson('"\\\\u0000"')).toBe('\\u0000');
    expect(parseJson('["\\\\\\\\u0000", 1]')).toEqual(['\\\\u0000', new JsonNumber('1')]);
  });
  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s at every depth and leaves the prototype alone', (key) => {
    expect(() => parseJson(`{"a":[{"${key}":{"polluted":1}}]}`)).toThrow('reserved');
    expect(() => parseJson(`{"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}":1}`)).toThrow('reserved');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(parseJson(`"${key}"`)).toBe(key);
  });
  it('refuses a number as a key by name', () => {
    expect(() => parseJson('{1:2}')).toThrow('an object key is a number');
  });
  it.each([
    '{"a":1,"a":2.50}',
    '{"a":1,"a":1}',
    '{"status":"RJCT","status":"ACSC"}',
    '{"a":1,"\\u0061":2}',
    '{"\\u00e9":1,"é":2}',
    '{"\\/":1,"/":2}',
    '{"":1,"":2}',
    '{"1":1,"b":2,"1":3}',
    '{"a":{"x":1,"y":{"z":2}},"a":3}',
    '{"a":3,"a":{"x":1,"y":{"z":2}}}',
    '{"a":[{"b":1,"c":2,"b":3}]}',
    '[[[{"b":null,"b":null}]]]',
    '{"a:b":1,"a:b":":"}',
    '{"toString":1,"toString":2}',
    `${'{"a":'.repeat(60)}{"b":1,"b":2}${'}'.repeat(60)}`,
  ])('refuses a name that stands twice in one object: %s [C9]', (text) => {
    expect(isJson(text)).toBe(true);
    expect(() => parseJson(text)).toThrow('two members of one name');
  });
  it.each(['{"__proto__":1,"__proto__":2}', '{"__proto__":{},"\\u005f_proto__":{}}', '{"a":1,"__proto__":{"a":2}}'])(
    'refuses %s, whichever rule comes first [C9]',
    (text) => {
      expect(() => parseJson(text)).toThrow(JsonError);
    },
  );
  it('takes names that only look alike, and one name in several objects', () => {
    for (const text of [
      '{"a":1,"A":2}',
      '{"é":1,"e\u0301":2}',
      '[{"a":1},{"a":2}]',
      '{"a":{"a":{"a":":"}}}',
      '{":":"a:b:c","::":[":"]}',
      '{"a ":1,"a":2}',
    ])
      expect(accepts(text)).toBe(true);
  });
  it('agrees with a slow judge about names that stand twice, plain or escaped, wherever they stand [C9]', () => {
    const escaped = (text: string): string =>
      `"${text
        .split('')
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('')}"`;
    const name = fc
      .tuple(fc.constantFrom('a', 'b', ':', '"', '\\', 'é', '😀', ''), fc.boolean())
      .map(([text, isEscaped]) => (isEscaped ? escaped(text) : JSON.stringify(text)));
    const { value: written } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('1', '"a:b"', '"{\\":\\""', 'null', '[]', '{}'),
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
        fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => `{${members.map((pair) => pair.join(':')).join(',')}}`),
      ),
    }));
    const seen = { twice: 0, once: 0 };
    fc.assert(
      fc.property(written, (text) => {
        const twice = holdsNameTwice(text);
        seen[twice ? 'twice' : 'once']++;
        expect(accepts(text)).toBe(!twice);
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(seen.twice, seen.once)).toBeGreaterThan(100);
  });
  it('bounds the depth, and does not count brackets in strings', () => {
    const nested = (n: number): string => '['.repeat(n) + ']'.repeat(n);
    expect(accepts(nested(64))).toBe(true);
    expect(() => parseJson(nested(65))).toThrow('nested deeper than 64');
    expect(() => parseJson('{"a":{"b":1}}', 1)).toThrow('nested deeper than 1');
    expect(parseJson(`["${'[{'.repeat(200)}\\"[["]`, 1)).toEqual([`${'[{'.repeat(200)}"[[`]);
    expect(() => parseJson(nested(1_000_000))).toThrow(JsonError);
    expect(accepts('[1],[2]')).toBe(false);
  });
  it('spends time in proportion to the text, also where a string is never closed', () => {
    const began = performance.now();
    for (const text of [
      `"${'\\"'.repeat(200_000)}`,
      '"'.repeat(400_001),
      `[${'"a",'.repeat(100_000)}`,
      `${'\\'.repeat(400_000)}u0000`,
      `1${'0'.repeat(400_000)}e`,
    ])
      expect(accepts(text)).toBe(false);
    // Quadratic, the first alone takes a minute.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
  it('says JsonError also where the engine runs out of room', () => {
    expect(() => parseJson(`"${'\\n'.repeat(12_000_000)}`)).toThrow(JsonError);
  });
});

describe('printJson', () => {
  it('prints integers of ours, absent members left out, absent elements as null', () => {
    expect(printJson({ a: undefined, b: 1, c: 12n, d: [undefined, null], e: 'ü"\n', f: true, g: false, h: -0 })).toBe(
      '{"b":1,"c":12,"d":[null,null],"e":"ü\\"\\n","f":true,"g":false,"h":0}',
    );
    expect(printJson(undefined)).toBe('null');
    expect(String(new JsonNumber('3.4900'))).toBe('3.4900');
  });
  it.each([0.1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e100])('refuses the float %d', (value) => {
    expect(() => printJson({ amount: value })).toThrow('safe integer');
  });
  it.each([(): string => '', Symbol('x')])('refuses what JSON has no word for', (value) => {
    expect(() => printJson({ value: value as unknown as Printable })).toThrow(`cannot print a ${typeof value}`);
  });
});
