/** What the command line shows to people. Pure: from the service's answer to lines of text. */
import { JsonNumber, printJson, type Json } from '../../../../shared/kernel/json.js';

type Row = { readonly [key: string]: Json };
const isRow = (value: Json | undefined): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

export const rowsIn = (answer: Json, key: string): readonly Row[] => {
  const list = isRow(answer) ? answer[key] : undefined;
  return Array.isArray(list) ? (list as readonly Json[]).filter(isRow) : [];
};
export const memberOf = (answer: Json, key: string): Json => (isRow(answer) ? (answer[key] ?? null) : null);

/** Text from outside must not steer the terminal. */
export const harmless = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

const said = (value: Json | undefined): string => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return harmless(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return harmless(printJson(value));
};
const cell = (row: Json, key: string): string => said(memberOf(row, key));
/** How often a request left, and how often the other side was asked: never one figure for both. */
const timesIn = (entry: Json): string => {
  const [sent, asked] = [cell(entry, 'sent'), cell(entry, 'asked')];
  return [...(sent === '0' ? [] : [`sent ${sent}x`]), ...(asked === '0' ? [] : [`asked ${asked}x`])].join(', ');
};

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].map((text) => `${text}\n`).join('');
};

const listing = (rows: readonly Row[], none: string, head: readonly string[], cells: (row: Row) => readonly string[]): string =>
  rows.length === 0 ? `${none}\n` : table(head, rows.map(cells));

const money = (row: Json): string => `${cell(row, 'amount')} ${cell(row, 'currency')}`.trim();
const seconds = (text: string): string => text.replace(/\.\d{3}Z$/, 'Z');

export const journeysScreen = (answer: Json): string =>
  listing(
    rowsIn(answer, 'items'),
    'no journey fits',
    ['ID', 'JOURNEY', 'PORTFOLIO', 'STATUS', 'AMOUNT', 'SINCE', 'WAITS FOR', 'OWNED BY', 'REASON'],
    (row) => [
      cell(row, 'id'),
      cell(row, 'journey'),
      cell(row, 'portfolioId'),
      cell(row, 'status'),
      money(row),
      seconds(cell(row, 'since')),
      cell(row, 'waitsFor'),
      cell(row, 'ownedBy'),
      cell(row, 'reason'),
    ],
  );

const pairs = (value: Json): string =>
  isRow(value)
    ? Object.entries(value)
        .map(([key, member]) => `${key} ${said(member)}`)
        .join(', ')
    : said(value);

const entryText = (entry: Row): string => {
  const note = cell(entry, 'note') === '' ? '' : `  (${cell(entry, 'note')})`;
  switch (cell(entry, 'step')) {
    case 'event':
      return `${cell(entry, 'source') || 'from within'}  event ${cell(entry, 'eventId')}${note}`;
    case 'quarantined':
      return `${cell(entry, 'source') || 'from within'}  event ${cell(entry, 'eventId')}: ${cell(entry, 'reason')}${cell(entry, 'resolution') === '' ? '' : `  (${cell(entry, 'resolution')})`}`;
    case 'decision':
      return `${cell(entry, 'occasion')} -> ${cell(entry, 'status')}${note}`;
    case 'said':
      return `${cell(entry, 'topic')}  event ${cell(entry, 'eventId')}${cell(entry, 'sentAt') === '' ? '  (not sent yet)' : ''}`;
    case 'request':
      return `${cell(entry, 'effect')} (${cell(entry, 'kind')}, ${cell(entry, 'status')}, ${timesIn(entry)}) ${said(entry['request'])}`;
    case 'answer':
      return `${cell(entry, 'effect')} ${cell(entry, 'occasion')} ${said(entry['result'])}${note}`;
    case 'reference':
      return `${cell(entry, 'effect')}: ${pairs(entry['references'] ?? null)}`;
    case 'posting':
      return `${cell(entry, 'effect')}: ${pairs(entry['references'] ?? null)}${cell(entry, 'bookedAt') === '' ? '' : `, booked ${cell(entry, 'bookedAt')}`}`;
    default:
      return said(entry);
  }
};

export const timelineScreen = (answer: Json): string => {
  const journeys = listing(rowsIn(answer, 'journeys'), 'no journey', ['ID', 'JOURNEY', 'STATUS', 'AMOUNT', 'ENDED', 'REASON'], (row) => [
    cell(row, 'id'),
    cell(row, 'journey'),
    cell(row, 'status'),
    money(row),
    cell(row, 'ended'),
    cell(row, 'reason'),
  ]);
  const entries = table(
    ['AT', 'SERVICE', 'STEP', 'WHAT'],
    rowsIn(answer, 'timeline').map((entry) => [cell(entry, 'at'), cell(entry, 'service'), cell(entry, 'step'), entryText(entry)]),
  );
  return `portfolio ${cell(answer, 'portfolioId')}\n\n${journeys}\n${entries}${memberOf(answer, 'cut') === true ? '(there is more than is shown)\n' : ''}`;
};

export const lettersScreen = (answer: Json): string =>
  listing(
    rowsIn(answer, 'items'),
    'no dead letter',
    ['EVENT ID', 'SERVICE', 'TOPIC', 'FROM', 'PORTFOLIO', 'WAITING', 'SINCE', 'REASON'],
    (row) => [
      cell(row, 'eventId'),
      cell(row, 'service'),
      cell(row, 'topic'),
      cell(row, 'source'),
      cell(row, 'portfolioId'),
      cell(row, 'waiting'),
      seconds(cell(row, 'firstSeen')),
      `${cell(row, 'reason')}${cell(row, 'resolution') === '' ? '' : `  (${cell(row, 'resolution')})`}`,
    ],
  );

export const sheetScreen = (answer: Json): string =>
  rowsIn(answer, 'items')
    .map((row) =>
      Object.entries(row)
        .map(([key, value]) => `${key.padEnd(14)}${said(value)}\n`)
        .join(''),
    )
    .join('\n');

export const previewScreen = (answer: Json): string => {
  const rows = rowsIn(answer, 'items');
  const body = listing(
    rows,
    'nothing selected',
    ['EVENT ID', 'SERVICE', 'JOURNEY', 'INPUT', 'OPEN JOURNEYS', 'MAY CALL', 'AT STAKE', 'WHO', 'BECAUSE'],
    (row) => {
      const step = memberOf(row, 'step');
      const called = memberOf(row, 'mayCall');
      const who = memberOf(row, 'canRun') !== true ? 'cannot run' : memberOf(row, 'needsSecond') === true ? 'two people' : 'one person';
      return [
        cell(row, 'eventId'),
        cell(row, 'service'),
        cell(step, 'journey'),
        cell(step, 'input'),
        rowsIn(row, 'journeys')
          .map((one) => `${cell(one, 'id')} ${cell(one, 'status')}`)
          .join(', ') || 'none',
        Array.isArray(called) ? (called as readonly Json[]).map(said).join(', ') : '',
        money(memberOf(row, 'atStake')),
        who,
        cell(row, 'because'),
      ];
    },
  );
  const total = rowsIn(answer, 'atStake').map(money).join(', ');
  return `${body}\n${rows.length} selected, ${cell(answer, 'needSecond')} need a second person, at stake: ${total === '' ? 'nothing known' : total}. Nothing was changed.\n`;
};

const answerIn = (act: Json): string => cell(memberOf(act, 'details'), 'answer');

/** What a second person says yes to: the kind of act, and of an answer which one. */
const askedText = (act: Json): string => {
  const answer = answerIn(act);
  return `${cell(act, 'kind')}${answer === '' ? '' : `: ${answer}`}`;
};

export const actsScreen = (answer: Json): string =>
  listing(rowsIn(answer, 'items'), 'no act', ['ACT', 'ASKED', 'TARGET', 'BY', 'APPROVED BY', 'WHY', 'RESULT'], (row) => [
    cell(row, 'id'),
    askedText(row),
    cell(row, 'target'),
    cell(row, 'madeBy'),
    cell(row, 'approvedBy'),
    cell(row, 'why'),
    cell(row, 'result'),
  ]);

const actText = (act: Json): string => {
  if (act === null) return '';
  if (cell(act, 'withdrawnBy') !== '') return `act ${cell(act, 'id')} withdrawn`;
  const state =
    cell(act, 'carriedOutAt') !== ''
      ? `approved by ${cell(act, 'approvedBy')}`
      : cell(act, 'approvedBy') !== ''
        ? 'approved, on its way'
        : 'waits for a second person';
  return `act ${cell(act, 'id')}: ${answerIn(act)} says ${cell(act, 'madeBy')}, ${state}`;
};

export const effectsScreen = (answer: Json): string =>
  listing(
    rowsIn(answer, 'items'),
    'no effect',
    ['EFFECT ID', 'EFFECT', 'STATUS', 'PORTFOLIO', 'AMOUNT', 'REFERENCE', 'LAST SENT', 'NOTE', 'PEOPLE'],
    (row) => [
      cell(row, 'effectId'),
      cell(row, 'effect'),
      cell(row, 'status'),
      cell(row, 'portfolioId'),
      money(row),
      cell(row, 'reference'),
      seconds(cell(row, 'lastSentAt')),
      cell(row, 'note'),
      actText(memberOf(row, 'act')),
    ],
  );

export const auditScreen = (answer: Json): string =>
  listing(rowsIn(answer, 'items'), 'nothing yet', ['SEQ', 'AT', 'WHO', 'WHAT', 'TARGET', 'DETAILS'], (row) => [
    cell(row, 'seq'),
    cell(row, 'at'),
    cell(row, 'who'),
    cell(row, 'what'),
    cell(row, 'target'),
    cell(row, 'details'),
  ]);

const headsText = (answer: Json): string =>
  memberOf(answer, 'notCompared') === null
    ? `compared with ${cell(answer, 'heads')} heads on Kafka, and with every act`
    : `compared with every act, and NOT with Kafka: ${cell(answer, 'notCompared')}. A missing end would not be seen`;

const restoresText = (answer: Json): string =>
  rowsIn(answer, 'restores')
    .map(
      (one) =>
        `line ${cell(one, 'after')} was followed by a restore: the lines up to ${cell(one, 'lostTo')} are lost, as the log says itself\n`,
    )
    .join('');

const brokenText = (answer: Json): string =>
  memberOf(answer, 'kind') === 'restored'
    ? `RESTORED: ${cell(answer, 'problem')}. The ${cell(answer, 'lines')} lines that are there are whole\n`
    : cell(answer, 'brokenAt') === '0'
      ? `BROKEN: ${cell(answer, 'problem')}. The chain itself is whole, ${cell(answer, 'lines')} lines\n`
      : `BROKEN at line ${cell(answer, 'brokenAt')}: ${cell(answer, 'problem')}. The ${cell(answer, 'lines')} lines before it are whole\n`;

/** Decisions that a service has not carried out: nobody signed them, or somebody sent them again. */
export const refusedScreen = (answer: Json): string =>
  listing(rowsIn(answer, 'items'), 'every decision was carried out', ['AT', 'SERVICE', 'EVENT ID', 'ACT', 'WHY NOT'], (row) => [
    seconds(cell(row, 'at')),
    cell(row, 'service'),
    cell(row, 'eventId'),
    cell(row, 'actId'),
    cell(row, 'why'),
  ]);

export const peopleScreen = (answer: Json): string =>
  listing(rowsIn(answer, 'items'), 'nobody', ['NAME', 'ROLES', 'ENDS', 'FINGERPRINT'], (row) => {
    const roles = memberOf(row, 'roles');
    return [
      cell(row, 'name'),
      Array.isArray(roles) ? (roles as readonly Json[]).map(said).join(', ') : '',
      cell(row, 'expires') || 'never',
      cell(row, 'fingerprint') || 'no key',
    ];
  });

export const verdictScreen = (answer: Json): string =>
  memberOf(answer, 'whole') === true
    ? `whole: ${cell(answer, 'lines')} lines, the last hash is ${cell(answer, 'lastHash')}\n${headsText(answer)}\n${restoresText(answer)}`
    : brokenText(answer);

/** Three lists, each only where it has something; the first one always. */
export const stopsScreen = (answer: Json): string => {
  const warning = memberOf(answer, 'warning');
  const standing = listing(rowsIn(answer, 'standing'), 'nothing is stopped', ['STOPPED', 'SINCE', 'BY', 'WHY', 'ACT'], (row) => [
    cell(row, 'scope'),
    seconds(cell(row, 'since')),
    cell(row, 'by'),
    cell(row, 'why'),
    cell(row, 'actId'),
  ]);
  const waiting = rowsIn(answer, 'waiting').map((row) => [
    cell(row, 'scope'),
    seconds(cell(row, 'at')),
    cell(row, 'by'),
    cell(row, 'why'),
    cell(row, 'actId'),
  ]);
  const refused = rowsIn(answer, 'refused').map((row) => [
    cell(row, 'does'),
    cell(row, 'scope'),
    seconds(cell(row, 'at')),
    cell(row, 'problem'),
  ]);
  return [
    ...(typeof warning === 'string' ? [`CHECK: ${warning}\n`] : []),
    standing,
    ...(waiting.length === 0 ? [] : [table(['RESUME WAITS FOR A SECOND PERSON', 'ASKED', 'BY', 'WHY', 'ACT'], waiting)]),
    ...(refused.length === 0 ? [] : [table(['NOT SIGNED, DOES NOT COUNT', 'SCOPE', 'AT', 'PROBLEM'], refused)]),
  ].join('\n');
};
