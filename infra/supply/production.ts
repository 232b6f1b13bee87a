/** `npm run production`: a folder with what runs where the services run, and nothing else. */
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from '../sandbox/processes.js';
import { projectRoot } from '../sandbox/project-root.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { compiledFiles } from './compiled-files.js';
import { npm, writeManifests } from './npm.js';
import { readShipped } from './read-shipped.js';

const HELP = `npm run production -- --folder DIR

Puts into an empty folder what runs where the services run: the compiled services, migrations and commands, and the packages that they
need, as package-lock.json names them (npm ci). No development tool, no test, no sandbox. Copy the folder into an image as it is.

  node dist/services/NAME/src/main.js   starts a service
  node dist/migrations/main.js          npm run migrate
  node dist/infra/topics/main.js        npm run topics
  node dist/infra/keys/main.js          npm run keys
  node dist/services/operator/src/cli.js   npm run operator

  --folder DIR   where to; made when it is not there
  --help         this text
`;

const emptyFolder = (name: string | undefined): string => {
  if (name === undefined) throw new WrongUsage('--folder DIR says where to.');
  const folder = resolve(name);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new WrongUsage(`${folder} is not empty.`);
  mkdirSync(folder, { recursive: true });
  return folder;
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { folder: { type: 'string' }, help: { type: 'boolean', default: false } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const folder = emptyFolder(values.folder);
  const shipped = readShipped(projectRoot);
  const { files, packages } = compiledFiles(join(projectRoot, 'dist'));
  const lacking = packages.filter((name) => !shipped.parts.some((part) => part.name === name));
  if (lacking.length > 0) throw new Error(`these packages are loaded, and are not shipped: ${lacking.join(', ')}`);
  writeManifests(folder, shipped);
  // Scripts of packages do not run here either.
  cpSync(join(projectRoot, '.npmrc'), join(folder, '.npmrc'));
  for (const file of files)
    for (const name of [file, `${file}.map`].filter((one) => existsSync(join(projectRoot, 'dist', one)))) {
      mkdirSync(dirname(join(folder, 'dist', name)), { recursive: true });
      cpSync(join(projectRoot, 'dist', name), join(folder, 'dist', name));
    }
  await npm(folder, ['ci', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']);
  process.stdout.write(
    `${folder}: ${String(files.length)} files of ours, ${String(shipped.parts.length)} packages for all kinds of machines\n`,
  );
};

runMain(main);
