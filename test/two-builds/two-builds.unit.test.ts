import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { readArguments } from './arguments.js';
import { withOneMoreUpgrade } from './next-build.js';

describe('the words behind npm run two-builds', () => {
  it('replace this build by a later one, side by side, unless they say otherwise', () => {
    expect(readArguments([])).toEqual({ kind: 'run', arguments: { how: 'rolling', from: null, customers: 40, seed: 1, keep: false } });
    expect(readArguments(['--how', 'stop-all', '--from', '/builds/first', '--customers', '5'])).toMatchObject({
      arguments: { how: 'stop-all', from: '/builds/first', customers: 5 },
    });
  });
  it.each([['--how', 'slowly'], ['--customers', '0'], ['--customers', 'many'], ['extra']])(
    'are refused where they are wrong: %s %s',
    (...words) => {
      expect(readArguments(words.filter((word) => typeof word === 'string'))).toMatchObject({ kind: 'wrong' });
    },
  );
  it('explain themselves', () => {
    expect(readArguments(['--help'])).toMatchObject({ kind: 'show' });
  });
});

describe('the next build', () => {
  const wires = readdirSync(join(projectRoot, 'services'))
    .map((name) => readFileSync(join(projectRoot, 'services', name, 'src/wire.ts'), 'utf8'))
    .filter((text) => text.includes('upgrades:'));
  it('has one more upgrade in every flow of ours', () => {
    expect(wires.length).toBeGreaterThan(3);
    for (const text of wires) {
      const flows = text.match(/\bupgrades:/g)?.length ?? 0;
      expect(withOneMoreUpgrade(text, 'wire.ts').match(/upgrades: \[\.\.\.[^\n]+, \(old\) => old\]/g)).toHaveLength(flows);
    }
  });
  it('is not made where a list of upgrades cannot be read', () => {
    expect(() => withOneMoreUpgrade('bind({ upgrades: known.concat(more), })', 'wire.ts')).toThrow('wire.ts');
  });
});
