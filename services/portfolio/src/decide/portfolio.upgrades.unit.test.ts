import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../../../shared/kernel/outcome.js';
import { change, level, NOTHING, seenPortfolio } from '../../../../test/builders/portfolio.js';
import { PortfolioPair, type StoredState } from '../../../../test/support/portfolio-pair.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import { levelText, sameLevel } from './levels.js';
import { portfolioFlow } from './portfolio.flow.js';
import type { PortfolioInput } from './portfolio.js';
import { portfolioUpgrades } from './portfolio.upgrades.js';

type VersionOne = {
  readonly status: string;
  readonly review: string | null;
  readonly reason: string | null;
  readonly levelWritten: DivestAmount | null;
  readonly seenSince: DivestAmount | null;
  readonly versionWritten: number | null;
  readonly pending: readonly { readonly changeId: string }[];
};
/** How the first release went on to rest, when nothing more was announced and our level stood, or another one. */
type End = { readonly stands: 'ours' | 'another'; readonly status: string; readonly review: string | null; readonly done: number };
type Golden = StoredState & { readonly flow: string; readonly status: string; readonly state: VersionOne; readonly ends?: readonly End[] };

const stored = (file: string): readonly Golden[] =>
  (JSON.parse(readFileSync(join(__dirname, '../../../../test/upgrade', file), 'utf8')) as readonly Golden[]).filter(
    ({ flow }) => flow === 'portfolio',
  );
/** Of a database that the first release has left, and one of every shape that a walk through its flow has met. */
const RELEASED = stored('first-release.golden.json');
const WALKED = stored('first-release.portfolio-shapes.json');
const ALL: readonly Golden[] = [...RELEASED, ...WALKED];
const named = (list: readonly Golden[]): readonly [string, Golden][] => list.map((one, n) => [`${one.status}, number ${String(n)}`, one]);

const STATUSES = [
  'AwaitingCounterpart',
  'AwaitingReview',
  'AwaitingWish',
  'Idle',
  'ReadingLevel',
  'ReadingPortfolio',
  'RestoringWish',
  'WritingPortfolio',
];
/** Where a lost request was open. */
const isOpen = ({ status, state }: Golden): boolean =>
  state.review !== null || ['AwaitingWish', 'ReadingLevel', 'RestoringWish'].includes(status);

/** The first release passed over what was announced while it wrote under review. Now that is looked at, once it is written. */
const isLookedAt = ({ status, state }: Golden): boolean =>
  status === 'WritingPortfolio' && state.review !== null && state.seenSince !== null;

/** The words of the first release, in those of today. */
const today = (review: string | null): string | null =>
  review === null
    ? null
    : review
        .replaceAll('was wished for', 'was asked for')
        .replaceAll('a lower wish', 'a lower level')
        .replaceAll('a higher wish', 'a higher level')
        .replaceAll('another wish', 'another level')
        .replaceAll('a wish', 'a divest request');

const ANOTHER = level('777');
/** Carries out whatever is under way until both journeys rest, as the end in the golden state was made. */
const goOn = (pair: PortfolioPair, { state }: Golden, stands: End['stands']): void => {
  let standing = stands === 'ours' ? (state.levelWritten ?? NOTHING) : ANOTHER;
  let version = state.versionWritten ?? 7;
  const written = (divestAmount: DivestAmount | null, base: number): Outcome<unknown, string> => {
    version = base + 1;
    standing = divestAmount ?? standing;
    return { kind: 'applied', result: { versionAfter: version } };
  };
  const read = (): Outcome<unknown, string> => ({
    kind: 'applied',
    result: seenPortfolio({ divestAmount: standing, version, holdings: { $EUR: '5000' } as never }),
  });
  if (pair.effectOf('portfolio') === null && pair.portfolio.status !== 'Idle') pair.lookAgain('portfolio');
  for (let round = 0; round < 30; round++) {
    pair.deliverAll();
    if (pair.held !== null) return;
    const { writing, restoring } = pair.portfolio;
    const effect = pair.effectOf('portfolio');
    if (pair.isLostRequestOpen && pair.lostRequest?.status === 'AwaitingAnnouncement') pair.lookAgain('lost-request');
    else if (pair.effectOf('lost-request') !== null) pair.answer('lost-request', read());
    else if (effect === null) return;
    else if (effect.name === 'ReadPortfolio') pair.answer('portfolio', read());
    else if (effect.name === 'WritePortfolio' && writing !== null)
      pair.answer('portfolio', written(writing.write.divestAmount, writing.write.baseVersion));
    else if (restoring !== null && sameLevel(standing, restoring.expected)) pair.answer('portfolio', written(restoring.level, version));
    else pair.answer('portfolio', { kind: 'rejected', reason: 'changed-meanwhile' });
  }
  throw new Error(`does not come to rest: ${pair.path.join(', ')}`);
};

describe('journeys of the first release', () => {
  it('are there in every status, from its database and from a walk through its flow', () => {
    for (const list of [RELEASED, WALKED]) expect([...new Set(list.map(({ status }) => status))].sort()).toEqual(STATUSES);
    expect(WALKED.length).toBeGreaterThan(70);
    expect(portfolioUpgrades).toHaveLength(1);
  });
  it.each(named(ALL))('stand in a status that their effect or their due time belongs to: %s', (_name, one) => {
    const { portfolio, messages } = PortfolioPair.ofFirstRelease(one);
    const row = portfolioFlow.rows[portfolio.status];
    if (one.effect === null) expect(row).toHaveProperty('waitsFor');
    else expect(row).toMatchObject({ does: one.effect.name });
    if (one.effect === null && one.status !== 'Idle') expect(row).toHaveProperty('looksAgain');
    expect(messages).toEqual([]);
    expect(portfolio.exchange.handOver !== null).toBe(isOpen(one));
    expect(portfolio.pending.map(({ changeId }) => changeId)).toEqual(one.state.pending.map(({ changeId }) => changeId));
  });
  it.each(named(ALL))('take every input and every outcome: %s', (_name, one) => {
    const inputs: readonly PortfolioInput[] = [
      { type: 'ChangeRequested', change: change('new', { A: '1' }) },
      { type: 'LevelAnnounced', level: level('640') },
    ];
    const outcomes: readonly Outcome<unknown, string>[] =
      one.effect === null
        ? []
        : [
            { kind: 'applied', result: one.effect.kind === 'read' ? seenPortfolio() : { versionAfter: 12 } },
            { kind: 'rejected', reason: one.effect.kind === 'read' ? 'not-found' : 'changed-meanwhile' },
          ];
    const occasions: readonly ((pair: PortfolioPair) => void)[] = [
      ...inputs.map((input) => (pair: PortfolioPair) => {
        pair.give(input);
      }),
      ...outcomes.map((outcome) => (pair: PortfolioPair) => {
        pair.answer('portfolio', outcome);
      }),
      ...(one.effect === null ? [(pair: PortfolioPair) => pair.lookAgain('portfolio')] : []),
    ];
    for (const occasion of occasions) {
      const pair = PortfolioPair.ofFirstRelease(one);
      occasion(pair);
      // Then whatever was open is known to its own journey before anything of it is over.
      goOn(pair, one, 'ours');
      expect(pair.portfolio.exchange.handOver).toBeNull();
      expect(pair.path.some((step) => step.startsWith('lost-request'))).toBe(isOpen(one) || pair.portfolio.exchange.sent > 0);
    }
  });
  it.each(named(WALKED))('end as they would have ended there: %s', (_name, one) => {
    for (const end of one.ends ?? []) {
      const pair = PortfolioPair.ofFirstRelease(one);
      goOn(pair, one, end.stands);
      const { lostRequest, isLostRequestOpen, portfolio } = pair;
      // What waits for people has a journey of its own now, and the portfolio rests.
      expect({ stands: end.stands, status: portfolio.status, done: portfolio.done.length }).toEqual({
        stands: end.stands,
        status: end.status === 'AwaitingReview' ? 'Idle' : end.status,
        done: end.done,
      });
      const review = today(isLostRequestOpen ? (lostRequest?.review ?? '') : null);
      if (isLookedAt(one)) {
        expect(pair.path).toContain('lost-request ReadingLevel');
        const seen = levelText(one.state.seenSince ?? NOTHING);
        if (isLostRequestOpen) expect(review?.startsWith(`${String(today(end.review))}; ${seen} was announced since`)).toBe(true);
        // Another level stands, and it is not ours: somebody has set one.
        else expect([end.stands, lostRequest?.status]).toEqual(['another', 'Reviewed']);
      } else expect(review).toBe(today(end.review));
      if (isLostRequestOpen) expect(lostRequest).toMatchObject({ status: 'AwaitingReview', reason: lostRequest?.review });
    }
    expect(one.ends).toHaveLength(2);
  });
});
