import { describe, expect, it } from '@jest/globals';
import { commandsIn, unknownOptions, unknownScripts, type PageCommand } from './page-commands.js';
import { ourFiles, readOurs } from './repository.js';

const only = (text: string): PageCommand => commandsIn({ path: 'a.md', text })[0]!;
const { scripts } = JSON.parse(readOurs('package.json')) as { scripts: Readonly<Record<string, string>> };

describe('a command in a page', () => {
  it.each([
    ['`npm test`', 'test', [], []],
    ['`npm test -- --only int`', 'test', [], ['--only']],
    ['npm run test:unit -- --testPathPatterns kernel -t x', 'test:unit', [], ['--testPathPatterns']],
    ['npm run --silent simulate -- --seed 1 | grep --label x', 'simulate', [], ['--seed']],
    ['npm run demo -- --once   # not --this', 'demo', [], ['--once']],
    ['npm run migrate && other --flag', 'migrate', [], []],
    ['npm run services -- gateway withdrawal', 'services', [], []],
    ['npm run operator -- dead-letters replay ID --why "..."', 'operator', ['dead-letters', 'replay'], ['--why']],
    ['npm run operator -- journeys list [--ended | --all] [--limit N]', 'operator', ['journeys', 'list'], ['--ended', '--all', '--limit']],
    ['`npm run operator -- audit verify` | --next-cell', 'operator', ['audit', 'verify'], []],
  ])('%s is read', (text, script, words, options) => {
    expect(only(text)).toMatchObject({ script, words, options });
  });

  it.each(['npm run <name> -- --help', '<!-- npm run later -->', 'npm running', 'npx jest'])('%s is none', (text) => {
    expect(commandsIn({ path: 'a.md', text })).toEqual([]);
  });

  it('of a script that does not exist is found', () => {
    expect(unknownScripts([only('npm run dance -- --fast')], new Set(['demo']))).toEqual([
      'a.md: "npm run dance -- --fast": there is no script dance',
    ]);
  });

  it('with an option that its help does not name is found', () => {
    expect(unknownOptions(only('npm run demo -- --fast --once'), '--faster N, --once')).toEqual([
      'a.md: "npm run demo -- --fast --once": its help does not name --fast',
    ]);
  });

  it('names a script that exists, in every page here', () => {
    const commands = [{ path: 'README.md', text: readOurs('README.md') }, ...ourFiles(/\.md$/)].flatMap(commandsIn);
    expect(commands.length).toBeGreaterThan(50);
    expect(unknownScripts(commands, new Set(Object.keys(scripts)))).toEqual([]);
  });
});
