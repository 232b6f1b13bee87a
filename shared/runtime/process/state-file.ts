/**
 * Where a running stack says how its operators' API is reached, so that the command line finds it without being told.
 * The file holds a token: only its owner may read it, and a file of another user is not believed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Environment } from './config.js';

const runningState = z.object({
  /** Base address of the operators' API. */
  operatorUrl: z.url(),
  /** Bearer token of one operator. */
  operatorToken: z.string().min(1),
  /** Private key of the same operator, where there is one. */
  operatorKeyFile: z.string().min(1).optional(),
});
export type RunningState = z.output<typeof runningState>;

/** The folder with package.json at or above `folder`: the same from the sources and from dist/. @throws Error when there is none. */
export const projectRootOf = (folder: string): string => {
  if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no package.json above this folder');
  return projectRootOf(parent);
};

/** CMW_STATE_FILE, or a file in the temp folder of the system whose name belongs to this checkout. */
export const stateFilePath = (environment: Environment, projectRoot: string): string => {
  const given = environment['CMW_STATE_FILE'];
  if (given !== undefined && given !== '') return given;
  const checkout = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16);
  return join(tmpdir(), `${checkout}.cmw-state.json`);
};

/** Written beside and renamed: a reader never sees half of it. */
export const writeStateFile = (path: string, state: RunningState): void => {
  const beside = `${path}.${String(process.pid)}`;
  rmSync(beside, { force: true });
  writeFileSync(beside, `${JSON.stringify(state)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(beside, path);
};

export const removeStateFile = (path: string): void => {
  rmSync(path, { force: true });
};

/** Null when there is none, it belongs to somebody else, or it cannot be read. */
export const readStateFile = (path: string): RunningState | null => {
  try {
    if (process.getuid !== undefined && statSync(path).uid !== process.getuid()) return null;
    const parsed = runningState.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};
