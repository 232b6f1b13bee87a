/** One name in all its forms, and names that cannot be taken. */
import { WrongUsage } from '../sandbox/wrong-usage.js';

export type Names = {
  /** As it was given: of folders, topics' readers, flows. */
  readonly kebab: string;
  readonly camel: string;
  readonly pascal: string;
  /** Of names in the environment. */
  readonly constant: string;
  /** Of a schema. */
  readonly snake: string;
};

const GOOD_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST = 30;
/** The tidy tests refuse them in every file name. */
const SAY_NOTHING = ['util', 'utils', 'helper', 'helpers', 'manager', 'managers', 'info', 'data'];

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

/** @throws WrongUsage */
export const namesOf = (name: string): Names => {
  if (!GOOD_NAME.test(name) || name.length > LONGEST)
    throw new WrongUsage(
      `"${name}" cannot be a name: lower-case letters and digits, a letter first, words joined by "-", at most ${LONGEST} characters.`,
    );
  const words = name.split('-');
  const empty = words.find((word) => SAY_NOTHING.includes(word));
  if (empty !== undefined) throw new WrongUsage(`"${name}" cannot be a name: "${empty}" says nothing.`);
  const pascal = words.map(capital).join('');
  return {
    kebab: name,
    camel: `${pascal.charAt(0).toLowerCase()}${pascal.slice(1)}`,
    pascal,
    constant: words.join('_').toUpperCase(),
    snake: words.join('_'),
  };
};

/** Words that Postgres reads in another way where a schema is named without quotes, and schemas of its own. */
const RESERVED_BY_POSTGRES = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently
  constraint create cross default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having
  ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null
  offset on only or order outer overlaps placing primary references returning right select similar some symmetric system_user table
  tablesample then to trailing true union unique user using variadic verbose when where window with public information_schema`.split(/\s+/),
);

/** @throws WrongUsage */
export const checkSchemaName = ({ kebab, snake }: Names): void => {
  if (RESERVED_BY_POSTGRES.has(snake) || snake.startsWith('pg_') || /^current_|^session_user$/.test(snake))
    throw new WrongUsage(
      `"${kebab}" cannot be a service: Postgres keeps "${snake}" for itself, and the service's schema would have this name.`,
    );
};

const lettersOf = (text: string): readonly string[] => text.match(/[a-z]/g) ?? [];

/** Two or three letters that open the ids of no other flow's journeys. */
export const freePrefix = (names: Names, used: ReadonlySet<string>): string => {
  const letters = lettersOf(names.snake);
  const [first = 'j', ...rest] = letters;
  const alphabet = lettersOf('abcdefghijklmnopqrstuvwxyz');
  const seconds = [...rest, ...alphabet];
  const candidates = [...seconds.map((second) => first + second), ...alphabet.flatMap((a) => alphabet.map((b) => first + a + b))];
  const free = candidates.find((candidate) => !used.has(candidate));
  if (free === undefined) throw new WrongUsage(`every prefix that begins with "${first}" is taken.`);
  return free;
};
