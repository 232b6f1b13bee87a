/** Where and on what the figures were taken: a figure without it says nothing. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { postgresBinaries } from '../../infra/sandbox/postgres-binaries.js';

export type Machine = {
  readonly cores: number;
  readonly cpuModel: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
  readonly kafka: string;
};

const unless = (otherwise: string, read: () => string): string => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

const postgresVersion = (): string =>
  execFileSync(join(postgresBinaries(), 'postgres'), ['--version'], { encoding: 'utf8' })
    .replace(/^.*\)\s*/, '')
    .trim();

/** The broker says no version of its own; the list of its jars does. */
const kafkaVersion = (): string => {
  const jars = readFileSync(join(projectRoot, 'infra/sandbox/kafka/jars.sha256'), 'utf8');
  return /\/kafka_[\d.]+-([\d.]+)\.jar/.exec(jars)?.[1] ?? 'unknown';
};

/** Short, and with a `+` when the files differ from it. `none` outside a repository. */
export const commitOf = (): string =>
  unless('none', () => {
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', stdio: 'pipe' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`;
  });

export const describeMachine = (): Machine => ({
  cores: availableParallelism(),
  cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()}`,
  node: process.version,
  postgres: unless('unknown', postgresVersion),
  kafka: unless('unknown', kafkaVersion),
});
