/** The ports of a service, made of its settings. */
import type { TlsNow } from '../kernel/tls.js';
import type { Outside } from './http/http.js';

type Make = (settings: never, outside: Outside) => unknown;
/** All that these adapters read, together. */
type SettingsOf<M extends Readonly<Record<string, Make>>> = {
  readonly [Port in keyof M]: (settings: Parameters<M[Port]>[0]) => void;
}[keyof M] extends (settings: infer All) => void
  ? All
  : never;
type Tools = { readonly log: { readonly debug: (entry: object, message: string) => void }; readonly tls: (system: string) => TlsNow };

/** Each port by its name, with how it is made. Every request is written to the log of the service, where that listens to such detail. */
export const portsOf = <const M extends Readonly<Record<string, Make>>>(
  settings: SettingsOf<M>,
  { log, tls }: Tools,
  makers: M,
): { readonly [Port in keyof M]: ReturnType<M[Port]> } => {
  const outside: Outside = {
    log: (entry) => {
      log.debug(entry, 'asked');
    },
    tls,
  };
  const made = Object.entries<Make>(makers).map(([port, make]) => [port, make(settings as never, outside)]);
  return Object.fromEntries(made) as { readonly [Port in keyof M]: ReturnType<M[Port]> };
};
