/** Writes what is generated: `npm run contracts`. With --check writes nothing, names what is stale and ends with exit 1. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from '../../sandbox/processes.js';
import { projectRoot } from '../../sandbox/project-root.js';
import { dumpFreshSchema } from './fresh-database.js';
import { generatedFiles } from './generated-files.js';

const current = (path: string): string | null => {
  const file = join(projectRoot, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const HELP = `npm run contracts: writes what is generated from the code: flow tables in the READMEs of services, AsyncAPI, OpenAPI,
migrations/schema.sql, .env.example, infra/tenant.example.yaml and the tables of infra/docs/configuration.md.
The schema is read from a new database on the server that DATABASE_URL names, or on one that is started for it. That database is dropped again.
  --check   writes nothing, names what is stale, exit 1 when something is`;

const main = async (): Promise<void> => {
  const { help, check } = parseArgs({
    options: { help: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
  }).values;
  if (help) {
    say(HELP);
    return;
  }
  const schema = dumpFreshSchema(process.env['DATABASE_URL']);
  const files = [...generatedFiles(projectRoot, current), { path: 'migrations/schema.sql', text: await schema }];
  const stale = files.filter(({ path, text }) => current(path) !== text);
  for (const { path, text } of stale) {
    say(`${check ? 'stale' : 'written'}: ${path}`);
    if (check) continue;
    mkdirSync(dirname(join(projectRoot, path)), { recursive: true });
    writeFileSync(join(projectRoot, path), text);
  }
  say(
    `generated files: ${files.length} looked at, ${stale.length} ${check ? 'stale' : 'written'}${check && stale.length > 0 ? '; run npm run contracts' : ''}`,
  );
  process.exitCode = check && stale.length > 0 ? 1 : 0;
};

runMain(main);
