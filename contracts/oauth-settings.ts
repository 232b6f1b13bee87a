/** The names under which the environment says how a token is asked for: `<SYSTEM>_OAUTH_TOKEN_URL` and what belongs to it. */
import { z } from 'zod';
import { tlsSettings, type TlsSettings } from './tls-settings.js';

type Part = 'TOKEN_URL' | 'CLIENT_ID' | 'CLIENT_SECRET' | 'SCOPE';
export type OauthSettings<System extends string> = {
  readonly [P in Part as `${System}_OAUTH_${P}`]: z.ZodOptional<z.ZodString>;
} & TlsSettings<`${System}_OAUTH`>;

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/**
 * @param who the system, in words: descriptions are made of it.
 * @param secret how a secret is judged.
 */
export const oauthSettings = <const System extends string>(system: System, who: string, secret: z.ZodString): OauthSettings<System> => {
  const name = `${system}_OAUTH` as const;
  return {
    [`${name}_TOKEN_URL`]: z
      .string()
      .refine(isHttp, 'must be an http(s) address')
      .optional()
      .meta({ description: `where a token for ${who} is asked for by OAuth2 client credentials (RFC 6749, section 4.4)` }),
    [`${name}_CLIENT_ID`]: z
      .string()
      .min(1)
      .optional()
      .meta({ description: `our name at the token server of ${who}` }),
    [`${name}_CLIENT_SECRET`]: secret.optional().meta({ secret: true, description: `our secret at the token server of ${who}` }),
    [`${name}_SCOPE`]: z
      .string()
      .min(1)
      .optional()
      .meta({ description: `scope that is asked for, where ${who} wants one` }),
    ...tlsSettings(name, `the token server of ${who}`),
  } as unknown as OauthSettings<System>;
};

/** What is missing of it, by name; `values` as they stand in the environment. */
export const oauthMissing = (system: string, values: Readonly<Record<string, unknown>>): readonly string[] =>
  ['TOKEN_URL', 'CLIENT_ID', 'CLIENT_SECRET'].map((part) => `${system}_OAUTH_${part}`).filter((name) => values[name] === undefined);
