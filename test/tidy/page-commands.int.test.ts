import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandsIn, helpWords, unknownOptions, type PageCommand } from './page-commands.js';
import { ourFiles, readOurs, repositoryRoot } from './repository.js';

const run = promisify(execFile);
/** As `npm run` starts it: this builds first when a source is newer, so it is no unit test. */
const helpOf = async (words: readonly string[]): Promise<string> => {
  const { stdout } = await run(process.execPath, [join(repositoryRoot, 'infra/tooling/run.mjs'), ...words], { encoding: 'utf8' });
  return stdout;
};

const commands = [{ path: 'README.md', text: readOurs('README.md') }, ...ourFiles(/\.md$/)].flatMap(commandsIn);
const explainedBy = (words: string): PageCommand[] => commands.filter((command) => helpWords(command).join(' ') === words);

describe('the commands in our pages', () => {
  it.each([...new Set(commands.map((command) => helpWords(command).join(' ')))])(
    'have no option that "%s" does not name',
    async (words) => {
      const help = await helpOf(words.split(' '));
      expect(help).not.toBe('');
      expect(explainedBy(words).flatMap((command) => unknownOptions(command, help))).toEqual([]);
    },
    300_000,
  );
});
