/**
 * Bodies that a zod schema accepts. Own code, because what there is does not fit: zod-fast-check knows neither zod 4 nor
 * fast-check 4, zocker and zod-schema-faker do not shrink, and none of them can write a number token of ours.
 */
import fc from 'fast-check';
import type { z } from 'zod';
import { JsonNumber, parseJson } from '../../shared/kernel/json.js';
import { array, object, printed, raw, text, type Tree } from './tree.js';

/** What zod 4 keeps about a schema; the constructs that the contracts use, and no others. */
type Check = {
  readonly check: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: RegExp;
};
type Def = {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[];
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly left?: z.ZodType;
  readonly right?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly values?: readonly (string | boolean)[];
  readonly entries?: Readonly<Record<string, string>>;
  readonly catchall?: z.ZodType;
};
const defOf = (schema: z.ZodType): Def => schema._zod.def;

const digits = (most: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[1-9]\\d{0,${String(most - 1)}}$`));
/** Decimals as people and machines write them, ordinary ones most of the time. */
export const decimalText = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(2_000_000), fc.integer({ min: 0, max: 99 }))
      .map(([whole, cents]) => `${String(whole)}.${String(cents).padStart(2, '0')}`),
  },
  { weight: 1, arbitrary: digits(30) },
  { weight: 1, arbitrary: fc.constantFrom('0', '0.00', '1e100', '1E+2', '0.1', '3.4900', '100000000000000000000.01', '1e-7') },
);

const anyLeaf = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map(text),
  decimalText.map(raw),
  fc.constantFrom(raw('true'), raw('false'), raw('null')),
);
export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ node: Tree }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    anyLeaf,
    fc.array(tie('node'), { maxLength: 3 }).map(array),
    fc.array(fc.tuple(fc.string({ maxLength: 6 }), tie('node')), { maxLength: 3 }).map(object),
  ),
})).node;
const anyObject = fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 6 }), anyLeaf), { maxLength: 3 }).map(object);

const words = (def: Def): fc.Arbitrary<string> => {
  const checks = (def.checks ?? []).map((one) => one._zod.def);
  const minLength = Math.max(0, ...checks.map(({ minimum }) => minimum ?? 0));
  const maxLength = Math.min(24, ...checks.map(({ maximum }) => maximum ?? 24));
  const pattern = checks.find((one) => one.pattern !== undefined)?.pattern;
  if (pattern !== undefined) return fc.stringMatching(pattern, { size: 'small' });
  return fc.oneof(
    { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength, maxLength }) },
  );
};

const members = (def: Def): fc.Arbitrary<Tree> => {
  const own = Object.entries(def.shape ?? {}).map(([key, member]) =>
    defOf(member).type === 'optional' || (defOf(member).in !== undefined && defOf(defOf(member).in as z.ZodType).type === 'optional')
      ? fc.option(treeFor(member), { nil: null, freq: 3 }).map((value) => (value === null ? [] : [[key, value] as const]))
      : treeFor(member).map((value) => [[key, value] as const]),
  );
  const closed = def.catchall !== undefined && defOf(def.catchall).type === 'never';
  const more = closed ? fc.constant([]) : fc.array(fc.tuple(fc.stringMatching(/^x[a-z]{1,8}$/), anyLeaf), { maxLength: 1 });
  return fc.tuple(...own, more).map((all) => object(all.flat() as readonly (readonly [string, Tree])[]));
};

/** A string that is transformed is an amount somewhere in our contracts, and harmless as one everywhere else. */
const piped = (schema: z.ZodType): fc.Arbitrary<Tree> => {
  const { type } = defOf(schema);
  if (type === 'string') return fc.oneof({ weight: 12, arbitrary: decimalText.map(text) }, { weight: 1, arbitrary: treeFor(schema) });
  return treeFor(schema);
};

const custom = (schema: z.ZodType): fc.Arbitrary<Tree> =>
  (schema._zod as unknown as { readonly bag: { readonly Class?: unknown } }).bag.Class === JsonNumber ? decimalText.map(raw) : anyObject;

function treeFor(schema: z.ZodType): fc.Arbitrary<Tree> {
  const def = defOf(schema);
  switch (def.type) {
    case 'string':
      return words(def).map(text);
    case 'boolean':
      return fc.boolean().map((value) => raw(String(value)));
    case 'literal':
      return fc.constantFrom(...(def.values ?? [])).map((value) => raw(JSON.stringify(value)));
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries ?? {})).map(text);
    case 'optional':
    case 'nullable':
    case 'default':
      return fc.oneof(
        { weight: 4, arbitrary: treeFor(def.innerType as z.ZodType) },
        { weight: def.type === 'nullable' ? 1 : 0, arbitrary: fc.constant(raw('null')) },
      );
    case 'pipe':
      return piped(def.in as z.ZodType);
    case 'union': {
      const options = def.options ?? [];
      // A number token or text: the text has to be a number as well.
      const number = options.some((option) => defOf(option).type === 'custom') && options.some((option) => defOf(option).type === 'string');
      return number ? fc.oneof(decimalText.map(raw), decimalText.map(text)) : fc.oneof(...options.map(treeFor));
    }
    case 'array':
      return fc.array(treeFor(def.element as z.ZodType), { maxLength: 4 }).map(array);
    case 'record':
      return fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), treeFor(def.valueType as z.ZodType)), { maxLength: 3 }).map(object);
    case 'object':
      return members(def);
    case 'custom':
      return custom(schema);
    case 'unknown':
    case 'any':
      return anyTree;
    default:
      throw new Error(`a schema of type ${def.type} is not known here: write its arbitrary`);
  }
}

/** Trees whose text the schema accepts, transforms and refinements included. */
export const acceptedBy = (schema: z.ZodType): fc.Arbitrary<Tree> =>
  treeFor(schema).filter((tree) => {
    try {
      return schema.safeParse(parseJson(printed(tree))).success;
    } catch {
      return false;
    }
  });
