import type { Setting } from './environment.js';

const optional = (name: string, description: string, readBy: string, secret = false): Setting => ({
  name,
  description,
  required: false,
  fallback: null,
  without: null,
  secret,
  allowed: '',
  readBy: [readBy],
});

/** Names that commands read and no service does, so no schema of a service has them. */
export const toolSettings: readonly Setting[] = [
  optional(
    'OPERATOR_URL',
    'address of the operator service, https:// when it is another machine; without it the one in the state file',
    'operator command line',
  ),
  optional('OPERATOR_TOKEN', 'your own token at the operator service; says who acts', 'operator command line', true),
  optional('OPERATOR_KEY_FILE', 'your own private key; every act is signed with it', 'operator command line'),
  optional('OPERATOR_NAME', 'your name: failed logins under it are slowed down, from wherever they come', 'operator command line'),
  optional('CMW_STATE_FILE', 'where a running demo says how to reach it', 'operator command line'),
  optional(
    'MIGRATE_DATABASE_URL',
    'login of the owner of the tables, for the migrations and for recording what is unsigned; without it DATABASE_URL',
    'migrate, topics',
    true,
  ),
  optional('SANDBOX_CACHE', 'folder that keeps the jars of Kafka between runs', 'sandbox'),
  optional('KAFKA_JARS_BASE_URL', 'a repository in the layout of Maven to take the jars of Kafka from, instead of asking Maven', 'sandbox'),
  optional('JAVA_HOME', 'the JDK to use, when the one on the path is not it', 'sandbox'),
  optional('MAVEN_HOME', 'the Maven to use, when the one on the path is not it', 'sandbox'),
];
