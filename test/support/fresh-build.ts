import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../infra/sandbox/project-root.js';

/** Compiles into dist/ when a source is newer than the last good build: tests start services and simulators from there. */
export const ensureFreshBuild = (): void => {
  const build = [join(projectRoot, 'infra/tooling/run.mjs'), 'build'];
  const { status, error } = spawnSync(process.execPath, build, { stdio: ['ignore', process.stderr, process.stderr] });
  if (status !== 0) throw new Error('The tests of this level run what is in dist/, and the build failed.', { cause: error });
};
