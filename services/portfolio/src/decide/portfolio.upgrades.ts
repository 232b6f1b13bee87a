/** How a journey of an earlier release is read. */
import { z } from 'zod';
import { Bug } from '../../../../shared/kernel/bug.js';
import type { Currency, DivestAmount } from '../../../../shared/kernel/money.js';
import type { Upgrade } from '../../../../shared/kernel/upgrade.js';
import { NOTHING_SENT, type Exchange } from './exchange.js';
import type { HandedOver } from './messages.js';
import { storedLevel, storedText } from './stored.js';

/**
 * Version 1 is the first release: one flow wrote the portfolio and looked for lost requests. Only what this upgrade reads is named here,
 * the rest is checked by the present schema.
 */
const versionOne = z.looseObject({
  status: z.enum([
    'Idle',
    'ReadingPortfolio',
    'WritingPortfolio',
    'AwaitingWish',
    'ReadingLevel',
    'RestoringWish',
    'AwaitingReview',
    'AwaitingCounterpart',
  ]),
  portfolioId: z.unknown(),
  pending: z.unknown(),
  writing: z
    .looseObject({
      changeIds: z.unknown(),
      levelRead: storedLevel,
      baseCurrency: storedText<Currency>(),
      write: z.looseObject({ divestAmount: storedLevel.nullable() }),
    })
    .nullable(),
  written: z.array(z.any()),
  seenWhileReading: storedLevel.nullable(),
  seenSince: storedLevel.nullable(),
  seenSeveral: z.boolean(),
  explainedBy: storedLevel.nullable(),
  restoring: z.object({ expected: storedLevel, level: storedLevel }).nullable(),
  levelWritten: storedLevel.nullable(),
  versionWritten: z.number().int().nullable(),
  review: z.string().nullable(),
  reason: z.string().nullable(),
  done: z.unknown(),
});
type VersionOne = z.infer<typeof versionOne>;

/** The older of several levels was not kept. It was another one: all that matters is that there was one. */
const another = (level: DivestAmount): DivestAmount => (level.kind === 'nothing' ? { kind: 'everything' } : { kind: 'nothing' });
const announcedIn = ({ seenSince, seenSeveral }: VersionOne): HandedOver['announced'] =>
  seenSince === null ? [] : seenSeveral ? [another(seenSince), seenSince] : [seenSince];

/** The number of the first message that the upgraded journey sends. */
const FIRST = 1;

const common = ({ review, reason, levelWritten }: VersionOne) =>
  ({ type: 'HandedOver', number: FIRST, ours: levelWritten ?? { kind: 'nothing' }, review, reason, outcome: null }) as const;
const nothingFound = { gap: null, announced: [], explainedBy: null, restoring: null } as const;

/** People look at it, whatever the portfolio does meanwhile. */
const underReview = (old: VersionOne): HandedOver => ({
  ...common(old),
  ...nothingFound,
  status: 'AwaitingReview',
  reason: old.review,
});

/** `status`: where the lost request stands. Without a gap, what was announced under review was being looked at. */
const found = (old: VersionOne, status: HandedOver['status']): HandedOver => {
  const { writing, written, explainedBy, restoring, versionWritten } = old;
  if (writing === null && status !== 'ReadingLevel') throw new Bug(`a journey of the first release is in ${old.status} without a gap`);
  const gap =
    writing === null
      ? null
      : {
          levelRead: writing.levelRead,
          levelWritten: writing.write.divestAmount ?? writing.levelRead,
          baseCurrency: writing.baseCurrency,
          written,
          versionWritten,
        };
  return { ...common(old), status, gap, announced: announcedIn(old), explainedBy, restoring };
};

type Now = { readonly status: string; readonly handOver: HandedOver | null };

/** The effect that is under way, or the due time, is stored with the journey: the status is one that they belong to. */
const nowOf = (old: VersionOne): Now => {
  switch (old.status) {
    case 'AwaitingWish':
      return { status: 'AwaitingLostRequest', handOver: found(old, 'AwaitingAnnouncement') };
    case 'ReadingLevel':
      return { status: 'ReadingPortfolio', handOver: found(old, 'ReadingLevel') };
    case 'RestoringWish':
      return { status: 'RestoringLevel', handOver: found(old, 'Restoring') };
    case 'AwaitingReview':
      return { status: 'AwaitingLostRequest', handOver: underReview(old) };
    case 'Idle':
    case 'ReadingPortfolio':
    case 'WritingPortfolio':
    case 'AwaitingCounterpart':
      return { status: old.status, handOver: old.review === null ? null : underReview(old) };
  }
};

const writingOf = ({ status, writing }: VersionOne): object | null => {
  if (writing === null || status !== 'WritingPortfolio') return null;
  const { changeIds, levelRead, baseCurrency, write } = writing;
  return { changeIds, levelRead, baseCurrency, write };
};

const toVersionTwo: Upgrade = ({ state, policy }) => {
  const old = versionOne.parse(state);
  const { status, handOver } = nowOf(old);
  const isReading = old.status === 'ReadingPortfolio' || old.status === 'WritingPortfolio';
  const exchange: Exchange = handOver === null ? NOTHING_SENT : { ...NOTHING_SENT, sent: FIRST, openSince: FIRST, handOver };
  return {
    policy,
    state: {
      status,
      portfolioId: old.portfolioId,
      pending: old.pending,
      writing: writingOf(old),
      announcedWhileReading: isReading ? old.seenWhileReading : null,
      announced: isReading ? announcedIn(old) : [],
      restoring: status === 'RestoringLevel' ? old.restoring : null,
      exchange,
      reason: old.reason,
      done: old.done,
    },
  };
};

export const portfolioUpgrades: readonly Upgrade[] = [toVersionTwo];
