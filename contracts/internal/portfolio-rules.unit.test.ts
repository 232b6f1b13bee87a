import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import {
  portfolioProblems,
  portfolioRulesOf,
  portfolioRuleSettings,
  products,
  treatmentOf,
  type PortfolioMarks,
  type PortfolioRule,
} from './portfolio-rules.js';

const portfolio: PortfolioMarks = { id: 'P1', externalId: 'bank-1', brokerProvider: 'DRIVE_WEALTH', manager: 'robo-discretionary' };
const rule = (rest: Partial<PortfolioRule>): PortfolioRule => ({
  name: 'robo',
  when: {},
  brokerMode: 'client',
  product: 'robo-discretionary',
  ...rest,
});

describe('which portfolio is whose', () => {
  it('is said by the one rule that matches [E1]', () => {
    expect(treatmentOf([rule({})], portfolio)).toEqual({ kind: 'ours', product: 'robo-discretionary', rule: 'robo' });
    expect(treatmentOf([rule({ brokerMode: 'investsuite' })], portfolio)).toEqual({ kind: 'theirs', rule: 'robo' });
  });
  it('is unclear where no rule matches, or two do, or the product is another one [E1]', () => {
    expect(treatmentOf([], portfolio).kind).toBe('unclear');
    expect(treatmentOf([rule({ when: { ids: ['P2'] } })], portfolio).kind).toBe('unclear');
    expect(treatmentOf([rule({}), rule({ name: 'two', brokerMode: 'investsuite' })], portfolio).kind).toBe('unclear');
    expect(treatmentOf([rule({ product: 'robo-advisory' })], portfolio).kind).toBe('unclear');
    expect(treatmentOf([rule({ product: null })], { ...portfolio, manager: 'unknown' }).kind).toBe('unclear');
  });
  it('matches a rule only when all that it names holds', () => {
    const all = { manager: 'robo-discretionary', brokerProvider: 'DRIVE_WEALTH', ids: ['P1'], externalIdPrefix: 'bank-' } as const;
    expect(treatmentOf([rule({ when: all })], portfolio).kind).toBe('ours');
    const others: readonly PortfolioMarks[] = [
      { ...portfolio, id: 'P2' },
      { ...portfolio, externalId: null },
      { ...portfolio, externalId: 'other' },
      { ...portfolio, brokerProvider: null },
      { ...portfolio, manager: 'self' },
    ];
    for (const other of others) expect(treatmentOf([rule({ when: all })], other).kind).toBe('unclear');
  });
  it('does not depend on the order of the rules', () => {
    const anyRule = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      when: fc.constantFrom({}, { ids: ['P1'] }, { ids: ['P2'] }, { manager: 'self' as const }),
      brokerMode: fc.constantFrom('client' as const, 'investsuite' as const),
      product: fc.constantFrom(...products, null),
    });
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 4 }), (rules) => {
        expect(treatmentOf([...rules].reverse(), portfolio).kind).toBe(treatmentOf(rules, portfolio).kind);
      }),
    );
  });
  it('is said in the configuration with an example that is a good one', () => {
    const { description = '' } = portfolioRuleSettings.portfolios.meta() ?? {};
    const { portfolios } = parseYaml(/`(portfolios: .*)`/.exec(description)?.[1] ?? '') as { readonly portfolios: unknown };
    const [example] = portfolioRuleSettings.portfolios.parse(portfolios) ?? [];
    expect(example === undefined ? null : treatmentOf([example], portfolio)).toMatchObject({ kind: 'ours', rule: 'robo' });
    for (const product of products) expect(description).toContain(product);
  });
  it('is chosen by rules, or by one mode for all, never by nothing and never by both', () => {
    expect(portfolioProblems({ brokerMode: undefined, portfolios: undefined })).toEqual([expect.stringMatching('never guessed')]);
    expect(portfolioProblems({ brokerMode: 'client', portfolios: [] as never })).toEqual([expect.stringMatching('both set')]);
    expect(() => portfolioRulesOf({ brokerMode: undefined, portfolios: undefined })).toThrow('never guessed');
    expect(portfolioRulesOf({ brokerMode: 'client', portfolios: undefined })).toEqual([
      { name: 'brokerMode', when: {}, brokerMode: 'client', product: null },
    ]);
  });
  it('is refused as a setting where a rule is misspelt, has no product or shares its name', () => {
    const parse = (rules: unknown) => portfolioRuleSettings.portfolios.safeParse(rules).success;
    const good = { name: 'robo', when: { manager: 'self' }, brokerMode: 'client', product: 'self' };
    expect(parse([good])).toBe(true);
    for (const bad of [
      [],
      [good, good],
      [{ ...good, when: { manger: 'self' } }],
      [{ ...good, product: undefined }],
      [{ ...good, more: 1 }],
    ])
      expect(parse(bad)).toBe(false);
  });
});
