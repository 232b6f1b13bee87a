/** What people stop, and let go again. Instants are ISO 8601 UTC text. */
import { operations, systemNames } from '../../../../contracts/internal/operations.js';
import { engineServiceNames, isServiceName } from '../../../../contracts/internal/services.js';

/** A stop that stands. */
export type StandingStop = {
  readonly actId: string;
  readonly scope: string;
  readonly why: string;
  readonly by: string;
  readonly since: string;
};
/** A resume that one person has asked for. `ends`: the ids of the stops that it would end. */
export type WaitingResume = {
  readonly actId: string;
  readonly scope: string;
  readonly ends: readonly string[];
  readonly why: string;
  readonly by: string;
  readonly at: string;
};
/** A row among the stops that does not count. */
export type RefusedRow = {
  readonly seq: string;
  readonly does: string;
  readonly scope: string;
  readonly at: string;
  readonly problem: string;
};
export type StopsShown = {
  readonly standing: readonly StandingStop[];
  readonly waiting: readonly WaitingResume[];
  readonly refused: readonly RefusedRow[];
};

/** One signature, and whose it is. */
export type Signature = { readonly name: string; readonly signature: string };
export type NewStop = { readonly actId: string; readonly scope: string; readonly why: string; readonly by: Signature };
export type NewResume = NewStop & { readonly ends: readonly string[] };

/** What the service keeps of stops. The rows carry signatures of people: whoever acts on them checks those. */
export type Stopping = {
  readonly shown: () => Promise<StopsShown>;
  /** Resolves after the commit. */
  readonly stop: (stop: NewStop) => Promise<void>;
  readonly ask: (resume: NewResume) => Promise<void>;
  /** Null when nobody has asked for it. */
  readonly asked: (actId: string) => Promise<NewResume | null>;
  readonly resume: (resume: NewResume, approvedBy: Signature) => Promise<void>;
};

const NAMED = /^(service|system|operation|portfolio):(.+)$/;
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  service: engineServiceNames,
  system: systemNames,
  operation: operations,
};

/** Why a scope would stop nothing; null when it is one. In an emergency nobody sees a word that is spelt wrongly. */
export const scopeProblem = (scope: string): string | null => {
  if (scope === 'all') return null;
  const [, kind = '', name = ''] = NAMED.exec(scope) ?? [];
  if (kind === '') return 'a scope is all, service:NAME, system:NAME, operation:NAME or portfolio:ID';
  if (kind === 'portfolio') return /^[\x21-\x7e]{1,200}$/.test(name) ? null : 'a portfolio is named by its id, without blanks';
  if (KNOWN[kind]?.includes(name) === true) return null;
  const sendsNothing = kind === 'service' && isServiceName(name) ? `${name} sends nothing to the outside; ` : '';
  return `${sendsNothing}${kind} is one of ${(KNOWN[kind] ?? []).join(', ')}`;
};
