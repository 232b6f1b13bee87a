/** Writes a new service or a new adapter: `npm run new`. What it writes is the sample of infra/new under another name. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from '../sandbox/processes.js';
import { projectRoot } from '../sandbox/project-root.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { planAdapter } from './adapter.js';
import { PlaceNotFound } from './edits.js';
import type { Plan } from './plan.js';
import { planService } from './service.js';
import { treeAt } from './tree.js';

const HELP = `npm run new -- service NAME                 a service on the engine: folder, migration, entry in the list of services
npm run new -- adapter broker NAME          a broker behind our port: folder, conformance kit, lines in the lists of adapters
npm run new -- adapter core-banking NAME    the same for a bank

What is written compiles and passes npm run lint. The service runs; the adapter says of each operation that it is not built yet.
NAME: lower-case words joined by "-".
  --dry-run    writes nothing and says what would be written
  --root DIR   another copy of the project
`;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** @throws WrongUsage */
const planOf = (root: string, words: readonly string[]): Plan => {
  const tree = treeAt(root);
  const [what, ...rest] = words;
  const [first, second, ...more] = rest;
  if (what === 'service' && first !== undefined && second === undefined) return planService(tree, first);
  if (what === 'adapter' && first !== undefined && second !== undefined && more.length === 0) return planAdapter(tree, first, second);
  const known = what === 'service' || what === 'adapter';
  throw new WrongUsage(
    `${known || what === undefined ? 'Too few or too many words.' : `There is nothing new of the kind "${what}".`}\n\n${HELP}`,
  );
};

/** Our own style, so that a long name does not break npm run lint. */
const formatted = async (root: string, path: string, text: string): Promise<string> => {
  if (!path.endsWith('.ts')) return text;
  const prettier = await import('prettier');
  const options = JSON.parse(readFileSync(join(root, 'infra/tooling/prettier.json'), 'utf8')) as object;
  return prettier.format(text, { ...options, filepath: path });
};

const lines = (text: string): number => text.split('\n').length - 1;

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean' }, 'dry-run': { type: 'boolean', default: false }, root: { type: 'string', default: projectRoot } },
    allowPositionals: true,
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const { root } = values;
  const plan = planOf(root, positionals);
  const files = await Promise.all(plan.files.map(async ({ path, text }) => ({ path, text: await formatted(root, path, text) })));
  const edits = await Promise.all(plan.edits.map(async (edit) => ({ ...edit, after: await formatted(root, edit.path, edit.after) })));
  if (!values['dry-run']) {
    for (const { path, text } of [...files, ...edits.map(({ path, after }) => ({ path, text: after }))]) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  const written = values['dry-run'] ? 'would be written' : 'written';
  for (const { path, text } of files) say(`${written}: ${path} (${lines(text)} lines)`);
  for (const { path, what, before, after } of edits)
    say(`${values['dry-run'] ? 'would be edited' : 'edited'}: ${path} (${lines(after) - lines(before)} lines more: ${what})`);
  const all = files.reduce((sum, { text }) => sum + lines(text), 0);
  const more = edits.reduce((sum, { before, after }) => sum + lines(after) - lines(before), 0);
  say(`\n${plan.what}: ${files.length} files with ${all} lines, ${more} lines more in ${edits.length} lists; ${written}`);
  if (values['dry-run']) return;
  say('\nNext:');
  plan.next.forEach((step, index) => {
    say(`  ${index + 1}. ${step}`);
  });
};

runMain(() =>
  main().catch((error: unknown) => {
    if (!(error instanceof PlaceNotFound)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }),
);
