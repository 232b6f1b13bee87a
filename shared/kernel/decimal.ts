/**
 * Exact decimal numbers as canonical text: `"250"`, `"-3.49"`, `"0"`. No exponent, no plus sign, no trailing zeros after
 * the point, no negative zero. Being text they go through JSON, Kafka and Postgres unharmed; being branded they cannot be
 * mixed up with any other text.
 */
export type Decimal = string & { readonly __decimal: true };

/** Longest number we accept, in characters as written and as printed. Bounds what `1e999999999` can cost. */
export const MAX_LENGTH = 400;

const FORM = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/;

type Parts = { readonly units: bigint; readonly scale: number };

const POWERS: bigint[] = [1n];
const tenTo = (n: number): bigint => (POWERS[n] ??= 10n ** BigInt(n));

const print = ({ units, scale }: Parts): Decimal => {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  const body = fraction === '' ? whole : `${whole}.${fraction}`;
  return (negative && units !== 0n ? `-${body}` : body) as Decimal;
};

/** Already as `print` would write it: nothing to do, which is what most amounts are. */
const CANONICAL = /^(?:0|-?[1-9]\d*|-?(?:0|[1-9]\d*)\.\d*[1-9])$/;

/** Reads a decimal from text as JSON or a person writes it, or null when it is not one or is longer than MAX_LENGTH. */
export const parseDecimal = (text: string): Decimal | null => {
  if (text.length > MAX_LENGTH) return null;
  if (CANONICAL.test(text)) return text as Decimal;
  const match = FORM.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  const scale = fraction.length - exponent;
  if (Math.abs(exponent) > MAX_LENGTH || Math.abs(scale) > MAX_LENGTH) return null;
  const units = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const printed = scale >= 0 ? print({ units, scale }) : print({ units: units * tenTo(-scale), scale: 0 });
  // What is accepted is stored as printed, and has to be accepted again when it is read.
  return printed.length > MAX_LENGTH ? null : printed;
};

/** A decimal from text that is known to be one. @throws RangeError otherwise. */
export const decimal = (text: string): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed === null) throw new RangeError('not a decimal');
  return parsed;
};

const parts = (value: Decimal): Parts => {
  const point = value.indexOf('.');
  return point < 0
    ? { units: BigInt(value), scale: 0 }
    : { units: BigInt(value.slice(0, point) + value.slice(point + 1)), scale: value.length - point - 1 };
};

const aligned = (a: Decimal, b: Decimal): { readonly a: bigint; readonly b: bigint; readonly scale: number } => {
  const x = parts(a);
  const y = parts(b);
  const scale = Math.max(x.scale, y.scale);
  return { a: x.units * tenTo(scale - x.scale), b: y.units * tenTo(scale - y.scale), scale };
};

export const ZERO = '0' as Decimal;

export const plus = (a: Decimal, b: Decimal): Decimal => {
  const x = aligned(a, b);
  return print({ units: x.a + x.b, scale: x.scale });
};
export const minus = (a: Decimal, b: Decimal): Decimal => {
  const x = aligned(a, b);
  return print({ units: x.a - x.b, scale: x.scale });
};
export const times = (a: Decimal, b: Decimal): Decimal => {
  const x = parts(a);
  const y = parts(b);
  return print({ units: x.units * y.units, scale: x.scale + y.scale });
};
/** Negative when a < b, zero when equal, positive when a > b. */
export const compare = (a: Decimal, b: Decimal): -1 | 0 | 1 => {
  const x = aligned(a, b);
  return x.a < x.b ? -1 : x.a > x.b ? 1 : 0;
};
export const negated = (a: Decimal): Decimal => minus(ZERO, a);
export const absolute = (a: Decimal): Decimal => (a.startsWith('-') ? negated(a) : a);
export const isZero = (a: Decimal): boolean => a === ZERO;
export const isPositive = (a: Decimal): boolean => a !== ZERO && !a.startsWith('-');
export const isNegative = (a: Decimal): boolean => a.startsWith('-');
export const least = (a: Decimal, b: Decimal): Decimal => (compare(a, b) <= 0 ? a : b);
export const greatest = (a: Decimal, b: Decimal): Decimal => (compare(a, b) >= 0 ? a : b);
export const sum = (values: readonly Decimal[]): Decimal => values.reduce(plus, ZERO);

/** How many digits stand after the point. */
export const scaleOf = (a: Decimal): number => parts(a).scale;

/** Cuts to so many digits after the point, towards zero: what is paid is never rounded up. */
export const cutTo = (a: Decimal, digits: number): Decimal => {
  const x = parts(a);
  return x.scale <= digits ? a : print({ units: x.units / tenTo(x.scale - digits), scale: digits });
};

/** Quotient cut towards zero to so many digits after the point. @throws RangeError when the divisor is zero. */
export const dividedBy = (a: Decimal, b: Decimal, digits: number): Decimal => {
  const x = aligned(a, b);
  if (x.b === 0n) throw new RangeError('division by zero');
  return print({ units: (x.a * tenTo(digits)) / x.b, scale: digits });
};

/** Text with exactly so many digits after the point, as banks write amounts. @throws RangeError when digits would be lost. */
export const withDigits = (a: Decimal, digits: number): string => {
  const x = parts(a);
  if (x.scale > digits) throw new RangeError('more decimals than allowed');
  const negative = x.units < 0n;
  const text = ((negative ? -x.units : x.units) * tenTo(digits - x.scale)).toString().padStart(digits + 1, '0');
  const body = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return negative ? `-${body}` : body;
};
