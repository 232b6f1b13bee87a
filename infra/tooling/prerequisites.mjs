/** What must be on the machine before anything else is worth starting. Each missing thing is one sentence; together they end with exit 69. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, root } from './build.mjs';

const isGiven = (name) => (process.env[name] ?? '') !== '';
const inHome = (home, command) => (isGiven(home) ? join(process.env[home], 'bin', command) : command);

/** The number behind `pattern` in what the command prints about itself, or undefined when it does not run. */
const versionOf = (command, args, pattern) => {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return error === undefined ? pattern.exec(`${stderr}${stdout}`)?.slice(1).map(Number) : undefined;
};

const isBelow = ([major, minor = 0], [wantedMajor, wantedMinor]) => major < wantedMajor || (major === wantedMajor && minor < wantedMinor);

const nodeProblem = () => {
  const found = process.versions.node.split('.').map(Number);
  return isBelow(found, [20, 19]) ? [`Node 20.19 or newer is needed, and this is ${process.versions.node}.`] : [];
};

const javaProblem = () => {
  const java = inHome('JAVA_HOME', 'java');
  const found = versionOf(java, ['-version'], /version "(?:1\.)?([0-9]+)/);
  if (found !== undefined && !isBelow(found, [17, 0])) return [];
  return [
    `A JDK 17 or newer is needed for Kafka, and ${java} ${found === undefined ? 'does not run' : `is version ${found[0]}`}: ` +
      'install one (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME, or give KAFKA_BROKERS (infra/compose.yaml starts one in a container).',
  ];
};

/** Only a hint for a clear sentence: the launcher itself checks that the cached jars are the right ones. */
const hasJars = () => {
  const cache = process.env.SANDBOX_CACHE ?? join(root, 'infra/sandbox/.cache');
  return existsSync(cache) && readdirSync(cache).some((name) => existsSync(join(cache, name, 'libs')));
};

const mavenProblem = () => {
  if (isGiven('KAFKA_JARS_BASE_URL') || hasJars()) return [];
  const maven = inHome('MAVEN_HOME', 'mvn');
  const found = versionOf(maven, ['-v'], /Apache Maven ([0-9]+)\.([0-9]+)/);
  if (found !== undefined && !isBelow(found, [3, 6])) return [];
  return [
    `Maven 3.6 or newer is needed to fetch Kafka, and ${maven} ${found === undefined ? 'does not run' : `is version ${found.join('.')}`}: ` +
      'install it (Debian: apt-get install maven), or set KAFKA_JARS_BASE_URL to a Maven repository, or give KAFKA_BROKERS.',
  ];
};

/** Throws a Refusal with all problems at once. `servers`: this command starts Kafka and Postgres unless their addresses are given. */
export const checkPrerequisites = ({ servers }) => {
  const kafka = servers && !isGiven('KAFKA_BROKERS');
  const problems = [...nodeProblem(), ...(kafka ? [...javaProblem(), ...mavenProblem()] : [])];
  if (problems.length > 0) throw new Refusal(problems.join('\n'), 69);
};
