/** The commands that our pages tell people to type. */
import type { SourceFile } from './repository.js';

export type PageCommand = {
  readonly page: string;
  /** As it stands in the page, for the message of a failure. */
  readonly text: string;
  readonly script: string;
  /** Words that choose a command inside the script, such as `dead-letters list`. */
  readonly words: readonly string[];
  /** Long options, without their values. */
  readonly options: readonly string[];
};

const COMMAND = /\bnpm (?:run (?:--silent )?([a-z][a-z:]*)|(test))(?![\w:-])([^\n`]*)/g;
const OPTION = /(?<![\w-])--[a-z][A-Za-z-]*/g;
/** The one script whose words choose a command of their own. */
const HAS_COMMANDS = 'operator';

const withoutComments = (text: string): string => text.replace(/<!--[\s\S]*?-->/g, '');
/** What belongs to the command: nothing behind a pipe, the next command, or a comment. A bar inside brackets means "or". */
const ownPart = (rest: string): string => rest.split(/ \| (?![^[\]]*\])|;|&&|\s#/)[0] ?? '';

const leadingWords = (given: string): string[] => {
  const words = given.trim().split(/\s+/);
  const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
  return end < 0 ? words : words.slice(0, end);
};

export const commandsIn = ({ path, text }: SourceFile): PageCommand[] =>
  [...withoutComments(text).matchAll(COMMAND)].map(([whole, run, test, rest = '']) => {
    const script = run ?? test ?? '';
    const given = ownPart(rest).split(/(?:^|\s)--(?=\s)/)[1] ?? '';
    return {
      page: path,
      text: whole.trim(),
      script,
      words: script === HAS_COMMANDS ? leadingWords(given) : [],
      options: [...new Set(given.match(OPTION) ?? [])],
    };
  });

/** Commands whose script does not exist. */
export const unknownScripts = (commands: readonly PageCommand[], scripts: ReadonlySet<string>): string[] =>
  commands.filter(({ script }) => !scripts.has(script)).map(({ page, text, script }) => `${page}: "${text}": there is no script ${script}`);

/** What a person types to read the help about a command. */
export const helpWords = ({ script, words }: PageCommand): readonly string[] => [script, ...words, '--help'];

const names = (help: string, option: string): boolean => new RegExp(`(?<![\\w-])${option}(?![\\w-])`).test(help);

/** Options of a command that its own help does not name. */
export const unknownOptions = ({ page, text, options }: PageCommand, help: string): string[] =>
  options
    .filter((option) => option !== '--help' && !names(help, option))
    .map((option) => `${page}: "${text}": its help does not name ${option}`);
