/** The ports of a service, made of its settings. */
import type { HttpLogEntry } from './http/http.js';

type Log = (entry: HttpLogEntry) => void;
type Make = (settings: never, log: Log) => unknown;
/** All that these adapters read, together. */
type SettingsOf<M extends Readonly<Record<string, Make>>> = {
  readonly [Port in keyof M]: (settings: Parameters<M[Port]>[0]) => void;
}[keyof M] extends (settings: infer All) => void
  ? All
  : never;

/** Each port by its name, with how it is made. Every request is written to the log of the service, where that listens to such detail. */
export const portsOf = <const M extends Readonly<Record<string, Make>>>(
  settings: SettingsOf<M>,
  log: { readonly debug: (entry: object, message: string) => void },
  makers: M,
): { readonly [Port in keyof M]: ReturnType<M[Port]> } => {
  const asked: Log = (entry) => {
    log.debug(entry, 'asked');
  };
  const made = Object.entries<Make>(makers).map(([port, make]) => [port, make(settings as never, asked)]);
  return Object.fromEntries(made) as { readonly [Port in keyof M]: ReturnType<M[Port]> };
};
