/** What follows when the broker corrects trades. Pure. */
import { isZero } from '../../../../shared/kernel/decimal.js';
import type { JourneyFacts, Move, Opening, RefusedBy, Stay, Step } from '../../../../shared/kernel/flow.js';
import type { Corrected, Correction, CorrectionAnnounced, CorrectionEffects, CorrectionEmits, CorrectionStage } from './correction.js';

type Next = Step<Correction, CorrectionEmits>;

const FURTHEST: readonly CorrectionStage[] = ['unlisted', 'created', 'updated', 'completed'];
const further = (a: CorrectionStage, b: CorrectionStage): CorrectionStage => (FURTHEST.indexOf(a) >= FURTHEST.indexOf(b) ? a : b);

export const announced = ({ account, customer, stage, as }: CorrectionAnnounced): Opening<Correction, CorrectionEmits> => ({
  open: {
    status: account === null && customer === null ? 'FindingAccount' : 'LookingAtOrders',
    reason: account === null && customer === null ? `${as} names no account: people find it` : as,
    account,
    customer,
    stage,
    orders: [],
    looked: 0,
    announcedAgain: false,
  },
});

/** Events come in any order: the furthest stage counts. */
export const goFurther = (c: Correction, { stage }: CorrectionAnnounced): Move<Correction, CorrectionEmits> => ({
  to: 'LookingAtOrders',
  set: { stage: further(c.stage, stage) },
});
/** People have it: what is said now is looked at when they are done. */
export const rememberAnnounced = (_c: Correction): Stay<Correction, CorrectionEmits> => ({ stay: true, set: { announcedAgain: true } });

export const accountFound = (_c: Correction, { account }: CorrectionEffects['FindAccount']['result']): Next => ({
  to: 'LookingAtOrders',
  set: { account },
});

/** One line for people: which order, and what became of it. */
const told = ({ orderId, side, instrument, filledUnits, bookedUnits, takenBack }: Corrected): string =>
  [
    `order ${orderId} (${side ?? 'side not known'} ${instrument ?? 'of an instrument that is not known'}):`,
    `${filledUnits} filled, ${bookedUnits} booked now`,
    ...(isZero(takenBack.cash) ? [] : [`, ${takenBack.units} units and ${takenBack.cash} in cash taken back`]),
  ]
    .join(' ')
    .replace(' ,', ',');

const MOST_TOLD = 5;

/** The facts, for people: at most a few orders by name, the others by their number. */
export const factsOf = (orders: readonly Corrected[], looked: number): string => {
  if (orders.length === 0) return `the broker has corrected trades; none of the ${String(looked)} orders looked at shows it`;
  const rest = orders.length - MOST_TOLD;
  const lines = [...orders.slice(0, MOST_TOLD).map(told), ...(rest > 0 ? [`and ${String(rest)} more`] : [])];
  return `the broker has corrected trades: ${lines.join('; ')}`;
};

/** Nothing to be seen yet, and more is announced: the broker books later than it speaks. Otherwise people are shown what there is. */
export const looked = (c: Correction, seen: CorrectionEffects['ReadCorrections']['result']): Next => {
  const set = { ...seen, reason: factsOf(seen.orders, seen.looked) };
  return seen.orders.length === 0 && c.stage !== 'completed' ? { to: 'AwaitingBooking', set } : { to: 'WithPeople', set };
};

/** Announced again while people had it: a new journey looks again. */
const lookAnew = (c: Correction, { subject }: JourneyFacts): readonly CorrectionEmits[] =>
  c.announcedAgain
    ? [
        {
          sends: 'correction',
          subject,
          input: { type: 'CorrectionAnnounced', account: c.account, customer: c.customer, stage: 'updated', as: 'announced again' },
        },
      ]
    : [];

export const handled = (c: Correction, _result: null, journey: JourneyFacts): Next => ({ to: 'Handled', emits: lookAnew(c, journey) });

/** The name that the event or people gave is no account there. */
export const unknownAccount = (c: Correction): Next => ({
  to: 'WithPeople',
  set: { reason: `the broker has corrected trades, and does not know ${c.account ?? c.customer ?? 'the account'}` },
});

const WHAT_TO_SAY = '"applied": InvestSuite and the customer have been put right by hand; "rejected": nothing was to be put right';
/** Only people can say this. */
export const nothingToDo = (c: Correction, _reason: string, by: RefusedBy, journey: JourneyFacts): Next =>
  by === 'person' ? { to: 'NothingToDo', emits: lookAnew(c, journey) } : { hold: `${c.reason ?? ''}. ${WHAT_TO_SAY}` };

export const noAccount = (c: Correction, _reason: string, by: RefusedBy, journey: JourneyFacts): Next =>
  by === 'person'
    ? { to: 'NothingToDo', emits: lookAnew(c, journey) }
    : { hold: `${c.reason ?? ''}. "applied": evidence begins with the account; "rejected": it is about no account of ours` };
