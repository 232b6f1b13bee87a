import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../project-root.js';
import type { Java } from './java.js';
import type { JarCache } from './jars.js';
import { ADMIN, newUsers, type KafkaUsers } from './users.js';

const SOURCES = join(projectRoot, 'infra/sandbox/kafka');

export interface NodePlace {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** Holds server.properties, server.log and the node's logs/. */
  readonly folder: string;
  /** A further listener: clients that come in by it are told `told`, where somebody passes their bytes on to `port`. */
  readonly behindProxy?: { readonly port: number; readonly told: number } | undefined;
  /** A further listener that speaks TLS. */
  readonly secure?: SecureListener | undefined;
}

/** Texts in PEM. Users log in there by PLAIN, and by OAUTHBEARER with a token that nobody has signed. */
export interface KafkaTls {
  readonly cert: string;
  readonly key: string;
  /** Nobody comes in without a certificate of this authority. */
  readonly demands?: string;
}
export type SecureListener = KafkaTls & { readonly port: number };

/** Kafka reads PEM from files: the key with its certificate in one, and whom it believes in another. */
const secureProperties = (place: NodePlace, users: KafkaUsers): Readonly<Record<string, string>> => {
  if (place.secure === undefined) return {};
  const { demands } = place.secure;
  const name = (setting: string): string => `listener.name.secure.${setting}`;
  return {
    [name('ssl.keystore.type')]: 'PEM',
    [name('ssl.keystore.location')]: join(place.folder, 'tls.pem'),
    ...(demands === undefined
      ? {}
      : {
          [name('ssl.client.auth')]: 'required',
          [name('ssl.truststore.type')]: 'PEM',
          [name('ssl.truststore.location')]: join(place.folder, 'tls-authority.pem'),
        }),
    [name('sasl.enabled.mechanisms')]: 'PLAIN,OAUTHBEARER',
    [name('plain.sasl.jaas.config')]: loginModule(users),
    [name('oauthbearer.sasl.jaas.config')]:
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="admin";',
  };
};

const writeSecure = ({ folder, secure }: NodePlace): void => {
  if (secure === undefined) return;
  writeFileSync(join(folder, 'tls.pem'), `${secure.key}${secure.cert}`, { mode: 0o600 });
  if (secure.demands !== undefined) writeFileSync(join(folder, 'tls-authority.pem'), secure.demands);
};

/** 16 random bytes in URL-safe base64: what Kafka calls a Uuid. Kafka refuses one that begins with a dash. */
const randomUuid = (): string => {
  const text = randomBytes(16).toString('base64url');
  return text.startsWith('-') ? randomUuid() : text;
};

/** Options of the virtual machine: small and quick to start, not quick in the long run. */
export const jvmArgs = (cache: JarCache): string[] => [
  '-Xms64m',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-XX:MaxMetaspaceSize=128m',
  '-Djava.awt.headless=true',
  `-Dlog4j2.configurationFile=${join(SOURCES, 'log4j2.xml')}`,
  '-cp',
  cache.classPath,
];

/** Who may log in, and as whom this node does. Of the mechanisms of Kafka PLAIN starts fastest: its users are in the file, not in the log. */
const loginModule = (users: KafkaUsers): string =>
  [
    'org.apache.kafka.common.security.plain.PlainLoginModule required',
    `username="${ADMIN}" password="${users[ADMIN] ?? ''}"`,
    ...Object.entries(users).map(([name, password]) => `user_${name}="${password}"`),
  ].join(' ') + ';';

/** server.properties of one node: the common part and what follows from its place and the number of nodes. */
export const nodeProperties = (place: NodePlace, all: readonly NodePlace[], users: KafkaUsers): string => {
  const replicas = Math.min(3, all.length);
  const inSync = Math.max(1, replicas - 1);
  const { port, controllerPort, behindProxy: proxied, secure } = place;
  const own = {
    'node.id': place.id,
    'controller.quorum.voters': all.map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`).join(','),
    listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${proxied ? `,PROXIED://127.0.0.1:${proxied.port}` : ''}${secure ? `,SECURE://127.0.0.1:${secure.port}` : ''}`,
    'advertised.listeners': `CLIENTS://127.0.0.1:${port}${proxied ? `,PROXIED://127.0.0.1:${proxied.told}` : ''}${secure ? `,SECURE://127.0.0.1:${secure.port}` : ''}`,
    'listener.security.protocol.map': 'CONTROLLER:SASL_PLAINTEXT,CLIENTS:SASL_PLAINTEXT,PROXIED:SASL_PLAINTEXT,SECURE:SASL_SSL',
    ...secureProperties(place, users),
    ...Object.fromEntries(
      ['controller', 'clients', ...(proxied ? ['proxied'] : [])].map((name) => [
        `listener.name.${name}.plain.sasl.jaas.config`,
        loginModule(users),
      ]),
    ),
    'log.dirs': join(place.folder, 'logs'),
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'share.coordinator.state.topic.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.min.isr': inSync,
    // Who is first in the order of a partition's brokers leads again soon, not after 300 s.
    'leader.imbalance.check.interval.seconds': 2,
  };
  const lines = Object.entries(own).map(([name, value]) => `${name}=${value}`);
  return `${readFileSync(join(SOURCES, 'server.properties'), 'utf8')}\n${lines.join('\n')}\n`;
};

/**
 * Formatting a log folder costs a second of Java, and its result depends on the Kafka version alone. It is done once, and each node gets
 * a copy with its own ids. Returns the folder of the template.
 */
export const ensureTemplate = async (cache: JarCache, java: Java): Promise<string> => {
  const template = join(cache.folder, 'format');
  if (existsSync(template)) return template;
  const scratch = mkdtempSync(join(cache.folder, 'format.tmp-'));
  try {
    const place = { id: 1, port: 20_000, controllerPort: 20_001, folder: scratch };
    const properties = join(scratch, 'server.properties');
    writeFileSync(properties, nodeProperties(place, [place], newUsers()));
    await promisify(execFile)(java.command, [
      ...jvmArgs(cache),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      randomUuid(),
      '-c',
      properties,
      '-g',
    ]);
    renameSync(join(scratch, 'logs'), template);
  } catch (error) {
    // Somebody else was quicker: then theirs is as good.
    if (!existsSync(template)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return template;
};

/** Writes the files of all nodes of a new cluster, or the addresses only where a node has its logs already. */
export const writeNodes = (places: readonly NodePlace[], template: string, users: KafkaUsers): void => {
  const clusterId = randomUuid();
  for (const place of places) {
    const logs = join(place.folder, 'logs');
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(place.folder, 'server.properties'), nodeProperties(place, places, users), { mode: 0o600 });
    writeSecure(place);
    if (existsSync(join(logs, 'meta.properties'))) continue;
    copyFileSync(join(template, 'bootstrap.checkpoint'), join(logs, 'bootstrap.checkpoint'));
    writeFileSync(join(logs, 'meta.properties'), `version=1\ncluster.id=${clusterId}\nnode.id=${place.id}\ndirectory.id=${randomUuid()}\n`);
  }
};

/** Where the class data archive of this virtual machine and these jars lies, or would lie. */
export const archivePath = (cache: JarCache, java: Java): string => {
  const key = createHash('sha256').update(`${java.fingerprint}\n${cache.classPath}\nwith logins`).digest('hex').slice(0, 12);
  return join(cache.folder, `classes-${key}.jsa`);
};
