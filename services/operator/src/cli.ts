/** The operators' command line: `npm run operator -- --help`. It speaks to the operator service over HTTP and keeps nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { projectRootOf } from '../../../shared/runtime/process/state-file.js';
import { approveResume, askToResume, stopNow } from './cli-stops.js';
import { approve, askAnswer, askDiscard, askReplay, newKeys, selectionOf } from './consume/sign-acts.js';
import { DEFAULT_WAIT_SECONDS, EXIT, itemsOf, Session, Usage, whole, type CliTools, type Flags, type Shown } from './consume/session.js';
import { startEnvironment } from './config.js';
import { Refused, ServiceAway } from './decide/asked.js';
import {
  actsScreen,
  auditScreen,
  effectsScreen,
  journeysScreen,
  lettersScreen,
  memberOf,
  peopleScreen,
  previewScreen,
  refusedScreen,
  sheetScreen,
  stopsScreen,
  timelineScreen,
  verdictScreen,
} from './decide/screens.js';
import { operatorApi } from './effect/operator-api.js';

export { EXIT, type CliTools } from './consume/session.js';

const query = (values: Readonly<Record<string, string | boolean | undefined>>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== false) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
};

const count = (text: string): string => {
  if (/^[1-9]\d{0,3}$/.test(text)) return text;
  throw new InvalidArgumentError('a whole number from 1 is expected');
};
const secondsOption = (text: string): string => {
  if (/^\d{1,4}$/.test(text)) return text;
  throw new InvalidArgumentError('a whole number of seconds is expected');
};

type Action = (session: Session, flags: Flags, id: string) => Promise<void>;

const look =
  (path: (flags: Flags, id: string) => string, shown: Shown): Action =>
  async (session, flags, id) => {
    session.show(await session.ask('GET', path(flags, id)), flags, shown);
  };

/** A leaf of the tree. `argument` as commander writes it: `<id>` must be there, `[selection]` may. */
type Leaf = {
  readonly name: string;
  readonly argument?: readonly [string, string];
  readonly does: string;
  readonly options?: readonly Option[];
  readonly action: Action;
};

const limit = new Option('--limit <n>', 'at most so many').argParser(count);
const why = new Option('--why <reason>', 'why; it is written to the audit log').makeOptionMandatory();
const wait = new Option('--wait <seconds>', `wait so long for the result (default ${DEFAULT_WAIT_SECONDS})`).argParser(secondsOption);
const yes = new Option('--yes', 'do not ask: what is shown was looked at before');
const selectors = [
  new Option('--topic <topic>', 'dead letters of this topic'),
  new Option('--reason <text>', 'dead letters whose reason or error class holds this text'),
  new Option('--service <name>', 'only where this service has put it aside'),
];
const body = new Option('--body <file>', 'a corrected message value instead of the stored one; the event id must stay');

const journeyLeaves: readonly Leaf[] = [
  {
    name: 'list',
    does: 'journeys that are open, the oldest first; a portfolio that rests is not among them',
    options: [
      new Option('--status <status>', 'only in this status'),
      new Option('--overdue', 'only what should have gone on by now'),
      new Option('--portfolio <id>', 'only of this portfolio'),
      new Option('--journey <name>', 'only of this kind: withdrawal, payout, optimisation, order, portfolio, lost-request'),
      new Option('--ended', 'those that have ended instead').conflicts('all'),
      new Option('--all', 'open, resting and ended ones'),
      limit,
    ],
    action: look(
      ({ status, overdue, portfolio, journey, ended, all, limit: most }) =>
        `/journeys${query({ status, overdue, portfolio, journey, which: all === true ? 'all' : ended === true ? 'ended' : undefined, limit: most })}`,
      { json: itemsOf, screen: journeysScreen },
    ),
  },
  {
    name: 'show',
    argument: ['<id>', 'a journey, a portfolio, or the reference of a payment, cash-out, order or transaction'],
    does: 'one timeline over all services: offset, decision, request, answer, reference, posting',
    action: look((_flags, id) => `/journeys/${encodeURIComponent(id)}`, { json: whole, screen: timelineScreen }),
  },
];

const letterLeaves: readonly Leaf[] = [
  {
    name: 'list',
    does: 'messages that were put aside and wait for people',
    options: [...selectors, new Option('--all', 'also those that were decided'), limit],
    action: look(({ topic, reason, service, all, limit: most }) => `/dead-letters${query({ topic, reason, service, all, limit: most })}`, {
      json: itemsOf,
      screen: lettersScreen,
    }),
  },
  {
    name: 'show',
    argument: ['<id>', 'event id'],
    does: 'one message whole, accounts and names masked',
    action: look((_flags, id) => `/dead-letters/${encodeURIComponent(id)}`, { json: itemsOf, screen: sheetScreen }),
  },
  {
    name: 'preview',
    argument: ['[selection]', 'an event id, or all'],
    does: 'what would run, which outside systems may be called, how much money; changes nothing',
    options: [...selectors, body],
    action: async (session, flags, id) => {
      session.show(await session.ask('POST', '/dead-letters/preview', selectionOf(session, flags, id)), flags, {
        json: whole,
        screen: previewScreen,
      });
    },
  },
  {
    name: 'replay',
    argument: ['[selection]', 'an event id, or all'],
    does: 'lets them run again; what may move money waits for a second person',
    options: [...selectors, body, why, wait],
    action: askReplay,
  },
  {
    name: 'discard',
    argument: ['<id>', 'event id'],
    does: 'drops one message and opens its lane',
    options: [selectors[2] as Option, why, wait],
    action: askDiscard,
  },
  {
    name: 'approve',
    argument: ['<id>', 'number of the act, or event id'],
    does: 'the second person sees what would run, and says yes to it',
    options: [yes, wait],
    action: approve('replay-dead-letter'),
  },
];

const effectLeaves: readonly Leaf[] = [
  {
    name: 'list',
    does: 'requests to the outside that have not ended, and what people answered within a day',
    options: [
      new Option('--unknown', 'only those whose outcome nobody knows yet'),
      new Option('--parked', 'only those that wait for people'),
      new Option('--all', 'also those that have ended'),
      limit,
    ],
    action: look(({ unknown, parked, all, limit: most }) => `/effects${query({ unknown, parked, all, limit: most })}`, {
      json: itemsOf,
      screen: effectsScreen,
    }),
  },
  {
    name: 'answer',
    argument: ['<id>', 'effect id'],
    does: 'says what happened to a parked request; a second person must approve',
    options: [new Option('--evidence <text>', 'where it can be seen, such as the id at the bank').makeOptionMandatory(), wait],
    action: askAnswer,
  },
  {
    name: 'approve',
    argument: ['<id>', 'number of the act, or effect id'],
    does: 'the second person sees what would follow, and says yes to it',
    options: [yes, wait],
    action: approve('answer-effect'),
  },
];

const actLeaves: readonly Leaf[] = [
  {
    name: 'list',
    does: 'what people asked for, the newest first',
    options: [new Option('--waiting', 'only what waits for a second person'), limit],
    action: look(({ waiting, limit: most }) => `/acts${query({ waiting, limit: most })}`, { json: itemsOf, screen: actsScreen }),
  },
  {
    name: 'approve',
    argument: ['<id>', 'number of the act, or what it is about'],
    does: 'the second person sees what would happen, and says yes to it',
    options: [yes, wait],
    action: approve(undefined),
  },
  {
    name: 'refused',
    does: 'decisions that a service has not carried out: nobody signed them, or somebody sent them again',
    options: [limit],
    action: look(({ limit: most }) => `/decisions/refused${query({ limit: most })}`, { json: itemsOf, screen: refusedScreen }),
  },
  {
    name: 'withdraw',
    argument: ['<id>', 'number of the act'],
    does: 'takes back what waits for a second person',
    options: [why],
    action: async (session, flags, id) => {
      session.show(await session.ask('POST', '/acts/withdraw', { id, why: flags['why'] }), flags, { json: itemsOf, screen: actsScreen });
    },
  },
];

const auditLeaves: readonly Leaf[] = [
  {
    name: 'list',
    does: 'who did what, in order',
    options: [new Option('--after <seq>', 'only after this line').argParser(count), limit],
    action: look(({ after, limit: most }) => `/audit${query({ after, limit: most })}`, { json: itemsOf, screen: auditScreen }),
  },
  {
    name: 'verify',
    does: 'computes the chain of hashes again, compares it with every act and with the heads kept on Kafka, and names the first fault',
    action: async (session, flags) => {
      const verdict = await session.ask('GET', '/audit/verification');
      session.show(verdict, flags, { json: whole, screen: verdictScreen });
      // A log that was not compared may lack its end: whoever runs this every day must hear of it.
      if (memberOf(verdict, 'whole') !== true || memberOf(verdict, 'notCompared') !== null) session.exitCode = EXIT.refused;
    },
  },
];

const jobLeaves: readonly Leaf[] = [
  {
    name: 'show',
    argument: ['<id>', 'number of the job'],
    does: 'the result of each item of a replay',
    action: look((_flags, id) => `/jobs/${encodeURIComponent(id)}`, { json: whole, screen: actsScreen }),
  },
];

const stopsShown: Shown = { json: whole, screen: stopsScreen };
const scope = ['<scope>', 'all, service:NAME, system:NAME, operation:NAME or portfolio:ID'] as const;
/** `why` is mandatory wherever it is an option. */
const whyIn = ({ why: because }: Flags): string => String(because ?? '');

const switchLeaves: readonly Leaf[] = [
  {
    name: 'stop',
    argument: scope,
    does: 'lets nothing of this scope leave any more, in any instance, once the command returns; one person suffices',
    options: [why],
    action: async (session, flags, id) => {
      session.show(await stopNow(session.signing, id, whyIn(flags)), flags, stopsShown);
    },
  },
  {
    name: 'resume',
    argument: scope,
    does: 'asks for the end of what stops this scope now; a second person must approve (stops approve)',
    options: [why],
    action: async (session, flags, id) => {
      session.show(await askToResume(session.signing, id, whyIn(flags)), flags, stopsShown);
    },
  },
];

const peopleLeaf: Leaf = {
  name: 'people',
  does: 'who may look, act and approve: roles, the day on which the role ends, and the fingerprint of the public key',
  action: look(() => '/people', { json: itemsOf, screen: peopleScreen }),
};

const stopLeaves: readonly Leaf[] = [
  {
    name: 'list',
    does: 'what is stopped, what waits for a second person, and rows that nobody has signed',
    action: look(() => '/stops', stopsShown),
  },
  {
    name: 'approve',
    argument: ['<id>', 'id of the act, or its scope'],
    does: 'the second person says yes to a resume',
    action: async (session, flags, id) => {
      session.show(await approveResume(session.signing, id), flags, stopsShown);
    },
  },
];

const keyLeaves: readonly Leaf[] = [
  {
    name: 'new',
    argument: ['<name>', 'the person: lower case letters, digits, `.`, `_` and `-`'],
    does: 'makes a key and a token for one person, each in a file that only its owner may read, and prints the lines for OPERATORS_FILE',
    options: [new Option('--out <path>', 'PATH.key and PATH.token instead of NAME.key and NAME.token')],
    action: newKeys,
  },
];

const TREE: readonly { readonly name: string; readonly does: string; readonly leaves: readonly Leaf[] }[] = [
  { name: 'journeys', does: 'look at journeys', leaves: journeyLeaves },
  { name: 'dead-letters', does: 'messages that could not be handled', leaves: letterLeaves },
  { name: 'effects', does: 'requests to bank, broker and InvestSuite', leaves: effectLeaves },
  { name: 'stops', does: 'what people have stopped', leaves: stopLeaves },
  { name: 'acts', does: 'what people asked for', leaves: actLeaves },
  { name: 'jobs', does: 'results of a replay', leaves: jobLeaves },
  { name: 'audit', does: 'the log of every act', leaves: auditLeaves },
  { name: 'keys', does: 'keys of people', leaves: keyLeaves },
];

const grow = (group: Command, leaf: Leaf, session: Session): void => {
  const command = group.command(leaf.name).description(leaf.does);
  if (leaf.argument !== undefined) command.argument(...leaf.argument);
  const answers = leaf.name === 'answer';
  if (answers) command.addArgument(command.createArgument('<answer>', 'what happened').choices(['applied', 'rejected', 'send-again']));
  for (const option of leaf.options ?? []) command.addOption(option);
  command.option('--json', 'print JSON');
  command.action(async () => {
    const [id = '', answer] = command.args;
    await leaf.action(session, { ...command.opts<Flags>(), ...(answers ? { answer } : {}) }, id);
  });
};

const programOf = (tools: CliTools, session: Session): Command => {
  const program = new Command('operator').description(
    'Look at journeys, decide what waits for people. Who acts is a named operator; every act is logged.',
  );
  program.addHelpText(
    'after',
    '\nIt finds the service by OPERATOR_URL and OPERATOR_TOKEN (or OPERATOR_TOKEN_FILE), or the demo that runs from this folder.\nAn act is signed with your own key: OPERATOR_KEY_FILE.\nExit: 0 done, 1 refused or failed, 2 wrong usage, 69 the service is away.\n',
  );
  program.exitOverride().configureOutput({ writeOut: tools.write, writeErr: tools.warn });
  for (const { name, does, leaves } of TREE) {
    const group = program.command(name).description(does);
    for (const leaf of leaves) grow(group, leaf, session);
  }
  for (const leaf of [...switchLeaves, peopleLeaf]) grow(program, leaf, session);
  return program;
};

const exitCodeOf = (error: unknown, warn: (text: string) => void): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  warn(`operator: ${error instanceof Error ? error.message : 'unknown trouble'}\n`);
  if (error instanceof Usage) return EXIT.usage;
  if (error instanceof ServiceAway) return EXIT.away;
  if (error instanceof Refused) return EXIT.refused;
  return EXIT.refused;
};

/** Runs one command and says how the process should exit. Never throws. */
export const runCli = async (tools: CliTools): Promise<number> => {
  const session = new Session(tools, operatorApi(tools.fetch));
  try {
    await programOf(tools, session).parseAsync([...tools.argv], { from: 'user' });
    return session.exitCode;
  } catch (error) {
    return exitCodeOf(error, tools.warn);
  }
};

const askPerson = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
};

const main = async (): Promise<void> => {
  process.exitCode = await runCli({
    argv: process.argv.slice(2),
    environment: startEnvironment,
    fetch,
    write: (text) => {
      process.stdout.write(text);
    },
    warn: (text) => {
      process.stderr.write(text);
    },
    readFile: (path) => readFileSync(path, 'utf8'),
    writeSecret: (path, text) => {
      writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
    },
    prompt: process.stdin.isTTY ? askPerson : null,
    nowMs: Date.now,
    projectRoot: projectRootOf(__dirname),
    pause: (waitMs) =>
      new Promise((resolve) => {
        setTimeout(resolve, waitMs);
      }),
  });
};

if (require.main === module) void main();
