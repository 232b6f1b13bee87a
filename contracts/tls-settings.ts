/** The names under which the environment says how TLS is spoken with one system: `<SYSTEM>_CA_FILE` and two more. */
import { z } from 'zod';

export const TLS_PARTS = ['CA_FILE', 'CLIENT_CERT_FILE', 'CLIENT_KEY_FILE'] as const;
export type TlsPart = (typeof TLS_PARTS)[number];
export type TlsSettings<System extends string> = { readonly [Part in TlsPart as `${System}_${Part}`]: z.ZodOptional<z.ZodString> };

const MEANING: Readonly<Record<TlsPart, (who: string) => string>> = {
  CA_FILE: (who) => `PEM file of the authorities that ${who} is believed by, instead of the public ones; read again when it changes`,
  CLIENT_CERT_FILE: (who) => `PEM file of our certificate at ${who}, with those up to its authority; read again when it changes`,
  CLIENT_KEY_FILE: (who) => `PEM file of the private key of our certificate at ${who}, without a passphrase`,
};

/** @param who the system, in words: descriptions are made of it. */
export const tlsSettings = <const System extends string>(system: System, who: string): TlsSettings<System> =>
  Object.fromEntries(
    TLS_PARTS.map((part) => [
      `${system}_${part}`,
      z
        .string()
        .min(1)
        .optional()
        .meta({ description: MEANING[part](who) }),
    ]),
  ) as TlsSettings<System>;
