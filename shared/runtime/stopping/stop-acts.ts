/**
 * What people sign to stop, and to go on: the rows of `public.stop_act`. Nobody believes a row. Each reader checks the signatures by
 * itself, with the keys of OPERATORS_FILE, which neither the operator service nor its database role can forge.
 */
import type { ActText, Signed } from '../signing/signed-act.js';

/** What a stop can be about, from the widest to the narrowest. `operation` is the name of an effect. */
export const SCOPE_KINDS = ['service', 'system', 'operation', 'portfolio'] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];
export type Scope = { readonly kind: 'all' } | { readonly kind: ScopeKind; readonly name: string };

const SCOPE = /^(service|system|operation|portfolio):([\x21-\x7e]{1,200})$/;

/** `all`, or `kind:name`. Null for anything else: a scope that nobody understands would stop nothing. */
export const parseScope = (text: string): Scope | null => {
  if (text === 'all') return { kind: 'all' };
  const [, kind, name] = SCOPE.exec(text) ?? [];
  return kind === undefined || name === undefined ? null : { kind: kind as ScopeKind, name };
};

/** One row. `ends`: the acts that a resume ends, by their ids, so that it says nothing about a stop that comes later. */
export type StopAct = {
  readonly seq: string;
  readonly actId: string;
  readonly does: 'stops' | 'resumes';
  readonly scope: string;
  readonly ends: readonly string[];
  readonly why: string;
  readonly by: Signed;
  readonly approvedBy: Signed | null;
  /** When the database took it in, in ms since the epoch. Only shown and counted: no order between rows rests on it. */
  readonly atMs: number;
};
export type Words = Pick<StopAct, 'actId' | 'does' | 'scope' | 'ends' | 'why'>;

/** The text that is signed: every fact of the row but the signatures, its number and its time. */
export const stopText = ({ actId, does, scope, ends, why }: Words): ActText => ({
  actId,
  kind: does === 'stops' ? 'stop' : 'resume',
  about: does === 'stops' ? { scope, why } : { scope, why, ends: [...ends].sort().join(',') },
});
