/** What a run says about itself. */
import { FAULT_NAMES, FAULTS } from './faults.js';
import type { Tally } from './tally.js';

const each = (sum: number, of: number): string => (sum / Math.max(1, of)).toFixed(2);

export const tallyLines = (tally: Tally, tookMs: number): readonly string[] => {
  const { histories } = tally;
  const perSecond = Math.round(histories / (tookMs / 1_000));
  const scopes = Object.entries(tally.scopes).map(([scope, times]) => `${scope} ${String(times)}`);
  return [
    `${String(histories)} histories in ${(tookMs / 1_000).toFixed(1)} s: ${String(perSecond)} per second (${scopes.join(', ')})`,
    `each: ${each(tally.turns, histories)} turns, ${each(tally.faults, histories)} faults, ${each(tally.restarts, histories)} restarts, ` +
      `${each(tally.journeys, histories)} journeys, ${each(tally.payments, histories)} payments, ${each(tally.decisions, histories)} decisions of people, ` +
      `${each(tally.lastedMs / 1_000, histories)} s of its own time`,
  ];
};

export const coverageLines = (tally: Tally): readonly string[] => [
  `${'fault'.padEnd(22)} ${'strokes'.padStart(9)} ${'histories'.padStart(10)}`,
  // Of one history only what struck; of many, what never did is the news.
  ...FAULT_NAMES.filter((name) => tally.histories > 1 || tally.strokes[name] > 0).map(
    (name) =>
      `${name.padEnd(22)} ${String(tally.strokes[name]).padStart(9)} ${String(tally.historiesWith[name]).padStart(10)}  ${FAULTS[name].does}`,
  ),
];
