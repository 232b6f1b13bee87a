import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from '../file-lock.js';
import { isAlive } from '../liveness.js';
import { MissingPrerequisite } from '../missing-prerequisite.js';
import { projectRoot } from '../project-root.js';

const SOURCES = join(projectRoot, 'infra/sandbox/kafka');
const FETCHES_AT_ONCE = 8;

export interface Jar {
  readonly sha256: string;
  /** Path below the base of a Maven repository. */
  readonly path: string;
}

export interface JarCache {
  /** Folder for everything that is derived from this set of jars. */
  readonly folder: string;
  /** Sorted and explicit: the order must be the same each time for the class data archive. */
  readonly classPath: string;
}

/** Tells a person what takes long. Default: a line on stderr. */
export type Say = (line: string) => void;

/** Reads the committed list: a line is "sha256  path". Throws on any other line. */
export const readJarList = (text: string): Jar[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [, sha256, path] = /^([0-9a-f]{64}) {2}(\S+\.jar)$/.exec(line) ?? [];
      if (sha256 === undefined || path === undefined) throw new Error(`jars.sha256: not "sha256  path": ${line}`);
      return { sha256, path };
    });

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const checkJar = async (folder: string, jar: Jar): Promise<void> => {
  const found = sha256Of(await readFile(join(folder, jar.path)));
  if (found !== jar.sha256) throw new Error(`${jar.path} has sha256 ${found}, and jars.sha256 says ${jar.sha256}`);
};

const copyWithMaven = async (folder: string): Promise<void> => {
  const home = process.env['MAVEN_HOME'];
  const command = home === undefined || home === '' ? 'mvn' : join(home, 'bin', 'mvn');
  const args = [
    '-B',
    '-q',
    '-f',
    join(SOURCES, 'pom.xml'),
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    '-Dmdep.useRepositoryLayout=true',
    `-DoutputDirectory=${folder}`,
  ];
  try {
    await promisify(execFile)(command, args, { maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new MissingPrerequisite(
        `The jars of Kafka come through Maven 3.6 or newer, and ${command} does not run: install it (Debian: apt-get install maven), ` +
          'or set KAFKA_JARS_BASE_URL to a Maven repository that answers plain HTTPS, or give KAFKA_BROKERS.',
        { cause: error },
      );
    }
    const { stdout: output = '' } = error as { stdout?: string };
    const reasons = output
      .split('\n')
      .filter((line) => line.includes('ERROR'))
      .slice(0, 4);
    throw new Error(`Maven could not fetch the jars of Kafka:\n${reasons.join('\n')}`, { cause: error });
  }
};

const fetchJar = async (baseUrl: string, folder: string, jar: Jar): Promise<void> => {
  const url = `${baseUrl.replace(/\/+$/, '')}/${jar.path}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  await mkdir(dirname(join(folder, jar.path)), { recursive: true });
  await writeFile(join(folder, jar.path), new Uint8Array(await answer.arrayBuffer()));
};

const copyWithFetch = async (baseUrl: string, folder: string, jars: readonly Jar[]): Promise<void> => {
  const waiting = [...jars];
  const worker = async (): Promise<void> => {
    for (let jar = waiting.shift(); jar !== undefined; jar = waiting.shift()) await fetchJar(baseUrl, folder, jar);
  };
  await Promise.all(Array.from({ length: FETCHES_AT_ONCE }, worker));
};

/** What a killed download left behind. */
const sweepUnfinished = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const pid = /^libs\.tmp-([0-9]+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
  }
};

const download = async (folder: string, jars: readonly Jar[], say: Say): Promise<void> => {
  const baseUrl = process.env['KAFKA_JARS_BASE_URL'];
  const unfinished = join(folder, `libs.tmp-${process.pid}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  say(
    `Fetching the jars of Kafka (45 MB, once) ${baseUrl === undefined || baseUrl === '' ? 'through Maven' : 'from KAFKA_JARS_BASE_URL'} ...`,
  );
  try {
    if (baseUrl === undefined || baseUrl === '') await copyWithMaven(unfinished);
    else await copyWithFetch(baseUrl, unfinished, jars);
    for (const jar of jars) await checkJar(unfinished, jar);
    await rename(unfinished, join(folder, 'libs'));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
};

/**
 * The jars of the broker, from the cache or fetched once: several cold starts at the same time make one download.
 * The cache is keyed by pom.xml and jars.sha256. `cacheFolder` is for tests.
 */
export const ensureJars = async (
  say: Say,
  cacheFolder = process.env['SANDBOX_CACHE'] ?? join(projectRoot, 'infra/sandbox/.cache'),
): Promise<JarCache> => {
  const [pom, list] = ['pom.xml', 'jars.sha256'].map((name) => readFileSync(join(SOURCES, name), 'utf8')) as [string, string];
  const jars = readJarList(list);
  const folder = join(cacheFolder, `kafka-${sha256Of(Buffer.from(pom + list)).slice(0, 12)}`);
  const libs = join(folder, 'libs');
  if (!existsSync(libs)) {
    await withFileLock(join(folder, 'lock'), async () => {
      if (existsSync(libs)) return;
      await sweepUnfinished(folder);
      await download(folder, jars, say);
    });
  }
  const paths = jars.map((jar) => join(libs, jar.path)).sort();
  return { folder, classPath: paths.join(':') };
};
