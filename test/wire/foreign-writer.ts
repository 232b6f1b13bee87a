/** Gives orders to the Java client of Kafka itself: what it writes is what other systems may write to our topics. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ensureJars } from '../../infra/sandbox/kafka/jars.js';
import { findJava } from '../../infra/sandbox/kafka/java.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import type { Reached } from '../../shared/runtime/kafka/testing.js';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
export type ForeignMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [name: string, value: Buffer | null])[];
};

const word = (bytes: Buffer | null): string => (bytes === null ? '-' : `:${bytes.toString('base64')}`);

/** `by`: a compression, or the name of a transaction that has begun. */
export const send = (by: string, { topic, partition, key, value, headers = [] }: ForeignMessage): string =>
  ['send', by, topic, String(partition), word(key), word(value), ...headers.map(([name, bytes]) => `${name}=${word(bytes)}`)].join(' ');

const loginOf = (sasl: Reached['sasl']): readonly string[] =>
  sasl === undefined
    ? []
    : [
        'set security.protocol SASL_PLAINTEXT',
        `set sasl.mechanism ${sasl.mechanism.toUpperCase()}`,
        `set sasl.jaas.config org.apache.kafka.common.security.plain.PlainLoginModule required username="${sasl.username}" password="${sasl.password}";`,
      ];

/** Carries the orders out in one process of Java, and resolves when the broker has acknowledged everything. Rejects with what Java said. */
export const writeAsJava = async ({ brokers, sasl }: Reached, orders: readonly string[]): Promise<void> => {
  const [cache, java] = await Promise.all([ensureJars(() => undefined), findJava()]);
  const child = spawn(
    java.command,
    [
      ...['-Xmx400m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      `-Dlog4j2.configurationFile=${join(projectRoot, 'infra/sandbox/kafka/log4j2.xml')}`,
      ...['-cp', cache.classPath, join(projectRoot, 'test/wire/foreign-writer.java'), brokers.join(',')],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => void (said += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => void (said += bytes.toString()));
  child.stdin.end(`${[...loginOf(sasl), ...orders].join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 || !/^written \d+$/m.test(said)) throw new Error(`Java ended with ${String(code)}: ${said.slice(-4_000)}`);
};
