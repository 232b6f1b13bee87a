/** What becomes of a good body on its way to us: fields of another kind, then bytes of another kind. */
import fc from 'fast-check';
import { anyTree } from './from-schema.js';
import { changedAt, countOf, object, printed, raw, text, withMember, type Tree } from './tree.js';

export type FieldMutation = { readonly at: number; readonly does: string; readonly value: Tree | null; readonly key: string };

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
/** Values that have broken somebody's software before. */
const NASTY: readonly Tree[] = [
  ...[
    '1e999',
    '-1e999',
    '1e-999',
    '-0',
    '0.1',
    '0.30000000000000004',
    '9007199254740993',
    '1e100',
    '00',
    '+1',
    '1.',
    '.5',
    'NaN',
    'Infinity',
    '0x10',
  ],
  ...['-5', '-0.01', '1e400', `1${'0'.repeat(399)}`, `1${'0'.repeat(5_000)}`, `0.${'0'.repeat(500)}1`],
  ...['null', 'true', 'false', '[]', '{}', '[[]]', 'undefined', '', deep(63), deep(65), deep(2_000)],
  ...['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"\\\\u0000"', '"\\x41"', '"\\u00"', '"\t"'],
  ...['{"__proto__":{"amount":"1"}}', '{"constructor":{"prototype":{}}}', '{"a":1,"a":2}', '{"":0}'],
].map(raw);
const NASTY_TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1,50',
    '1e100',
    '1e999',
    'NaN',
    'null',
    '__proto__',
    'constructor',
    'toString',
    '../../x',
    "'; drop table inbox; --",
    '$1',
    '%00',
    '\r\nx: y',
  ],
  ...[
    '2026-02-30T25:61:61Z',
    '0000-00-00',
    '-1000000000-01-01T00:00:00Z',
    '9999-12-31T23:59:60Z',
    '2026-01-01',
    '١٢٣',
    '１２',
    'ＵＳＤ',
    'usd',
  ],
  ...[
    '\u202e',
    '\ufeff',
    '\ufffd',
    'é',
    'e\u0301',
    '👩‍👩‍👧',
    '\u2028',
    'x'.repeat(127),
    'x'.repeat(128),
    'x'.repeat(129),
    'x'.repeat(188),
    'x'.repeat(201),
    'é'.repeat(130),
    'x'.repeat(20_000),
  ],
];

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 3, arbitrary: fc.constantFrom(...NASTY_TEXTS).map(text) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map(text) },
  { weight: 1, arbitrary: anyTree },
);
const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'id', 'portfolioId', 'amount', 'data', 'type', 'a\u0000'),
  fc.string({ maxLength: 8 }),
);

export const fieldMutation: fc.Arbitrary<FieldMutation> = fc.record({
  at: fc.nat(400),
  does: fc.constantFrom('set', 'set', 'set', 'remove', 'add', 'wrap', 'twice'),
  value,
  key,
});

export const mutated = (tree: Tree, mutations: readonly FieldMutation[]): Tree =>
  mutations.reduce((now: Tree, { at, does, value: to, key: name }) => {
    const next = changedAt(now, at % countOf(now), (node) => {
      switch (does) {
        case 'remove':
          return null;
        case 'add':
          return node.kind === 'object' ? withMember(node, name, to ?? raw('null')) : node;
        case 'wrap':
          return object([[name, node]]);
        case 'twice':
          return node.kind === 'object' && node.members.length > 0
            ? object([...node.members, [node.members[at % node.members.length]?.[0] ?? name, to ?? raw('null')]])
            : node;
        default:
          return to;
      }
    });
    return next ?? raw('null');
  }, tree);

export type ByteMutation = {
  readonly does: 'flip' | 'cut' | 'insert' | 'splice';
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
};

const INVALID_UTF8: readonly Uint8Array[] = [
  [0xff],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc0, 0xaf],
  [0x00],
  [0xef, 0xbb, 0xbf],
  [0x22],
  [0x5c],
].map((bytes) => Uint8Array.from(bytes));
export const byteMutation: fc.Arbitrary<ByteMutation> = fc.record({
  does: fc.constantFrom('flip', 'cut', 'insert', 'splice'),
  at: fc.nat(100_000),
  length: fc.integer({ min: 1, max: 40 }),
  bytes: fc.oneof(fc.constantFrom(...INVALID_UTF8), fc.uint8Array({ minLength: 1, maxLength: 6 })),
});

export const corrupted = (body: Buffer, mutations: readonly ByteMutation[]): Buffer =>
  mutations.reduce((now, { does, at, length, bytes }) => {
    const place = now.length === 0 ? 0 : at % now.length;
    const before = now.subarray(0, place);
    switch (does) {
      case 'flip':
        return now.length === 0
          ? now
          : Buffer.concat([before, Buffer.from([(now[place] ?? 0) ^ (1 << (at % 8))]), now.subarray(place + 1)]);
      case 'cut':
        return Buffer.concat([before, now.subarray(Math.min(now.length, place + length))]);
      case 'insert':
        return Buffer.concat([before, bytes, now.subarray(place)]);
      case 'splice':
        // A piece of the body once more, somewhere else.
        return Buffer.concat([
          before,
          now.subarray(at % Math.max(1, Math.floor(now.length / 2)), (at % Math.max(1, Math.floor(now.length / 2))) + length),
          now.subarray(place),
        ]);
    }
  }, body);

/** A body and what happened to it: most bodies are hurt once, some twice, a few not at all. */
export const hurt = (good: fc.Arbitrary<Tree>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      good,
      fc.array(fieldMutation, { maxLength: 3 }),
      fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(byteMutation, { minLength: 1, maxLength: 3 }) }),
    )
    .map(([tree, fields, bytes]) => corrupted(Buffer.from(printed(mutated(tree, fields))), bytes));
