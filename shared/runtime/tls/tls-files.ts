/**
 * The certificates and keys that the environment names for each system, read again when they change. Nobody changes two files at once.
 * So a certificate and a key that do not fit are not taken, and the pair of before holds until the second file is there.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TLS_PARTS, type TlsPart } from '../../../contracts/tls-settings.js';
import type { TlsMaterial, TlsNow } from '../../kernel/tls.js';
import { ConfigurationError } from '../process/config.js';
import { WatchedFile } from '../signing/watched-file.js';

/** A certificate that will end. `which`: an authority that we believe, or our own. */
export type HeldCertificate = { readonly system: string; readonly which: 'authority' | 'own'; readonly endsAtMs: number };

type Paths = Readonly<Partial<Record<TlsPart, string>>>;
type Content = { readonly material: TlsMaterial; readonly certificates: readonly Omit<HeldCertificate, 'system'>[] };

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const textOf = (path: string, part: TlsPart): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Error(`${part} cannot be read`);
  }
};

const certificatesIn = (text: string, part: TlsPart): readonly X509Certificate[] => {
  try {
    const found = [...text.matchAll(CERTIFICATE)].map(([one]) => new X509Certificate(one));
    if (found.length > 0) return found;
  } catch {
    throw new Error(`${part} holds something that is no certificate`);
  }
  throw new Error(`${part} holds no certificate in PEM`);
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const END = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4}) GMT$/;

/** `Nov 29 17:00:11 2026 GMT`, as OpenSSL prints it and Node hands it on. @throws Error for anything else. */
const endOf = (validTo: string): number => {
  const [, month = '', day, hours, minutes, seconds, year] = END.exec(validTo) ?? [];
  if (!MONTHS.includes(month)) throw new Error('the end of a certificate cannot be read');
  return Date.UTC(Number(year), MONTHS.indexOf(month), Number(day), Number(hours), Number(minutes), Number(seconds));
};

const fits = (certificate: X509Certificate, key: string): boolean => {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new Error('CLIENT_KEY_FILE holds no private key in PEM without a passphrase');
  }
};

/** @throws Error that names the setting and what is wrong with its file, never what stands in it. */
const contentOf = ({ CA_FILE, CLIENT_CERT_FILE, CLIENT_KEY_FILE }: Paths): Content => {
  const ca = CA_FILE === undefined ? null : textOf(CA_FILE, 'CA_FILE');
  const authorities = ca === null ? [] : certificatesIn(ca, 'CA_FILE');
  const ended = (which: HeldCertificate['which'], list: readonly X509Certificate[]): Content['certificates'] =>
    list.map(({ validTo }) => ({ which, endsAtMs: endOf(validTo) }));
  const believed = { ...(ca === null ? {} : { ca }) };
  if (CLIENT_CERT_FILE === undefined && CLIENT_KEY_FILE === undefined)
    return { material: believed, certificates: ended('authority', authorities) };
  if (CLIENT_CERT_FILE === undefined) throw new Error('CLIENT_KEY_FILE is set, and CLIENT_CERT_FILE is not');
  if (CLIENT_KEY_FILE === undefined) throw new Error('CLIENT_CERT_FILE is set, and CLIENT_KEY_FILE is not');
  const cert = textOf(CLIENT_CERT_FILE, 'CLIENT_CERT_FILE');
  const key = textOf(CLIENT_KEY_FILE, 'CLIENT_KEY_FILE');
  const own = certificatesIn(cert, 'CLIENT_CERT_FILE');
  // The first certificate of the file is ours; those behind it lead to its authority.
  if (!own.slice(0, 1).every((first) => fits(first, key))) throw new Error('CLIENT_KEY_FILE is not the key of CLIENT_CERT_FILE');
  return { material: { ...believed, cert, key }, certificates: [...ended('authority', authorities), ...ended('own', own)] };
};

const NAME = new RegExp(`^([A-Z][A-Z0-9_]*?)_(${TLS_PARTS.join('|')})$`);

/** By system: the files that these settings name. */
const pathsIn = (settings: Readonly<Record<string, unknown>>): ReadonlyMap<string, Paths> => {
  const systems = new Map<string, Paths>();
  for (const [name, value] of Object.entries(settings)) {
    const [, system, part] = NAME.exec(name) ?? [];
    if (system !== undefined && part !== undefined && typeof value === 'string')
      systems.set(system, { ...systems.get(system), [part]: value });
  }
  return systems;
};

export type TlsFilesOptions = {
  readonly nowMs: () => number;
  /** Hears why a changed file is not taken: what was there before still holds. */
  readonly onProblem: (system: string, problem: string) => void;
  readonly onChange: (system: string) => void;
};

const NOTHING: TlsMaterial = {};

export class TlsFiles {
  readonly #systems = new Map<string, WatchedFile<Content>>();

  /**
   * @param settings what was read from the environment.
   * @throws ConfigurationError with every file that cannot be used: the process must not start.
   */
  constructor(settings: Readonly<Record<string, unknown>>, { nowMs, onProblem, onChange }: TlsFilesOptions) {
    const problems: string[] = [];
    for (const [system, paths] of pathsIn(settings)) {
      const [path = '', ...beside] = Object.values(paths);
      try {
        const watched = new WatchedFile<Content>({
          ...{ path, beside, nowMs },
          read: () => contentOf(paths),
          onProblem: (problem) => {
            onProblem(system, problem);
          },
          onChange: () => {
            onChange(system);
          },
        });
        this.#systems.set(system, watched);
      } catch (error) {
        problems.push(`${system}_${error instanceof Error ? error.message : 'CA_FILE cannot be used'}`);
      }
    }
    if (problems.length > 0) throw new ConfigurationError(problems);
  }

  /** Of a system for which nothing is set: the public authorities, and no certificate of ours. */
  of(system: string): TlsNow {
    const watched = this.#systems.get(system);
    return watched === undefined ? () => NOTHING : () => watched.content.material;
  }

  get certificates(): readonly HeldCertificate[] {
    return [...this.#systems].flatMap(([system, watched]) => watched.content.certificates.map((one) => ({ system, ...one })));
  }
}

/** For a command that ends soon: nothing is read again. @throws ConfigurationError with every file that cannot be used. */
export const tlsOnce = (settings: Readonly<Record<string, unknown>>): TlsFiles =>
  new TlsFiles(settings, { nowMs: () => 0, onProblem: () => undefined, onChange: () => undefined });
