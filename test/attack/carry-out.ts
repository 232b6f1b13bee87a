/** Carries attacks out and judges them: by the books of those they are aimed at, and by what an operator sees. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Aim, Attack, Outcome } from './attack.js';
import { guardNamed, type GuardName } from './guards.js';
import type { Stage } from './stage.js';
import type { Mark } from './traces.js';

const LOOK_EVERY_MS = 200;
/** What an attack has not reached by then, it does not reach. Longer than a payment takes here. */
const AT_MOST_MS = 30_000;
/** Once it is seen to be refused: so long it may still get through on another way. */
const STILL_MS = 1_500;

/** Watches an attack that is under way until its end is known. */
const watch = async (stage: Stage, aim: Aim, mark: Mark, expected: readonly RegExp[]): Promise<Outcome> => {
  const overAtMs = Date.now() + AT_MOST_MS;
  let seen: { readonly line: string; readonly atMs: number } | null = null;
  for (;;) {
    const reached = await aim.reached();
    if (reached !== null) return { end: 'succeeded', reached };
    const lines: readonly string[] = seen === null ? [...(await stage.traces.since(mark, aim.portfolioId)), ...(aim.seen?.() ?? [])] : [];
    const line = lines.find((one) => expected.some((trace) => trace.test(one)));
    if (line !== undefined) seen = { line, atMs: Date.now() };
    if (seen !== null && Date.now() - seen.atMs > STILL_MS) return { end: 'refused', trace: seen.line };
    if (seen === null && Date.now() > overAtMs) return { end: 'unseen' };
    await pause(LOOK_EVERY_MS);
  }
};

/** `standing`: the guards that are there; what one of them leaves is what is looked for. */
export const carryOut = async (stage: Stage, attack: Attack, standing: readonly GuardName[] = attack.guards): Promise<Outcome> => {
  const expected = [...standing.map((name) => guardNamed(name).trace), ...(attack.trace === undefined ? [] : [attack.trace])];
  const mark = await stage.traces.mark();
  const aim = await attack.begin(stage);
  try {
    return await watch(stage, aim, mark, expected);
  } finally {
    await aim.after?.();
  }
};
