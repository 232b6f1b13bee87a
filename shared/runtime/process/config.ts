/**
 * The configuration: everything by environment, every secret also as NAME_FILE. Checked as a whole at start; all problems
 * are printed at once, values of secrets never; exit 78 (EX_CONFIG).
 */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { stepOverOf } from '../kafka/stopped-partitions.js';
import { tenantNames } from '../../../contracts/internal/tenant-names.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const url = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http(s) address')
  .transform((text) => text.replace(/\/+$/, ''));
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const port = z.coerce.number().int().min(0).max(65_535);
const secret = z.string().min(1).meta({ secret: true });

/** What every process needs. */
export const commonConfig = z.object({
  DATABASE_URL: z
    .string()
    .refine((text) => /^postgres(ql)?:\/\//.test(text), 'must begin with postgres://')
    .meta({ secret: true, description: 'Postgres. One database; one schema and one role per service' }),
  DATABASE_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/)
    .optional()
    .meta({ description: 'role taken on after login; default `cmw_<service>`, `none` keeps the login role' }),
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
  KAFKA_SSL: flag.default(false).meta({ description: 'true to speak TLS with the brokers' }),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .meta({ description: 'how to log in at the brokers, if at all' }),
  KAFKA_SASL_USERNAME: z.string().optional().meta({ description: 'with a mechanism' }),
  KAFKA_SASL_PASSWORD: secret.optional().meta({ secret: true, description: 'with a mechanism' }),
  KAFKA_TOPIC_PREFIX: z.string().max(50).default('').meta({ description: 'put before every topic and group name, for a shared cluster' }),
  KAFKA_REPLICATION_FACTOR: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .meta({ description: 'of topics that we create; 3 in production' }),
  KAFKA_SESSION_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(60_000)
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
  REQUESTS_AT_ONCE: z.coerce.number().int().min(1).max(250).default(64).meta({
    description:
      'requests in progress at once to each outside system, from each instance; share what the other side allows among the instances',
  }),
  HTTP_HOST: z.string().default('127.0.0.1').meta({ description: 'address to listen on' }),
  HTTP_PORT: port.default(0).meta({ description: 'port to listen on; 0 takes a free one and prints it' }),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').meta({ description: 'pino level' }),
  SERVICE_NAME: z.string().optional().meta({ description: 'name of this instance; instances of one service need different names' }),
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

const withFiles = (names: readonly string[], environment: Environment, problems: string[]): Record<string, string> => {
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    const file = environment[`${name}_FILE`];
    if (value !== undefined && value !== '') values[name] = value;
    if (file === undefined || file === '') continue;
    if (values[name] !== undefined) problems.push(`${name} and ${name}_FILE are both set; set one`);
    try {
      values[name] = readFileSync(file, 'utf8').trim();
    } catch {
      problems.push(`${name}_FILE names a file that cannot be read`);
    }
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
export type Own<T extends z.ZodObject> = { readonly tenant: T; readonly check?: Check<z.output<T>> | undefined };
const NOTHING = z.object({});

/** @throws ConfigurationError with every problem at once. */
export const readConfig = <S extends z.ZodObject, T extends z.ZodObject = typeof NOTHING>(
  schema: S,
  environment: Environment,
  own: Own<T> = { tenant: NOTHING as unknown as T },
): Settings<S, T> => {
  const problems: string[] = [];
  const values = withFiles(Object.keys(schema.shape), environment, problems);
  const parsed = schema.safeParse(values);
  if (!parsed.success) problems.push(...issuesOf(parsed.error));
  const tenant = readTenant(values['TENANT_FILE'], own.tenant, problems);
  if (tenant !== null && own.check !== undefined) problems.push(...own.check(tenant, values));
  if (!parsed.success || tenant === null || problems.length > 0) throw new ConfigurationError(problems);
  return { ...parsed.data, tenant };
};
