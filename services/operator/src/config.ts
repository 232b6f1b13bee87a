import { z } from 'zod';
import { wholeNumberText } from '../../../contracts/tokens.js';
import { credentialProblem } from '../../../shared/kernel/secret.js';
import { commonConfig, type Environment } from '../../../shared/runtime/process/config.js';

/** Who only looks. */
export type Operator = { readonly name: string; readonly token: string };

const NAME = /^[a-z][a-z0-9._-]{0,63}$/;
const SHORTEST_TOKEN = 16;

const problemOf = (list: readonly Operator[]): string | null => {
  if (list.length === 0) return 'must name at least one operator';
  if (list.some(({ name }) => !NAME.test(name))) return 'must be `name:token,name:token`; a name is lower case, digits, `.`, `_` and `-`';
  const weak = list.map(({ token }) => credentialProblem(token, SHORTEST_TOKEN)).find((problem) => problem !== null);
  if (weak !== undefined) return `every token must be a secret; one of them ${weak}`;
  // A shared token would make one person count as two.
  if (new Set(list.map(({ name }) => name)).size < list.length || new Set(list.map(({ token }) => token)).size < list.length)
    return 'names and tokens must differ from one another';
  return null;
};

const operators = z.string().transform((text, context): readonly Operator[] => {
  const list = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => ({ name: one.split(':')[0] ?? '', token: one.split(':').slice(1).join(':') }));
  const problem = problemOf(list);
  if (problem === null) return list;
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
});

export const config = commonConfig.extend({
  OPERATOR_TOKENS: operators.optional().meta({
    secret: true,
    description: '`name:token,name:token`: people who only look, tokens of at least 16 characters; whoever acts stands in OPERATORS_FILE',
  }),
  OPERATOR_ACTS_PER_SECOND: wholeNumberText(1, 1_000)
    .default(10)
    .meta({ description: 'how fast replays and answers of people are carried out' }),
});

/** Somebody has to be there to look. */
export const check = (values: Readonly<Record<string, string>>): readonly string[] =>
  values['OPERATORS_FILE'] === undefined && values['OPERATOR_TOKENS'] === undefined
    ? ['OPERATORS_FILE is missing, and OPERATOR_TOKENS too: nobody could look or act']
    : [];

/** What the command line reads: OPERATOR_URL, OPERATOR_TOKEN or OPERATOR_TOKEN_FILE, OPERATOR_KEY_FILE, OPERATOR_NAME, CMW_STATE_FILE. */
export const startEnvironment: Environment = process.env;
