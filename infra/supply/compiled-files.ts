import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What people and machines start where the services run. */
const ENTRIES = ['migrations/main.js', 'services/operator/src/cli.js', 'infra/topics/main.js', 'infra/keys/main.js'];

const REQUIRED = /\brequire\("([^"]+)"\)/g;

const startedIn = (dist: string): readonly string[] => [
  ...readdirSync(join(dist, 'services')).map((name) => `services/${name}/src/main.js`),
  ...ENTRIES,
];

export type CompiledFiles = {
  /** Below dist/. */
  readonly files: readonly string[];
  /** Names of the packages that they load. */
  readonly packages: readonly string[];
};

const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

/** All that is loaded from the entries on, and no file besides. @throws Error when one of them is not there: npm run build makes it. */
export const compiledFiles = (dist: string): CompiledFiles => {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    const path = join(dist, file);
    if (!existsSync(path)) throw new Error(`dist/${file} is not there`);
    files.add(file);
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(REQUIRED)) {
      if (name.startsWith('.')) visit(relative(dist, join(dirname(path), name)));
      else if (!name.startsWith('node:')) packages.add(packageOf(name));
    }
  };
  for (const entry of startedIn(dist)) visit(entry);
  return { files: [...files].sort(), packages: [...packages].sort() };
};
