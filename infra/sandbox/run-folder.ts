import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMarkAlive, ownMark } from './liveness.js';

// Only ours may begin so: whatever runs in an unowned folder of this name is killed by the next sweep.
const PREFIX = 'client-middleware-run-';
const OWNER_FILE = 'owner.pid';
const UNMARKED_MAX_AGE_MS = 60_000;

/** A folder of one run under the temp folder. It dies with its owner: now, at exit, or at the next start of anybody. */
export interface RunFolder {
  readonly path: string;
  /** Deletes the folder, unless it is kept. Safe to call twice. */
  remove(): void;
}

const toRemoveAtExit = new Set<string>();
process.on('exit', () => {
  for (const path of toRemoveAtExit) rmSync(path, { recursive: true, force: true });
});

// The mark comes right after the folder, see isAbandoned.
const makeFolder = (base: string, kind: string): string => {
  const path = mkdtempSync(join(base, `${PREFIX}${kind}-`));
  writeFileSync(join(path, OWNER_FILE), ownMark());
  // A server that is started as another user must be able to pass through to its own folder.
  chmodSync(path, 0o711);
  return path;
};

const isAbandoned = (path: string): boolean => {
  try {
    const { uid, mtimeMs } = statSync(path);
    if (uid !== process.getuid?.()) return false;
    const mark = readMark(path);
    // Between making the folder and writing the mark there is a moment without one.
    return mark === undefined ? Date.now() - mtimeMs > UNMARKED_MAX_AGE_MS : !isMarkAlive(mark);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

const readMark = (path: string): string | undefined => {
  try {
    return readFileSync(join(path, OWNER_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Servers that outlived their owner (only where the system cannot tie a child to its parent) have the folder on their command line. */
const killServersOf = (folders: readonly string[]): void => {
  const { error: noPs, stdout } = spawnSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const listing = noPs === undefined ? stdout : '';
  for (const line of listing.split('\n')) {
    const found = /^\s*([0-9]+)\s+(.*)$/.exec(line);
    const command = found?.[2] ?? '';
    if (!folders.some((folder) => command.includes(`${folder}/`))) continue;
    try {
      process.kill(Number(found?.[1]), 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
};

/** Deletes the folders of dead owners below `base`, and kills what still runs in them. Returns how many there were. */
export const sweepRunFolders = (base: string = tmpdir()): number => {
  const abandoned = readdirSync(base)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(base, name))
    .filter(isAbandoned);
  if (abandoned.length === 0) return 0;
  // Without a mark nothing was started in it yet.
  killServersOf(abandoned.filter((path) => readMark(path) !== undefined));
  for (const path of abandoned) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  return abandoned.length;
};

/** Sweeps, then makes a fresh folder owned by this process. `keep` leaves it behind for good. */
export const makeRunFolder = (kind: string, options: { readonly keep?: boolean; readonly base?: string } = {}): RunFolder => {
  const base = options.base ?? tmpdir();
  sweepRunFolders(base);
  // A kept folder has another name, so that no sweep ever sees it.
  if (options.keep === true) {
    const path = mkdtempSync(join(base, `kept-${PREFIX}${kind}-`));
    chmodSync(path, 0o711);
    return { path, remove: () => undefined };
  }
  const path = makeFolder(base, kind);
  toRemoveAtExit.add(path);
  return {
    path,
    remove: () => {
      toRemoveAtExit.delete(path);
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};
