/**
 * Style rules. Blocks named `house/...` are ours; test/tidy/style-rules.unit.test.ts plants a violation of every rule and
 * every ban in them and expects exactly that one to fire. Globs count from the folder eslint is started in.
 */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', 'test/**/*.ts'];
const production = ['services/**/*.ts', 'shared/**/*.ts', 'contracts/**/*.ts', 'migrations/**/*.ts'];
const pure = ['services/*/src/decide/**/*.ts', 'shared/kernel/**/*.ts'];
/** The only files of production code that may read the environment. */
const startUp = ['**/config.ts', '**/main.ts'];

const FORBIDDEN_WORD = '/^(utils?|helpers?|managers?|info|data)$|(Utils?|Helpers?|Managers?|Info|Data)$/';
const named = (kind) => `${kind}[name=${FORBIDDEN_WORD}]`;

/** What may stand nowhere, by syntax. Lists of one eslint block replace those of another, so each block gets its whole list. */
const everywhere = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only: one name for one thing everywhere.' },
  {
    selector:
      ':matches(ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration)[source.value=/^\\.{1,2}\\u002F(?!.*\\.(js|json)$)/]',
    message: 'A relative import ends in .js.',
  },
  {
    selector: [
      `VariableDeclarator > ${named('Identifier.id')}`,
      `:function > ${named('Identifier.params')}`,
      `:matches(FunctionDeclaration, ClassDeclaration, TSTypeAliasDeclaration, TSInterfaceDeclaration) > ${named('Identifier.id')}`,
    ].join(', '),
    message: 'The name says nothing: utils, helper, manager, info and data are not words of ours.',
  },
];
const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'The environment is read in config.ts or main.ts only.',
};
/** What others wrote is read strictly, or not at all: a guess is worse than no answer. */
const noGuessing = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='parse']",
    message: 'It guesses at what is no point in time: use instantMs of shared/kernel/instant.ts.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length>0]",
    message: 'Of a text it guesses: use instantMs to read a point in time, and isoOf to print one (shared/kernel/instant.ts).',
  },
  {
    selector: "MemberExpression[object.name='z'][property.name='coerce']",
    message: 'It makes numbers of 0x10, 1e3 and blanks: use wholeNumberText of contracts/tokens.ts.',
  },
];
const purity = [
  { selector: ':matches(AwaitExpression, :function[async=true])', message: 'decide and kernel are synchronous.' },
  { selector: 'Literal[raw=/^[0-9]*\\.[0-9]+$/]', message: 'No fractional literal near money: amounts are Decimal.' },
];
const testHonesty = [
  {
    selector: [
      'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(skip|only|todo|failing)$/]',
      'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
    ].join(', '),
    message: 'No test is skipped, singled out or promised.',
  },
  {
    selector: [
      "AwaitExpression NewExpression[callee.name='Promise'] CallExpression[callee.name='setTimeout']",
      'AwaitExpression > CallExpression[callee.name=/^(sleep|delay|pause|setTimeout)$/]',
    ].join(', '),
    message: 'A test waits for a condition with a deadline, never for time to pass.',
  },
];

const impureGlobals = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'process', 'crypto', 'performance', 'globalThis'];

const scriptGlobals = [
  ...['process', 'console', 'require', 'module', '__dirname', 'URL', 'Buffer', 'performance', 'fetch', 'AbortController', 'AbortSignal'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'],
];

export default tseslint.config(
  { ignores: ['**/node_modules/**', '**/dist/**', '**/coverage/**', '**/.cache/**'] },
  {
    name: 'scripts',
    files: ['**/*.mjs', '**/*.cjs'],
    extends: [js.configs.recommended],
    languageOptions: {
      globals: Object.fromEntries(scriptGlobals.map((name) => [name, 'readonly'])),
    },
  },
  {
    name: 'typescript',
    files: ['**/*.ts'],
    extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: process.cwd() } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // A count in a message needs no String(); anything else printed by accident would be "[object Object]".
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => resolve()` and `() => void promise` are how callbacks are written.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
      // `while (true)` with a return inside is an honest loop.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // A port's method is async by its type; a fake of it has nothing to await.
      '@typescript-eslint/require-await': 'off',
      // A leading underscore says that a parameter is there for its position.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' }],
      // Writing a default out is sometimes the clearer line.
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      // A type parameter used once still carries a brand from caller to result.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // It does not end on types that contain themselves, such as Json of the kernel.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // There are no enums (erasableSyntaxOnly); looking for them took 40 % of a whole run.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Control characters are what some of our patterns look for.
      'no-control-regex': 'off',
    },
  },
  {
    name: 'house/everywhere',
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        // With every member named and no default, a new member stops the build. Open sets (text, numbers) need their default.
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true, allowDefaultCaseForExhaustiveSwitch: false },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'max-depth': ['error', 3],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...everywhere],
    },
  },
  {
    name: 'house/production',
    files: production,
    ignores: tests,
    rules: {
      'no-console': 'error',
      'no-restricted-globals': ['error', { name: 'parseFloat', message: 'Amounts are Decimal.' }],
      'no-restricted-properties': ['error', { property: 'toFixed', message: 'It rounds a float; amounts are Decimal.' }],
      'no-restricted-syntax': ['error', ...everywhere, ...noGuessing],
    },
  },
  {
    // The import rules say the same, but take `import express, { type Request }` for an import of types only.
    name: 'house/libraries',
    files: ['services/**/*.ts', 'shared/**/*.ts', 'contracts/**/*.ts'],
    ignores: [...tests, 'shared/runtime/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        ...['pg', 'knex', 'express', 'node-cron', 'pino', 'prom-client'].map((name) => ({
          name,
          message: 'It is set up in shared/runtime; only its types may be named elsewhere.',
          allowTypeImports: true,
        })),
      ],
    },
  },
  {
    name: 'house/environment',
    files: production,
    ignores: [...tests, ...startUp],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...noGuessing, noEnvironment] },
  },
  {
    name: 'house/pure',
    files: pure,
    // Where time and chance enter: their readers are passed on as arguments from there.
    ignores: [...tests, 'shared/kernel/clock.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...[...impureGlobals, 'parseFloat'].map((name) => ({
          name,
          message: 'decide and kernel are pure: time, chance and the outside arrive as arguments.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Chance arrives as an argument.' },
        { property: 'toFixed', message: 'It rounds a float; amounts are Decimal.' },
      ],
      'no-restricted-syntax': ['error', ...everywhere, noEnvironment, ...purity],
    },
  },
  {
    name: 'house/tests',
    files: ['**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...testHonesty] },
  },
  {
    name: 'tests',
    files: tests,
    rules: {
      // A describe block is one long function.
      'max-lines-per-function': 'off',
      // A failing `!` in a test fails the test, which is what it is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `expect(port.method)` hands a method over without calling it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
