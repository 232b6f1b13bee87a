/**
 * The configuration: everything by environment, every secret also as NAME_FILE. Checked as a whole at start; all problems
 * are printed at once, values of secrets never; exit 78 (EX_CONFIG).
 */
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { privateKeyOf } from '../signing/ed25519.js';
import { stepOverOf } from '../kafka/stopped-partitions.js';
import { tenantNames } from '../../../contracts/internal/tenant-names.js';
import { oauthSettings } from '../../../contracts/oauth-settings.js';
import { tlsSettings } from '../../../contracts/tls-settings.js';
import { wholeNumberText } from '../../../contracts/tokens.js';
import { credentialProblem } from '../../kernel/secret.js';
import { trustedProxies, type TrustedProxies } from '../http/address.js';
import { DEFAULT_CONNECTION_LIMITS } from '../http/connections.js';
import { readDatabaseUrl } from '../postgres/database-url.js';
import { transportProblems } from './transport.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const url = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http(s) address')
  .transform((text) => text.replace(/\/+$/, ''));
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const port = wholeNumberText(0, 65_535);
const proxies = z.string().transform((text, context): TrustedProxies => {
  try {
    return trustedProxies(
      text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    );
  } catch {
    context.addIssue({ code: 'custom', message: 'must be addresses or networks such as 10.0.0.0/8, comma-separated' });
    return z.NEVER;
  }
});
const signingKey = z.string().transform((text, context): KeyObject => {
  try {
    return privateKeyOf(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'not a key' });
    return z.NEVER;
  }
});
/** @see credentialProblem: what is no secret guards nothing. */
const secret = z
  .string()
  .superRefine((text, context) => {
    const problem = credentialProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ secret: true });

/** What every process needs. */
export const commonConfig = z.object({
  DATABASE_URL: z
    .string()
    .superRefine((text, context) => {
      const { problem } = readDatabaseUrl(text);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .meta({
      secret: true,
      description: 'Postgres, over TLS. One database; one schema and one role per service. Of the address only place and login are taken',
    }),
  ...tlsSettings('DATABASE', 'Postgres'),
  DATABASE_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/)
    .optional()
    .meta({ description: 'role taken on after login; default `cmw_<service>`, `none` keeps the login role' }),
  DATABASE_SHARED_LOGIN: z.enum(['accept']).optional().meta({
    description: 'accept: services may share one login, with a warning at each start. Without it each service needs a login of its own',
  }),
  SIGNING_KEY: signingKey.meta({
    secret: true,
    description:
      'Ed25519 private key in PEM (PKCS #8) that this service signs its messages with; `npm run keys` makes one for each service',
  }),
  TRUSTED_KEYS_FILE: z.string().min(1).meta({
    description: 'YAML or JSON file with the public keys of all services; `npm run keys` makes it; read again when it changes',
  }),
  SEAL_KEYS_FILE: z.string().min(1).meta({
    description:
      'file with the keys of sealed fields: the first one seals, all of them open; `npm run keys` makes it; read again when it changes',
  }),
  ERASED_KEYS_FILE: z.string().min(1).optional().meta({
    description:
      'the list that `npm run erase` writes: data keys that are erased; keep it for ever, outside of the database; read again when it changes',
  }),
  PERSONAL_KEPT_DAYS: wholeNumberText(1, 36_500).default(3_650).meta({
    description: 'so many days after a journey has ended, or people have closed a message, what is personal in it is forgotten',
  }),
  MESSAGE_MAX_AGE_DAYS: wholeNumberText(1, 59).default(30).meta({
    description: 'a message that was signed longer ago goes to quarantine: an inbox forgets after 60 days what it has handled',
  }),
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    )
    .refine(
      (brokers) => brokers.length > 0 && brokers.every((one) => /^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(one)),
      'must be host:port, comma-separated',
    )
    .meta({ description: 'host:port, comma-separated' }),
  KAFKA_SSL: flag
    .optional()
    .meta({ description: 'TLS with the brokers; without it true, unless ALLOW_PLAINTEXT is set and no certificate of Kafka is named' }),
  ...tlsSettings('KAFKA', 'Kafka'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
    .optional()
    .meta({ description: 'how to log in at the brokers, if at all' }),
  KAFKA_SASL_USERNAME: z.string().min(1).optional().meta({ description: 'with plain and scram' }),
  KAFKA_SASL_PASSWORD: secret.optional().meta({ secret: true, description: 'with plain and scram' }),
  ...oauthSettings('KAFKA', 'Kafka', secret),
  KAFKA_TOPIC_PREFIX: z.string().max(50).default('').meta({ description: 'put before every topic and group name, for a shared cluster' }),
  KAFKA_REPLICATION_FACTOR: wholeNumberText(1, 5)
    .default(1)
    .meta({ description: 'of the topics that npm run topics makes; 3 in production' }),
  KAFKA_SESSION_TIMEOUT_MS: wholeNumberText(1_000, 60_000)
    .default(10_000)
    .meta({ description: 'after so long without a heartbeat Kafka gives an instance up' }),
  KAFKA_STEP_OVER: z
    .string()
    .optional()
    .transform((text, context) =>
      (text ?? '')
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
        .flatMap((one) => {
          const place = stepOverOf(one);
          if (place === null) context.addIssue({ code: 'custom', message: 'must be topic/partition/first-last, comma-separated' });
          return place === null ? [] : [place];
        }),
    )
    .meta({
      description:
        'what a person leaves out of a partition that cannot be read on: `topic/partition/first-last`, comma-separated; it goes to quarantine as it is',
    }),
  REQUESTS_AT_ONCE: wholeNumberText(1, 250).default(64).meta({
    description:
      'requests in progress at once to each outside system, from each instance; share what the other side allows among the instances',
  }),
  ALLOW_PLAINTEXT: flag.default(false).meta({
    description: 'true allows http://, and Kafka and Postgres without TLS, with a warning at each start: for a sandbox only',
  }),
  CERTIFICATE_ALARM_DAYS: wholeNumberText(1, 365).default(30).meta({
    description: 'from so many days before its end on, a certificate that a setting names is an alarm',
  }),
  HTTP_HOST: z.string().default('127.0.0.1').meta({ description: 'address to listen on' }),
  HTTP_PORT: port.default(0).meta({ description: 'port to listen on; 0 takes a free one and prints it' }),
  HTTP_MAX_CONNECTIONS: wholeNumberText(10, 100_000).default(DEFAULT_CONNECTION_LIMITS.all).meta({
    description: 'connections open at once; above it the oldest goes that has not shown a secret of ours',
  }),
  HTTP_CONNECTIONS_PER_ADDRESS: wholeNumberText(1, 100_000).default(DEFAULT_CONNECTION_LIMITS.perAddress).meta({
    description: 'the same for one sender: an IPv4 address or an IPv6 network of 64 bits. It bounds bodies that are on their way, too',
  }),
  TRUSTED_PROXIES: proxies.optional().meta({
    description:
      'addresses and networks of our own proxies, comma-separated; behind them the last foreign address of X-Forwarded-For is the sender',
  }),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').meta({ description: 'pino level' }),
  SERVICE_NAME: z.string().optional().meta({ description: 'name of this instance; instances of one service need different names' }),
  OPERATORS_FILE: z.string().min(1).optional().meta({
    description:
      'YAML or JSON file of the people who may look and act: name, roles, expiry, token hash, public key; read again when it changes',
  }),
  TENANT_FILE: z.string().optional().meta({ description: 'YAML file of everything that the tenant chooses; careful defaults without it' }),
  CRASH_POINT: z
    .string()
    .optional()
    .meta({ description: 'tests only: `name`, `name:n` or `name@about:n`; the process kills itself the n-th time it gets there' }),
});
export type CommonConfig = z.output<typeof commonConfig>;
/** What a service reads: its environment, and the tenant's choices that are its own. */
export type Settings<S extends z.ZodObject, T extends z.ZodObject> = z.output<S> & { readonly tenant: z.output<T> };

export const investSuiteConfig = {
  INVESTSUITE_BASE_URL: url.meta({ description: 'InvestSuite API' }),
  ...tlsSettings('INVESTSUITE', 'InvestSuite'),
  INVESTSUITE_ACCESS_KEY_ID: z.string().min(1).meta({ description: 'InvestSuite login' }),
  INVESTSUITE_SECRET_ACCESS_KEY: secret.meta({ secret: true, description: 'InvestSuite login' }),
} as const;

/** All problems of a configuration. The message holds names and reasons, never values. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the configuration has ${String(problems.length)} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** What a name of one service alone begins with: `PAYOUT__` of payout. */
export const prefixOf = (service: string): string => `${service.toUpperCase().replaceAll('-', '_')}__`;

/** The value under this name, or in the file that `<name>_FILE` names; undefined when neither is set. */
const valueOf = (name: string, environment: Environment, problems: string[]): string | undefined => {
  const value = environment[name] === '' ? undefined : environment[name];
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return value;
  if (value !== undefined) problems.push(`${name} and ${name}_FILE are both set; set one`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    problems.push(`${name}_FILE names a file that cannot be read`);
    return undefined;
  }
};

/** A name of the service alone is stronger than the common one. */
const valuesOf = (
  names: readonly string[],
  environment: Environment,
  service: string | undefined,
  problems: string[],
): Record<string, string> => {
  const values: Record<string, string> = {};
  for (const name of names) {
    const before = problems.length;
    const own = service === undefined ? undefined : valueOf(`${prefixOf(service)}${name}`, environment, problems);
    // A file of its own that cannot be read must not be replaced by what all may read.
    const value = own ?? (problems.length > before ? undefined : valueOf(name, environment, problems));
    if (value !== undefined) values[name] = value;
  }
  return values;
};

const issuesOf = (error: z.ZodError, prefix = ''): string[] =>
  error.issues.map((issue) => {
    const name = `${prefix}${issue.path.map(String).join('.')}`;
    return issue.code === 'invalid_type' && /undefined/.test(issue.message) ? `${name} is missing` : `${name}: ${issue.message}`;
  });

/**
 * The whole file is checked for names that nobody reads: a misspelt choice must not pass for its default. The values of other services
 * are theirs to check.
 */
const fileOf = (own: z.ZodObject): z.ZodObject =>
  z.strictObject({ ...Object.fromEntries(tenantNames.map((name) => [name, z.unknown().optional()])), ...own.shape });

const readTenant = <T extends z.ZodObject>(file: string | undefined, own: T, problems: string[]): z.output<T> | null => {
  let settings: unknown = {};
  if (file !== undefined) {
    try {
      settings = parseYaml(readFileSync(file, 'utf8')) ?? {};
    } catch {
      problems.push('TENANT_FILE cannot be read as YAML');
      return null;
    }
  }
  const parsed = fileOf(own).safeParse(settings);
  if (parsed.success) return Object.fromEntries(Object.keys(own.shape).map((name) => [name, parsed.data[name]])) as z.output<T>;
  problems.push(...issuesOf(parsed.error, 'TENANT_FILE '));
  return null;
};

/** What a service demands besides the schemas, of the tenant's choices and of the values of the environment: problems, or none. */
export type Check<Tenant> = (tenant: Tenant, values: Readonly<Record<string, string>>) => readonly string[];

/** What a service adds: which of the tenant's choices are its own, and what it demands besides. */
export type Own<T extends z.ZodObject> = {
  readonly tenant: T;
  readonly check?: Check<z.output<T>> | undefined;
  /** Its name: `<SERVICE>__NAME` is read before `NAME`. */
  readonly name?: string;
};
/** Of a process that reads nothing of the tenant's file. */
export const NOTHING = z.object({});

/** @throws ConfigurationError with every problem at once. */
export const readConfig = <S extends z.ZodObject, T extends z.ZodObject = typeof NOTHING>(
  schema: S,
  environment: Environment,
  own: Own<T> = { tenant: NOTHING as unknown as T },
): Settings<S, T> => {
  const problems: string[] = [];
  const values = valuesOf(Object.keys(schema.shape), environment, own.name, problems);
  const parsed = schema.safeParse(values);
  if (!parsed.success) problems.push(...issuesOf(parsed.error));
  // A process that does not read ALLOW_PLAINTEXT allows nothing.
  problems.push(...transportProblems(Object.keys(schema.shape), values));
  const tenant = readTenant(values['TENANT_FILE'], own.tenant, problems);
  if (tenant !== null && own.check !== undefined) problems.push(...own.check(tenant, values));
  if (!parsed.success || tenant === null || problems.length > 0) throw new ConfigurationError(problems);
  return { ...parsed.data, tenant };
};
