/** People with keys of their own, as OPERATORS_FILE names them. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { publicKeyText } from '../../shared/runtime/signing/ed25519.js';
import type { Operator, OperatorRole } from '../../shared/runtime/signing/operators-file.js';
import { signAct } from '../../shared/runtime/signing/signed-act.js';
import { stopText, type StopAct } from '../../shared/runtime/stopping/stop-acts.js';

export type Person = { readonly name: string; readonly key: KeyObject; readonly roles: readonly OperatorRole[]; readonly expires: string };

export const person = (name: string, roles: readonly OperatorRole[] = ['look', 'act', 'approve'], expires = '2999-01-01'): Person => ({
  ...{ name, roles, expires },
  key: generateKeyPairSync('ed25519').privateKey,
});
export const pemOf = ({ key }: Person): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** The content of OPERATORS_FILE. `tokens`: by name; without one a person has no login. */
export const operatorsFileOf = (people: readonly Person[], tokens: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({
    operators: people.map(({ name, key, roles, expires }) => {
      const token = tokens[name];
      const tokenHash = token === undefined ? null : createHash('sha256').update(token).digest('hex');
      return { name, roles, expires, tokenHash, publicKey: publicKeyText(key) };
    }),
  });

/** As the file would say it at a time, in ms since the epoch. */
export const personAtOf =
  (people: readonly Person[]) =>
  (name: string, atMs: number): Operator | null => {
    const one = people.find((known) => known.name === name);
    if (one === undefined || atMs >= Date.parse(`${one.expires}T00:00:00Z`)) return null;
    const { roles, expires } = one;
    return { name, roles: [...roles], expires, tokenHash: null, publicKey: createPublicKey(one.key) };
  };

type Row = Partial<Omit<StopAct, 'by' | 'approvedBy'>>;
const unsigned = (row: Row): Omit<StopAct, 'by' | 'approvedBy'> => ({
  ...{
    seq: '1',
    actId: 'stop-0000-0000-0001',
    does: 'stops',
    scope: 'all',
    ends: [],
    why: 'a test',
    atMs: Date.parse('2026-03-04T10:00:00Z'),
  },
  ...row,
});

/** A row that one person has signed. */
export const stopBy = (by: Person, row: Row = {}): StopAct => {
  const act = unsigned(row);
  return { ...act, by: { name: by.name, signature: signAct(by.key, stopText(act), 'asks', by.name) }, approvedBy: null };
};
/** A row that two people have signed; it ends `stop`. */
export const resumeBy = (by: Person, approvedBy: Person, stop: Pick<StopAct, 'actId' | 'scope'>, row: Row = {}): StopAct => {
  const act = unsigned({ ...{ seq: '2', actId: 'resume-0000-0000-0002', does: 'resumes', scope: stop.scope, ends: [stop.actId] }, ...row });
  return {
    ...act,
    by: { name: by.name, signature: signAct(by.key, stopText(act), 'asks', by.name) },
    approvedBy: { name: approvedBy.name, signature: signAct(approvedBy.key, stopText(act), 'approves', approvedBy.name) },
  };
};
