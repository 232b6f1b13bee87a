/** The part of the command line that stops and lets go. A person signs here, with a key that never leaves this machine. */
import { randomUUID, type KeyObject } from 'node:crypto';
import type { Json } from '../../../shared/kernel/json.js';
import { signAct } from '../../../shared/runtime/signing/signed-act.js';
import { stopText, type Words } from '../../../shared/runtime/stopping/stop-acts.js';
import { memberOf, rowsIn } from './decide/screens.js';
import { Refused, type Ask } from './decide/asked.js';

export type StopTools = {
  readonly ask: Ask;
  /** The person's own key. @throws when there is none. */
  readonly privateKey: () => KeyObject;
};

const text = (row: Json, key: string): string => {
  const value = memberOf(row, key);
  return typeof value === 'string' ? value : '';
};
const texts = (row: Json, key: string): readonly string[] => {
  const value = memberOf(row, key);
  return Array.isArray(value) ? (value as readonly Json[]).filter((one) => typeof one === 'string') : [];
};

const signed = ({ privateKey }: StopTools, act: Words, part: 'asks' | 'approves', name: string): string =>
  signAct(privateKey(), stopText(act), part, name);

/** Returns when nothing of this scope leaves any more. */
export const stopNow = async (tools: StopTools, scope: string, why: string): Promise<Json> => {
  const name = text(await tools.ask('GET', '/stops'), 'you');
  const act: Words = { actId: randomUUID(), does: 'stops', scope, ends: [], why };
  return tools.ask('POST', '/stops', { actId: act.actId, scope, why, signature: signed(tools, act, 'asks', name) });
};

/** Asks for the end of every stop of this scope that stands now. A later one is not ended by it. */
export const askToResume = async (tools: StopTools, scope: string, why: string): Promise<Json> => {
  const now = await tools.ask('GET', '/stops');
  const ends = rowsIn(now, 'standing')
    .filter((row) => text(row, 'scope') === scope)
    .map((row) => text(row, 'actId'));
  if (ends.length === 0) throw new Refused(`nothing stops ${scope}: see \`stops list\``);
  const act: Words = { actId: randomUUID(), does: 'resumes', scope, ends, why };
  const signature = signed(tools, act, 'asks', text(now, 'you'));
  return tools.ask('POST', '/stops/resume', { actId: act.actId, scope, ends, why, signature });
};

/** `id`: of the act, or its scope. What is signed is what the list has shown. */
export const approveResume = async (tools: StopTools, id: string): Promise<Json> => {
  const now = await tools.ask('GET', '/stops');
  const meant = rowsIn(now, 'waiting').filter((row) => text(row, 'actId') === id || text(row, 'scope') === id);
  const [asked] = meant;
  if (asked === undefined) throw new Refused(`nothing of this id waits for a second person: see \`stops list\``);
  if (meant.length > 1) throw new Refused(`several acts are meant; approve by id: ${meant.map((row) => text(row, 'actId')).join(', ')}`);
  const act: Words = {
    actId: text(asked, 'actId'),
    does: 'resumes',
    scope: text(asked, 'scope'),
    ends: texts(asked, 'ends'),
    why: text(asked, 'why'),
  };
  return tools.ask('POST', '/stops/approve', { actId: act.actId, signature: signed(tools, act, 'approves', text(now, 'you')) });
};
