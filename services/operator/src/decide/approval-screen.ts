/** What the second person reads before they sign: what changes, what is at stake, and what would be called. Pure. */
import { maskText } from './masking.js';
import type { FieldChange } from './difference.js';
import type { PreviewItem } from './money-at-stake.js';
import { harmless, table } from './screens.js';

export type MessageToApprove = {
  readonly preview: PreviewItem;
  /** Null: the stored message runs as it is, and `fields` shows it. */
  readonly changes: readonly FieldChange[] | null;
  readonly fields: readonly { readonly field: string; readonly value: string }[];
  /** SHA-256 of the text that runs: what is signed. */
  readonly hash: string;
};
export type EffectToApprove = {
  readonly effectId: string;
  readonly effect: string;
  readonly service: string;
  readonly portfolioId: string;
  readonly generation: string;
  readonly status: string;
  readonly note: string;
  /** Masked. */
  readonly request: string;
  readonly money: string;
  readonly answer: string;
  readonly evidence: string;
  readonly mayCall: readonly string[];
};
export type Asked = { readonly act: string; readonly kind: string; readonly by: string; readonly why: string };

const askedLine = ({ act, kind, by, why }: Asked): string => `act ${act}: ${kind}, asked by ${by}: ${maskText(why)}`;
const listed = (words: readonly string[]): string => (words.length === 0 ? 'nothing' : words.join(', '));
const value = (text: string | null): string => (text === null ? '(not there)' : harmless(text));

const changesTable = (changes: readonly FieldChange[]): string =>
  changes.length === 0
    ? '(the two texts say the same)\n'
    : table(
        ['FIELD', 'STORED', 'CORRECTED'],
        changes.map(({ field, was, becomes, hidden }) => [
          harmless(field),
          value(was),
          `${value(becomes)}${hidden ? '  (another one: they differ where it is masked)' : ''}`,
        ]),
      );

const atStake = ({ atStake: stake }: PreviewItem): string =>
  stake === null ? 'nobody can say' : `${stake.amount} ${stake.currency}`.trim();

export const messageApprovalScreen = (asked: Asked, { preview, changes, fields, hash }: MessageToApprove): string => {
  const reached = preview.journeys.map(({ id, status }) => `${id} ${status}`);
  return [
    askedLine(asked),
    `message ${preview.eventId} of ${preview.topic}, portfolio ${preview.portfolioId ?? 'unknown'}, in ${preview.service}: ${maskText(preview.reason)}`,
    '',
    ...(changes === null
      ? [
          'It runs as it was stored:',
          table(
            ['FIELD', 'VALUE'],
            fields.map((one) => [harmless(one.field), harmless(one.value)]),
          ).trimEnd(),
        ]
      : ['It runs corrected:', changesTable(changes).trimEnd()]),
    '',
    `runs:      ${preview.step === null ? 'nothing' : `${preview.step.journey}, as ${preview.step.input}`}; open journeys: ${reached.length === 0 ? 'none' : reached.join(', ')}`,
    `may call:  ${listed(preview.mayCall)}`,
    `at stake:  ${atStake(preview)}${changes === null ? '' : ' (of the corrected text)'}`,
    `you sign:  sha256 ${hash}`,
    '',
  ].join('\n');
};

const FOLLOWS: Readonly<Record<string, string>> = {
  applied: 'the other side is asked once more; unless it says otherwise, the flow goes on as after a success',
  rejected: 'the other side is asked once more; unless it says otherwise, the flow goes on as after a refusal',
  'send-again': 'the other side is asked once more; where it is known not to have happened, the request is sent again',
};

export const effectApprovalScreen = (asked: Asked, one: EffectToApprove): string =>
  [
    askedLine({ ...asked, kind: `${asked.kind}: ${one.answer}` }),
    `effect ${one.effectId} (${one.effect}) of ${one.service}, portfolio ${one.portfolioId}, generation ${one.generation}, ${one.status}`,
    `note:      ${harmless(one.note)}`,
    `request:   ${harmless(one.request)}`,
    `evidence:  ${harmless(maskText(one.evidence))}`,
    `follows:   ${FOLLOWS[one.answer] ?? 'nothing known'}`,
    `may call:  ${listed(one.mayCall)}`,
    `at stake:  ${one.money === '' ? 'nobody can say' : one.money}`,
    '',
  ].join('\n');
