import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MissingPrerequisite } from '../missing-prerequisite.js';

const OLDEST_VERSION = 17;

export interface Java {
  readonly command: string;
  /** Changes with every build of the virtual machine: class data archives belong to one build. */
  readonly fingerprint: string;
}

const sentence = (found: string): string =>
  `Kafka needs Java ${OLDEST_VERSION} or newer, and ${found}: install a JDK (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME, ` +
  'or give KAFKA_BROKERS (docker compose -f infra/compose.yaml up starts one in a container).';

/** The Java of JAVA_HOME, else of the path. Throws MissingPrerequisite when there is none or it is too old. */
export const findJava = async (): Promise<Java> => {
  const home = process.env['JAVA_HOME'];
  const command = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const version = await promisify(execFile)(command, ['-version'])
    .then(({ stdout, stderr }) => stderr + stdout)
    .catch((error: unknown) => {
      throw new MissingPrerequisite(sentence(`${command} does not run`), { cause: error });
    });
  // Up to version 8 the number began with "1.".
  const major = /version "(?:1\.)?([0-9]+)/.exec(version)?.[1];
  if (major === undefined || Number(major) < OLDEST_VERSION)
    throw new MissingPrerequisite(sentence(`${command} is version ${major ?? 'unknown'}`));
  return { command, fingerprint: createHash('sha256').update(version).digest('hex').slice(0, 12) };
};
