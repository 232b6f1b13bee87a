/** What a new adapter consists of: its folder, its conformance kit, and a line in each of the two lists of adapters. */
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { editOf, keyOf, type Edit } from './edits.js';
import { namesOf, type Names } from './names.js';
import type { Plan } from './plan.js';
import { checkForClashes, render, type Move } from './render.js';
import { filesBelow, type Tree } from './tree.js';

const SAMPLE = 'infra/new/sample-adapter';
const ADAPTERS = 'shared/adapters';
const CONFORMANCE = 'test/conformance/adapters.ts';

type Kind = {
  readonly choice: string;
  /** Of the kit in the sample, before `Kit`. */
  readonly kit: string;
  readonly record: string;
  readonly tenant: string;
};
const KINDS: Readonly<Record<string, Kind>> = {
  broker: { choice: 'BROKER', kit: 'Broker', record: 'brokerAdapters', tenant: 'shared/adapters/broker/tenant.ts' },
  'core-banking': {
    choice: 'CORE_BANKING',
    kit: 'CoreBanking',
    record: 'coreBankingAdapters',
    tenant: 'shared/adapters/core-banking/configured.ts',
  },
};
export const adapterKinds = Object.keys(KINDS);

const kitOf = ({ kebab }: Names): string => `test/conformance/${kebab}.kit.ts`;

const checkIsFree = (tree: Tree, kind: string, kit: string, names: Names): void => {
  const { kebab, constant, pascal } = names;
  const taken = [`${ADAPTERS}/${kind}/${kebab}`, `${ADAPTERS}/${kind}/${kebab}.ts`, kitOf(names)].find((path) => tree.exists(path));
  if (taken !== undefined) throw new WrongUsage(`${taken} is there already.`);
  for (const path of filesBelow(tree, ADAPTERS).filter((one) => /\/(configured|events)\.ts$/.test(one))) {
    const text = tree.read(path);
    const word = [`${constant}_BASE_URL`, `${constant}_TOKEN`].find((one) => new RegExp(`\\b${one}\\b`).test(text));
    if (word !== undefined) throw new WrongUsage(`"${kebab}" cannot be the name: ${path} reads ${word} already.`);
    if (path.endsWith('/events.ts') && text.includes(`'${kebab}'`))
      throw new WrongUsage(`"${kebab}" cannot be the name: it is the sender or the address of the events that ${path} reads.`);
  }
  const conformance = tree.read(CONFORMANCE);
  const twice = [`create${pascal}`, `${names.camel}${kit}Kit`].find((one) => new RegExp(`\\b${one}\\b`).test(conformance));
  if (twice !== undefined) throw new WrongUsage(`"${kebab}" cannot be the name: ${CONFORMANCE} knows another ${twice}.`);
};

const movesOf = (tree: Tree, kind: string, names: Names): readonly Move[] => {
  const folder = `${ADAPTERS}/${kind}/${names.kebab}`;
  const common = tree.names(SAMPLE).filter((name) => name.endsWith('.ts'));
  return [
    ...common.map((name) => ({ source: `${SAMPLE}/${name}`, target: `${folder}/${name}` })),
    ...tree.names(`${SAMPLE}/${kind}`).map((name) => ({ source: `${SAMPLE}/${kind}/${name}`, target: `${folder}/${name}` })),
    { source: `test/conformance/sample-${kind}.kit.ts`, target: kitOf(names) },
  ];
};

const editsOf = (tree: Tree, kind: string, { choice, kit, record }: Kind, names: Names): readonly Edit[] => {
  const { kebab, camel, pascal } = names;
  return [
    editOf(tree, `${ADAPTERS}/${kind}/configured.ts`, [
      {
        what: 'the import of the adapter',
        text: `\nimport { ${camel}Adapter } from './${kebab}/configured.js';`,
        at: /^import \{ \w+ \} from '\.\/[a-z0-9-]+\/configured\.js';$/gm,
        place: 'after the last',
      },
      {
        what: 'the line of the adapter',
        text: `  ${keyOf(kebab)}: ${camel}Adapter,\n`,
        at: new RegExp(`(?<=^const choice = choiceOf<\\w+, \\w+>\\('${choice}', '[^']*', \\{\\n(?:  [^\\n]+,\\n)+)(?=\\}\\);$)`, 'gm'),
        place: 'before',
      },
    ]),
    editOf(tree, CONFORMANCE, [
      {
        what: 'the import of the adapter and its kit',
        text: `\nimport { create${pascal} } from '../../${ADAPTERS}/${kind}/${kebab}/adapter.js';\nimport { ${camel}${kit}Kit } from './${kebab}.kit.js';`,
        at: /^import .* from '.*';$/gm,
        place: 'after the last',
      },
      {
        what: 'the line of the adapter',
        text: `  ${keyOf(kebab)}: () => ${camel}${kit}Kit(create${pascal}),\n`,
        at: new RegExp(`(?<=^export const ${record}: [^\\n]* = \\{\\n(?:  [^\\n]+\\n)+)(?=\\};$)`, 'gm'),
        place: 'before',
      },
    ]),
  ];
};

/** @throws WrongUsage, PlaceNotFound */
export const planAdapter = (tree: Tree, kindName: string, name: string): Plan => {
  const kind = Object.hasOwn(KINDS, kindName) ? KINDS[kindName] : undefined;
  if (kind === undefined) throw new WrongUsage(`There is no kind of adapter "${kindName}"; there are ${adapterKinds.join(', ')}.`);
  const names = namesOf(name);
  checkIsFree(tree, kindName, kind.kit, names);
  const moves = movesOf(tree, kindName, names);
  checkForClashes(tree, moves, names);
  const folder = `${ADAPTERS}/${kindName}/${name}`;
  return {
    what: `the adapter ${name} (${kindName})`,
    files: render(tree, moves, names),
    edits: editsOf(tree, kindName, kind, names),
    next: [
      'npm run contracts    lists the new names of the environment and the new address of events',
      `npx jest test/conformance    says for each scenario what is not built yet; npm test fails until all is built`,
      `Describe the wire in contracts/${kindName}/${name}/, each fact with its source.`,
      `Build one operation after the other: ${folder}/README.md has the order. What only this system lets a tenant choose: ${kind.tenant}.`,
      `${kind.choice}=${name} chooses the adapter. Leave it out of production until nothing is "not built".`,
    ],
  };
};
