/** What a new service consists of: its folder, its migration, its entry in the list of services. */
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { editOf, keyOf, type Edit } from './edits.js';
import { checkSchemaName, freePrefix, namesOf, type Names } from './names.js';
import type { Plan } from './plan.js';
import { checkForClashes, once, render, type Move, type Written } from './render.js';
import { filesBelow, type Tree } from './tree.js';

const SAMPLE = 'infra/new/sample-service';
const LIST = 'contracts/internal/services.ts';
const MIGRATIONS = 'migrations/index.ts';

const found = (tree: Tree, files: RegExp, pattern: RegExp): ReadonlySet<string> =>
  new Set(
    filesBelow(tree, 'services')
      .filter((path) => files.test(path))
      .flatMap((path) => [...tree.read(path).matchAll(pattern)].flatMap(([, word]) => word ?? [])),
  );

const checkIsFree = (tree: Tree, { kebab }: Names): void => {
  if (tree.exists(`services/${kebab}`)) throw new WrongUsage(`services/${kebab} is there already.`);
  if (new RegExp(`^ {2}${keyOf(kebab)}: \\{`, 'm').test(tree.read(LIST))) throw new WrongUsage(`${LIST} has a service "${kebab}" already.`);
  if (found(tree, /\.flow\.ts$/, /^ {2}name: '([^']+)'/gm).has(kebab))
    throw new WrongUsage(`"${kebab}" is the name of a flow already, and the flow of the new service would have it too.`);
};

const nextNumber = (tree: Tree): string => {
  const numbers = tree.names('migrations').flatMap((name) => /^(\d{4})-/.exec(name)?.[1] ?? []);
  return String(Math.max(0, ...numbers.map(Number)) + 1).padStart(4, '0');
};

const entryOf = ({ kebab }: Names): string => `  ${keyOf(kebab)}: {
    runs: 'engine',
    flows: ['${kebab}'],
    takes: {
      'portfolio.status-update': { flow: '${kebab}', becomes: 'PortfolioStatusChanged', belief: 'reads-again' },
    },
    emits: [],
    calls: ['InvestSuite'],
    changes: [],
  },
`;

const editsOf = (tree: Tree, names: Names, migration: string): readonly Edit[] => [
  // The operator service stays the last: it looks at all others.
  editOf(tree, LIST, [{ what: 'the entry of the service', text: entryOf(names), at: /^ {2}operator: \{/gm, place: 'before' }]),
  editOf(tree, MIGRATIONS, [
    {
      what: 'the import of the migration',
      text: `\nimport * as ${names.camel}Schema from './${migration}.js';`,
      at: /^import \* as \w+ from '\.\/\d{4}-[a-z0-9-]+\.js';$/gm,
      place: 'after the last',
    },
    {
      what: 'the line of the migration',
      text: `\n  { name: '${migration}', up: ${names.camel}Schema.up },`,
      at: /^ {2}\{ name: '\d{4}-[a-z0-9-]+', up: \w+\.up \},$/gm,
      place: 'after the last',
    },
  ]),
];

const movesOf = (tree: Tree, { kebab }: Names, migration: string): readonly Move[] =>
  filesBelow(tree, SAMPLE).map((source) => ({
    source,
    target:
      source === `${SAMPLE}/migration.ts`
        ? `migrations/${migration}.ts`
        : source.replace(SAMPLE, `services/${kebab}`).replace(/\/sample(?=[^/]*$)/, `/${kebab}`),
  }));

/** What is particular to one file of the sample. */
const finished = ({ path, text }: Written, names: Names, prefix: string): Written => {
  const { kebab, snake } = names;
  if (path.startsWith('migrations/')) return { path, text: once(text, `'${kebab}'`, `'${snake}'`) };
  // The sample is in no list of services, so that its name is no name for the compiler.
  if (path.endsWith('/main.ts')) return { path, text: once(text, `'${kebab}' as never`, `'${kebab}'`) };
  if (path.endsWith('/wire.ts')) return { path, text: once(text, `'${kebab}-prefix'`, `'${prefix}'`) };
  return { path, text };
};

/** @throws WrongUsage, PlaceNotFound */
export const planService = (tree: Tree, name: string): Plan => {
  const names = namesOf(name);
  checkSchemaName(names);
  checkIsFree(tree, names);
  const migration = `${nextNumber(tree)}-${name}-schema`;
  const moves = movesOf(tree, names, migration);
  checkForClashes(tree, moves, names);
  const prefix = freePrefix(names, found(tree, /\/wire\.ts$/, /idPrefix: '([^']+)'/g));
  return {
    what: `the service ${name}`,
    files: render(tree, moves, names).map((file) => finished(file, names, prefix)),
    edits: editsOf(tree, names, migration),
    next: [
      'npm run contracts    writes the flow table, the topics, the schema and the configuration again',
      `npx jest services/${name}    runs the test of the flow`,
      `Replace the sample: first services/${name}/src/decide/, then consume/ and effect/, wire.ts last.`,
      `Bring the entry in ${LIST} up to date with wire.ts, and add a line to the table of services in README.md.`,
      'npm run lint, npm run migrate, npm test',
    ],
  };
};
