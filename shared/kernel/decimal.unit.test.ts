import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MAX_LENGTH,
  ZERO,
  absolute,
  compare,
  cutTo,
  decimal,
  dividedBy,
  greatest,
  isNegative,
  isPositive,
  isZero,
  least,
  minus,
  negated,
  parseDecimal,
  plus,
  scaleOf,
  sum,
  times,
  withDigits,
  type Decimal,
} from './decimal.js';

/** The judge: units over ten to the scale, exact and written without looking at the code under test. */
type Fraction = { readonly n: bigint; readonly d: bigint };
const fractionOf = (text: string): Fraction => {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', rest = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const n = BigInt(whole + rest) * (negative ? -1n : 1n);
  const e = Number(exponent) - rest.length;
  return e >= 0 ? { n: n * 10n ** BigInt(e), d: 1n } : { n, d: 10n ** BigInt(-e) };
};
const same = (a: Fraction, b: Fraction): boolean => a.n * b.d === b.n * a.d;
const order = (a: Fraction, b: Fraction): number => {
  const [x, y] = [a.n * b.d, b.n * a.d];
  return x < y ? -1 : x > y ? 1 : 0;
};

/** Plain comparisons: `expect` costs more than the arithmetic, and these are made for thousands of values. */
const equal = <Value>(actual: Value, expected: Value): void => {
  if (!Object.is(actual, expected)) throw new Error(`${String(actual)}, not ${String(expected)}`);
};
const matches = (text: string, pattern: RegExp): void => {
  if (!pattern.test(text)) throw new Error(`${text} does not match ${String(pattern)}`);
};

const anyText = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.stringMatching(/^[0-9]{1,30}$/),
    fc.option(fc.stringMatching(/^[0-9]{1,20}$/)),
    fc.option(fc.integer({ min: -30, max: 30 })),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${String(exponent)}`}`,
  );
const anyDecimal = anyText.map(decimal);
const CANONICAL = /^(?:0|-?(?:0|[1-9]\d*)\.\d*[1-9]|-?[1-9]\d*)$/;
const canonical = (value: Decimal): void => {
  matches(value, CANONICAL);
  equal(parseDecimal(value), value);
};

describe('parseDecimal', () => {
  it.each([
    ['250', '250'],
    ['1000.00', '1000'],
    ['3.4900', '3.49'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['+5', '5'],
    ['007.50', '7.5'],
    ['1e3', '1000'],
    ['1.5E+2', '150'],
    ['15e-1', '1.5'],
    ['1e-3', '0.001'],
    ['-12.30e-1', '-1.23'],
    ['0e399', '0'],
    ['1e100', `1${'0'.repeat(100)}`],
  ])('reads %s as %s', (text, expected) => {
    expect(parseDecimal(text)).toBe(expected);
    canonical(decimal(text));
  });
  it.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '.5',
    '5.',
    '1,5',
    '1e',
    'e5',
    '--1',
    '0x1',
    '1_000',
    'NaN',
    'Infinity',
    '１',
    '1e1.5',
    '1e9999999',
    '1e-9999999',
  ])('refuses %j', (text) => {
    expect(parseDecimal(text)).toBeNull();
    expect(() => decimal(text)).toThrow(new RangeError('not a decimal'));
  });
  it('keeps the value, and its text is the only one', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const value = decimal(text);
        canonical(value);
        equal(same(fractionOf(value), fractionOf(text)), true);
      }),
      { numRuns: 2_000 },
    );
  });
  it('is bounded, and what it accepts it accepts again', () => {
    expect(parseDecimal('9'.repeat(MAX_LENGTH))).toBe('9'.repeat(MAX_LENGTH));
    expect(parseDecimal('9'.repeat(MAX_LENGTH + 1))).toBeNull();
    expect(parseDecimal('1e399')).toBe(`1${'0'.repeat(399)}`);
    for (const text of [
      '1e400',
      '1e-400',
      '1e-399',
      '-1e399',
      '1e401',
      '1e-401',
      '99e399',
      '1e999999',
      '1e-999999',
      `${'9'.repeat(394)}e400`,
    ])
      expect(parseDecimal(text)).toBeNull();
    fc.assert(
      fc.property(fc.integer({ min: -999_999, max: 999_999 }), fc.stringMatching(/^-?[0-9]{1,398}$/), (exponent, mantissa) => {
        for (const text of [`${mantissa}e${String(exponent)}`, `${mantissa}e${String(exponent % 420)}`, mantissa]) {
          const value = parseDecimal(text);
          if (value !== null) canonical(value);
        }
      }),
    );
  });
});

describe('arithmetic', () => {
  it('agrees with fractions of whole numbers', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const [x, y] = [fractionOf(a), fractionOf(b)];
        for (const value of [plus(a, b), minus(a, b), times(a, b), negated(a), absolute(a)]) matches(value, CANONICAL);
        equal(same(fractionOf(plus(a, b)), { n: x.n * y.d + y.n * x.d, d: x.d * y.d }), true);
        equal(same(fractionOf(minus(a, b)), { n: x.n * y.d - y.n * x.d, d: x.d * y.d }), true);
        equal(same(fractionOf(times(a, b)), { n: x.n * y.n, d: x.d * y.d }), true);
        equal(compare(a, b), order(x, y));
        equal(least(a, b), order(x, y) <= 0 ? a : b);
        equal(greatest(a, b), order(x, y) >= 0 ? a : b);
      }),
      { numRuns: 2_000 },
    );
  });
  it('obeys the laws', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, anyDecimal, (a, b, c) => {
        equal(plus(a, b), plus(b, a));
        equal(plus(plus(a, b), c), plus(a, plus(b, c)));
        equal(times(a, b), times(b, a));
        equal(times(a, plus(b, c)), plus(times(a, b), times(a, c)));
        equal(minus(plus(a, b), b), a);
        equal(plus(a, ZERO), a);
        equal(plus(a, negated(a)), ZERO);
        equal(negated(negated(a)), a);
        equal(sum([a, b, c]), plus(plus(a, b), c));
        equal(compare(a, b), -compare(b, a) + 0);
        equal(isZero(a), compare(a, ZERO) === 0);
        equal(isPositive(a), compare(a, ZERO) > 0);
        equal(isNegative(a), compare(a, ZERO) < 0);
        equal(isNegative(absolute(a)), false);
      }),
      { numRuns: 1_000 },
    );
  });
  it('adds nothing up to zero', () => {
    expect(sum([])).toBe('0');
  });
  it('does not lose what a float would', () => {
    expect(plus(decimal('0.1'), decimal('0.2'))).toBe('0.3');
    expect(minus(decimal('10000000000000000.01'), decimal('0.01'))).toBe('10000000000000000');
    expect(minus(decimal('1e100'), decimal('1'))).toBe('9'.repeat(100));
  });
});

describe('digits', () => {
  it('cuts towards zero and never up', () => {
    fc.assert(
      fc.property(anyDecimal, fc.nat(12), (a, digits) => {
        const cut = cutTo(a, digits);
        matches(cut, CANONICAL);
        equal(scaleOf(cut) <= digits, true);
        equal(compare(absolute(cut), absolute(a)) <= 0, true);
        // No coin more could have been kept.
        equal(compare(plus(absolute(cut), decimal(`1e-${String(digits)}`)), absolute(a)), 1);
        equal(isNegative(cut) && !isNegative(a), false);
        equal(cutTo(cut, digits), cut);
        if (scaleOf(a) <= digits) equal(cut, a);
      }),
      { numRuns: 1_000 },
    );
    expect([
      cutTo(decimal('1.999'), 2),
      cutTo(decimal('-1.999'), 2),
      cutTo(decimal('0.009'), 2),
      cutTo(decimal('-0.009'), 2),
      cutTo(decimal('7.9'), 0),
    ]).toEqual(['1.99', '-1.99', '0', '0', '7']);
  });
  it('divides towards zero', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, fc.nat(12), (a, b, digits) => {
        fc.pre(!isZero(b));
        const quotient = dividedBy(a, b, digits);
        matches(quotient, CANONICAL);
        const rest = minus(a, times(quotient, b));
        equal(compare(absolute(rest), times(absolute(b), decimal(`1e-${String(digits)}`))), -1);
        equal(isZero(rest) || isNegative(rest) === isNegative(a), true);
      }),
      { numRuns: 1_000 },
    );
    expect(dividedBy(decimal('2'), decimal('3'), 4)).toBe('0.6666');
    expect(dividedBy(decimal('-2'), decimal('3'), 0)).toBe('0');
    expect(() => dividedBy(decimal('1'), ZERO, 2)).toThrow(RangeError);
  });
  it('writes exactly so many digits, or refuses to lose one', () => {
    fc.assert(
      fc.property(anyDecimal, fc.nat(20), (a, digits) => {
        if (scaleOf(a) > digits) {
          expect(() => withDigits(a, digits)).toThrow(RangeError);
          return;
        }
        const text = withDigits(a, digits);
        matches(text, digits === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${String(digits)}}$`));
        equal(decimal(text), a);
      }),
      { numRuns: 1_000 },
    );
    expect([
      withDigits(decimal('0.05'), 2),
      withDigits(decimal('-0.5'), 2),
      withDigits(decimal('1250'), 2),
      withDigits(decimal('-7'), 0),
      withDigits(ZERO, 3),
    ]).toEqual(['0.05', '-0.50', '1250.00', '-7', '0.000']);
  });
});
