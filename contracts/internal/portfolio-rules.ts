/**
 * Which portfolio is whose: the tenant's rules, by which a portfolio has a broker mode and a product. Exactly one rule must match;
 * where none or two do, nothing is guessed. A wrong guess sells twice and pays twice.
 */
import { z } from 'zod';
import { brokerMode } from './tenant.js';

/** What InvestSuite sells: the portfolio's manager, as a product. */
export const products = ['robo-discretionary', 'robo-advisory', 'self'] as const;
export type Product = (typeof products)[number];

const condition = z
  .strictObject({
    manager: z.enum(products),
    brokerProvider: z.string().min(1).max(200),
    ids: z.array(z.string().min(1).max(128)).min(1).max(1_000),
    externalIdPrefix: z.string().min(1).max(128),
  })
  .partial();

/** All that `when` names must hold; an empty `when` matches every portfolio. */
const portfolioRule = z.strictObject({
  name: z.string().min(1).max(100),
  when: condition,
  brokerMode,
  product: z.enum(products),
});
export type PortfolioRule = {
  readonly name: string;
  readonly when: {
    readonly manager?: Product | undefined;
    readonly brokerProvider?: string | undefined;
    readonly ids?: readonly string[] | undefined;
    readonly externalIdPrefix?: string | undefined;
  };
  readonly brokerMode: z.output<typeof brokerMode>;
  /** Null: whatever the portfolio's manager is. */
  readonly product: Product | null;
};

/** Each default is the careful one: there is none, and a service that needs a choice does not start without it. */
export const portfolioRuleSettings = {
  brokerMode: brokerMode.nullish().meta({
    description:
      'who talks to the broker, for all portfolios of the tenant: `client` (we do) or `investsuite` (InvestSuite does, and we leave them alone). The short form of one rule in `portfolios`; set one of the two',
  }),
  portfolios: z
    .array(portfolioRule)
    .min(1)
    .max(200)
    .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, 'two rules have one name')
    .nullish()
    .meta({
      description:
        'which portfolio is whose: a list of `{ name, when: { manager, brokerProvider, ids, externalIdPrefix }, brokerMode, product }`; exactly one rule must match a portfolio. `manager` and `product`: robo-discretionary, robo-advisory or self. `brokerMode`: client (we talk to the broker) or investsuite (InvestSuite does). Such as `portfolios: [{ name: robo, when: { manager: robo-discretionary }, brokerMode: client, product: robo-discretionary }]`',
    }),
} as const;
type Chosen = { readonly [Name in keyof typeof portfolioRuleSettings]?: z.output<(typeof portfolioRuleSettings)[Name]> };

/** Problems of the tenant's choice, or none. */
export const portfolioProblems = (chosen: Chosen): readonly string[] => {
  const [mode, portfolios] = [chosen.brokerMode ?? null, chosen.portfolios ?? null];
  if (mode === null && portfolios === null)
    return ['TENANT_FILE portfolios (or brokerMode, for all portfolios alike) is missing: who talks to the broker is never guessed'];
  return mode !== null && portfolios !== null ? ['TENANT_FILE portfolios and brokerMode are both set; set one'] : [];
};

/** @throws RangeError where `portfolioProblems` finds one. */
export const portfolioRulesOf = (chosen: Chosen): readonly PortfolioRule[] => {
  const [problem] = portfolioProblems(chosen);
  if (problem !== undefined) throw new RangeError(problem);
  const [mode, portfolios] = [chosen.brokerMode ?? null, chosen.portfolios ?? null];
  if (portfolios !== null) return portfolios;
  return mode === null ? [] : [{ name: 'brokerMode', when: {}, brokerMode: mode, product: null }];
};

/** What the rules look at. */
export type PortfolioMarks = {
  readonly id: string;
  readonly externalId: string | null;
  readonly brokerProvider: string | null;
  readonly manager: Product | 'unknown';
};

/** `ours`: we are the client of its broker. `theirs`: InvestSuite is, and we leave it alone. `unclear`: nobody may act until people have mended it. */
export type Treatment =
  | { readonly kind: 'ours'; readonly product: Product; readonly rule: string }
  | { readonly kind: 'theirs'; readonly rule: string }
  | { readonly kind: 'unclear'; readonly why: string };

const holds = ({ when }: PortfolioRule, { id, externalId, brokerProvider, manager }: PortfolioMarks): boolean =>
  (when.manager === undefined || when.manager === manager) &&
  (when.brokerProvider === undefined || when.brokerProvider === brokerProvider) &&
  (when.ids === undefined || when.ids.includes(id)) &&
  (when.externalIdPrefix === undefined || (externalId?.startsWith(when.externalIdPrefix) ?? false));

/** Pure. How the tenant's rules of today treat a portfolio. */
export const treatmentOf = (rules: readonly PortfolioRule[], portfolio: PortfolioMarks): Treatment => {
  const matching = rules.filter((rule) => holds(rule, portfolio));
  const [rule] = matching;
  if (rule === undefined) return { kind: 'unclear', why: 'no rule of the tenant matches the portfolio' };
  if (matching.length > 1)
    return { kind: 'unclear', why: `several rules of the tenant match the portfolio: ${matching.map(({ name }) => name).join(', ')}` };
  if (rule.brokerMode === 'investsuite') return { kind: 'theirs', rule: rule.name };
  if (portfolio.manager === 'unknown') return { kind: 'unclear', why: 'InvestSuite shows a manager that we do not know' };
  if (rule.product !== null && rule.product !== portfolio.manager)
    return { kind: 'unclear', why: `the rule ${rule.name} says ${rule.product}, InvestSuite shows ${portfolio.manager}` };
  return { kind: 'ours', product: portfolio.manager, rule: rule.name };
};
