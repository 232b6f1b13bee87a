/**
 * The address of a database, read strictly. An address may say many things about a connection (`?options=`, `?sslmode=`). The client
 * library lets each of them win over ours: schema, role and limits would be gone. So only the place and the login are taken from it.
 */
export type DatabaseAddress = {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** It asks for TLS itself. It can never ask for less than we do. */
  readonly asksForTls: boolean;
  /** What else it says, by name: none of it is taken. */
  readonly notTaken: readonly string[];
};

const DEFAULT_PORT = 5_432;
/** They would say again, and otherwise, what stands before the question mark. */
const PLACES = ['host', 'hostaddr', 'port', 'user', 'password', 'dbname', 'service'];
const SPEAKS_TLS = ['require', 'verify-ca', 'verify-full'];

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

type Read = { readonly address: DatabaseAddress; readonly problem: null } | { readonly address: null; readonly problem: string };
const refused = (problem: string): Read => ({ address: null, problem });

/** Reasons are said, values never. */
export const readDatabaseUrl = (text: string): Read => {
  if (!/^postgres(ql)?:\/\//.test(text)) return refused('must begin with postgres://');
  if (!URL.canParse(text)) return refused('is no address that can be read: are the characters of the password percent-encoded?');
  const url = new URL(text);
  if (url.hostname === '') return refused('names no host');
  if (url.hash !== '') return refused('has a fragment: a # in the password is written %23');
  const names = [...url.searchParams.keys()];
  const place = names.find((name) => PLACES.includes(name));
  if (place !== undefined) return refused(`says ${place} behind the question mark; say it before`);
  const host = decoded(url.hostname.replace(/^\[|\]$/g, ''));
  const [user, password, database] = [decoded(url.username), decoded(url.password), decoded(url.pathname.replace(/^\//, ''))];
  if (host === null || user === null || password === null || database === null)
    return refused('is not percent-encoded: a % in the password is written %25');
  if (database.includes('/')) return refused('names no single database');
  return {
    problem: null,
    address: {
      host,
      port: url.port === '' ? DEFAULT_PORT : Number(url.port),
      ...(user === '' ? {} : { user }),
      ...(password === '' ? {} : { password }),
      ...(database === '' ? {} : { database }),
      asksForTls: SPEAKS_TLS.includes(url.searchParams.get('sslmode') ?? ''),
      notTaken: names.filter((name) => name !== 'sslmode'),
    },
  };
};

/** @throws RangeError when it cannot be used. A process checks it before, with all its settings. */
export const databaseAddressOf = (text: string): DatabaseAddress => {
  const { address, problem } = readDatabaseUrl(text);
  if (address === null) throw new RangeError(`the address of the database ${problem}`);
  return address;
};
