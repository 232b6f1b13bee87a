/** A service whose login can take the role of another service must not start: whoever breaks into one would have them all. */
import type { Log } from '../process/log.js';
import { openClient, type DatabaseOptions } from './database.js';
import { untilNoProblem } from './until-no-problem.js';

/** Every role of a service begins so (migrations). */
const ROLES_OF_SERVICES = 'cmw\\_%';
/** Roles of Postgres itself that reach what belongs to others without taking their role. */
const MIGHTY = ['pg_write_all_data', 'pg_execute_server_program', 'pg_write_server_files'];

type Powers = {
  readonly login: string;
  readonly takes_own: boolean;
  readonly is_superuser: boolean;
  readonly makes_roles: boolean;
  readonly takes: string[];
};

/**
 * `member` counts what a login can take by several steps, and what it may only hand on. A login that makes roles can, in a Postgres before
 * 16, give itself any of them.
 */
const POWERS = `
  select session_user as login,
    pg_has_role(session_user, own.oid, 'member') as takes_own,
    me.rolsuper as is_superuser,
    me.rolcreaterole as makes_roles,
    array(select other.rolname::text from pg_roles other
          where (other.rolname like $2 or other.rolname = any($3)) and other.oid <> own.oid and pg_has_role(session_user, other.oid, 'member')
          order by 1) as takes
  from pg_roles me, pg_roles own where me.rolname = session_user and own.rolname = $1`;

type Judged = { readonly problems: readonly string[]; readonly others: readonly string[] };

const judge = (role: string, powers: Powers | undefined): Judged => {
  if (powers === undefined) return { problems: [`the database has no role "${role}": run npm run migrate`], others: [] };
  const { login, takes_own: takesOwn, is_superuser: isSuperuser, makes_roles: makesRoles, takes } = powers;
  if (!takesOwn) return { problems: [`the login "${login}" may not take the role "${role}": grant ${role} to ${login}`], others: [] };
  const others = [
    ...(isSuperuser ? ['it is a superuser'] : []),
    ...(makesRoles && !isSuperuser ? ['it may make roles'] : []),
    ...(takes.length > 0 && !isSuperuser ? [`it may take ${takes.join(', ')}`] : []),
  ];
  return { problems: [], others: others.map((why) => `the login "${login}" reaches what belongs to other services: ${why}`) };
};

const powersOf = async (options: DatabaseOptions, role: string): Promise<Judged> => {
  const client = await openClient({ ...options, role: null, schema: 'pg_catalog' });
  client.on('error', () => undefined);
  try {
    const { rows } = await client.query<Powers>(POWERS, [role, ROLES_OF_SERVICES, MIGHTY]);
    return judge(role, rows[0]);
  } finally {
    await client.end();
  }
};

/**
 * Waits while the database cannot be reached. `isSharedAccepted`: DATABASE_SHARED_LOGIN=accept; then it is only a warning.
 * @throws ConfigurationError when the login is not this service's alone.
 */
export const untilLoginIsOwn = (options: DatabaseOptions, role: string, isSharedAccepted: boolean, log: Log): Promise<void> =>
  untilNoProblem(log, async () => {
    const { problems, others } = await powersOf(options, role);
    if (problems.length > 0) return problems;
    if (!isSharedAccepted) return others.map((why) => `${why}; make a login for each service, or say DATABASE_SHARED_LOGIN=accept`);
    for (const why of others) log.warn({ why }, 'DATABASE_SHARED_LOGIN=accept: services are not protected from each other');
    return [];
  });
