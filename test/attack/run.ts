/** `npm run attack`: every attack against a sandbox, and what each has reached. */
import { attacks } from './attacks/all.js';
import type { Attack, Outcome } from './attack.js';
import { carryOut } from './carry-out.js';
import { Stage } from './stage.js';

export type Say = (line: string) => void;

const WIDEST_TRACE = 160;

export const inWords = (outcome: Outcome): string => {
  switch (outcome.end) {
    case 'refused':
      return `refused     ${outcome.trace.slice(0, WIDEST_TRACE)}`;
    case 'unseen':
      return 'UNSEEN      it has reached nothing, and nobody sees that it was tried';
    case 'succeeded':
      return `SUCCEEDED   ${outcome.reached.slice(0, WIDEST_TRACE)}`;
  }
};

const lineOf = ({ mark, as, name }: Attack, outcome: Outcome): string => `${mark.padEnd(4)} ${as}: ${name}\n     ${inWords(outcome)}`;

/** Exit code: 0 when all were refused, and each left a trace. */
export const runAttacks = async (say: Say, chosen: readonly Attack[] = attacks): Promise<number> => {
  say('Kafka, Postgres, the outside world and every service ...');
  const stage = await Stage.start();
  try {
    let refused = 0;
    for (const attack of chosen) {
      const outcome = await carryOut(stage, attack);
      if (outcome.end === 'refused') refused++;
      say(lineOf(attack, outcome));
    }
    say(`${String(chosen.length)} attacks, ${String(refused)} refused and seen, ${String(chosen.length - refused)} not`);
    return refused === chosen.length ? 0 : 1;
  } finally {
    await stage.stop();
  }
};
