/**
 * `npm run attack -- --peel`: each guard of an attack alone must refuse it, and without all of them it must succeed. So no guard hides
 * behind another one, and no attack is one that would fail anyhow. Runs a test build, made in a copy of the sources.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makeRunFolder } from '../../infra/sandbox/run-folder.js';
import { compileCopy } from '../support/compile-copy.js';
import { copySources } from '../faults/copy-sources.js';
import type { Edit } from '../faults/rows.js';
import type { Attack } from './attack.js';
import { attacks } from './attacks/all.js';
import { carryOut } from './carry-out.js';
import { guardNamed, guardNames, type GuardName } from './guards.js';
import { PEELED_FILE } from './peeled.js';
import { inWords, type Say } from './run.js';
import { Stage } from './stage.js';

const distinctEdits = (): readonly Edit[] => {
  const all = guardNames.flatMap((name) => guardNamed(name).edits ?? []);
  return [...new Map(all.map((edit) => [`${edit.file} ${edit.find}`, edit])).values()];
};

/** Puts the question of each guard into the sources of this copy, and compiles it. @throws where an edit does not fit any more. */
const buildPeelable = (root: string): void => {
  for (const { file, find, replace } of distinctEdits()) {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`a guard does not fit its source any more: ${file}: ${find}`);
    const from = relative(dirname(join(root, file)), join(root, 'test/attack/peeled.js')).replaceAll('\\', '/');
    const asks = `import { peeled } from '${from}';\n`;
    const edited = text.replace(find, () => replace);
    writeFileSync(path, edited.includes(asks) ? edited : asks + edited);
  }
  compileCopy(root);
};

class Peel {
  readonly #stage: Stage;
  readonly #file: string;

  constructor(stage: Stage, file: string) {
    this.#stage = stage;
    this.#file = file;
  }

  async run(attack: Attack, standing: readonly GuardName[]): ReturnType<typeof carryOut> {
    const off = attack.guards.filter((name) => !standing.includes(name));
    writeFileSync(this.#file, JSON.stringify(off));
    const outside = off.flatMap((name) => guardNamed(name).outside ?? []);
    for (const one of outside) await one.off(this.#stage);
    try {
      return await carryOut(this.#stage, attack, standing);
    } finally {
      for (const one of outside) await one.on(this.#stage);
      writeFileSync(this.#file, '[]');
    }
  }
}

type Peeled = { readonly held: readonly GuardName[]; readonly wrong: number };

/** With each guard alone, then with none. */
const peelOne = async (peel: Peel, attack: Attack, say: Say): Promise<Peeled> => {
  say(`${attack.mark.padEnd(4)} ${attack.as}: ${attack.name}`);
  const held: GuardName[] = [];
  for (const name of attack.guards) {
    const outcome = await peel.run(attack, [name]);
    if (outcome.end === 'refused') held.push(name);
    say(`     only ${name.padEnd(18)} ${inWords(outcome)}`);
  }
  const outcome = await peel.run(attack, []);
  const isAttack = outcome.end === 'succeeded';
  say(`     none ${''.padEnd(18)} ${inWords(outcome)}${isAttack ? '' : '  (IT SHOULD HAVE SUCCEEDED)'}`);
  return { held, wrong: attack.guards.length - held.length + (isAttack ? 0 : 1) };
};

const peelAll = async (peel: Peel, chosen: readonly Attack[], say: Say): Promise<number> => {
  const held = new Set<GuardName>();
  let wrong = 0;
  for (const attack of chosen.filter(({ guards }) => guards.length > 0)) {
    const one = await peelOne(peel, attack, say);
    for (const name of one.held) held.add(name);
    wrong += one.wrong;
  }
  say(`${String(held.size)} guards held by themselves; ${String(wrong)} runs ended otherwise than they should`);
  return wrong === 0 ? 0 : 1;
};

/** Exit code: 0 when each guard holds by itself, and each attack is one. */
export const runPeel = async (root: string, say: Say, chosen: readonly Attack[] = attacks): Promise<number> => {
  const folder = makeRunFolder('peel');
  try {
    say('a test build whose guards can be taken out ...');
    copySources(root, folder.path);
    buildPeelable(folder.path);
    const file = join(folder.path, 'peeled.json');
    writeFileSync(file, '[]');
    say('Kafka, Postgres, the outside world and every service ...');
    const stage = await Stage.start({ build: folder.path, env: { [PEELED_FILE]: file } });
    try {
      return await peelAll(new Peel(stage, file), chosen, say);
    } finally {
      await stage.stop();
    }
  } finally {
    folder.remove();
  }
};
