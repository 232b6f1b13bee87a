import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isMarkAlive, ownMark } from './liveness.js';

const TOUCH_EVERY_MS = 1_000;
const STALE_AFTER_MS = 10_000;

const tryCreate = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(ownMark());
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const isStale = async (path: string): Promise<boolean> => {
  try {
    const [mark, { mtimeMs }] = [await readFile(path, 'utf8'), await stat(path)];
    const ageMs = Date.now() - mtimeMs;
    // An empty file is a lock whose owner has not written its mark yet.
    return ageMs > STALE_AFTER_MS || (mark !== '' && !isMarkAlive(mark));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

const breakLock = async (path: string): Promise<void> => {
  const aside = `${path}.stale-${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await rm(aside, { force: true });
};

/**
 * Runs `work` while no other process does so under the same path. The lock of a process that died, or that did not touch its lock
 * for 10 s, is broken. So the lock saves double work; the work itself must be safe when it is done twice.
 */
export const withFileLock = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  await mkdir(dirname(path), { recursive: true });
  while (!(await tryCreate(path))) {
    if (await isStale(path)) await breakLock(path);
    else await pause(50);
  }
  const touch = setInterval(() => {
    const now = new Date();
    // The lock may have been broken while this process was suspended; that is not our error.
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if ((await readFile(path, 'utf8').catch(() => '')) === ownMark()) await rm(path, { force: true });
  }
};
