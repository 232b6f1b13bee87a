/** Who the customers of one run are, what they own and what they ask. Pure: the same seed gives the same customers. */
import { cutTo, decimal, plus, sum, times, ZERO, type Decimal } from '../../shared/kernel/decimal.js';
import { createPrng, type Prng } from '../simulators/shared/prng.js';
import type { System } from './faults.js';
import { INSTRUMENTS, type Fault } from './world.js';

export const KINDS = {
  'cash-enough': 'cash enough',
  'sale-needed': 'sale needed',
  'partial-fills': 'sold in partial fills',
  'several-positions': 'several positions to sell',
  'raise-in-flight': 'raised in flight',
  'cancel-in-flight': 'called off in flight',
  'wish-again': 'another divest request during the payout',
  everything: 'everything',
  'refused-transfer': 'transfer refused by the bank',
  'lost-answer': 'answer to the transfer lost',
  'duplicated-events': 'every event twice',
  'reordered-events': 'events out of order',
  poison: 'a poison message in front',
} as const;
export type Kind = keyof typeof KINDS;

/** How a customer is named on the screen. */
export const labelOf = (number: number): string => `#${String(number).padStart(3, '0')}`;

export interface Position {
  readonly isin: string;
  readonly units: Decimal;
}
export type DivestRequest =
  | { readonly action: 'set'; readonly amount: Decimal }
  | { readonly action: 'raise'; readonly amount: Decimal }
  | { readonly action: 'cancel' }
  | { readonly action: 'everything' };
/** `subject` is filled in when the customer has one: its name at that system. */
export interface OwnFault {
  readonly system: System;
  readonly fault: Omit<Fault, 'subject'>;
}
export interface PlannedCustomer {
  readonly number: number;
  readonly kind: Kind;
  readonly cash: Decimal;
  readonly positions: readonly Position[];
  /** Each so many ms after the customer's first. */
  readonly requests: readonly { readonly afterMs: number; readonly request: DivestRequest }[];
  readonly faults: readonly OwnFault[];
  /** All that is asked for in the end; null for everything. */
  readonly asked: Decimal | null;
}

/** First one of each, then by chance; a kind named twice is twice as frequent. */
const FIRST: readonly Kind[] = [
  'cash-enough',
  'sale-needed',
  'poison',
  'refused-transfer',
  'lost-answer',
  'partial-fills',
  'several-positions',
  'raise-in-flight',
  'cancel-in-flight',
  'wish-again',
  'everything',
  'duplicated-events',
  'reordered-events',
];
const FREQUENT: readonly Kind[] = [
  'cash-enough',
  'cash-enough',
  'cash-enough',
  'sale-needed',
  'sale-needed',
  'sale-needed',
  'partial-fills',
  'several-positions',
  'several-positions',
  'raise-in-flight',
  'cancel-in-flight',
  'wish-again',
  'everything',
  'lost-answer',
  'duplicated-events',
  'reordered-events',
];

const amountBetween = (prng: Prng, from: number, to: number): Decimal =>
  decimal(`${from + prng.below(to - from)}.${String(prng.below(100)).padStart(2, '0')}`);

const valueOf = ({ isin, units }: Position): Decimal => times(units, decimal(INSTRUMENTS.find((one) => one.isin === isin)?.price ?? '0'));

const positionsOf = (prng: Prng, count: number): readonly Position[] => {
  const first = prng.below(INSTRUMENTS.length);
  return Array.from({ length: count }, (_, index) => {
    const isin = INSTRUMENTS[(first + index) % INSTRUMENTS.length]?.isin ?? INSTRUMENTS[0].isin;
    return { isin, units: decimal(`${10 + prng.below(40)}${prng.below(3) === 0 ? '.25' : ''}`) };
  });
};

const set = (amount: Decimal): DivestRequest => ({ action: 'set', amount });
const raise = (amount: Decimal): DivestRequest => ({ action: 'raise', amount });

type Shape = Omit<PlannedCustomer, 'number' | 'kind'>;

const cashEnough = (prng: Prng, faults: readonly OwnFault[] = []): Shape => {
  const asked = amountBetween(prng, 100, 2_000);
  const positions = positionsOf(prng, prng.below(2));
  // To the last cent only where something can be sold: the outside may raise the divest request.
  const cash = plus(asked, positions.length > 0 && prng.below(3) === 0 ? ZERO : amountBetween(prng, 60, 500));
  return { cash, positions, requests: [{ afterMs: 0, request: set(asked) }], faults, asked };
};

const saleNeeded = (prng: Prng, count: number, faults: readonly OwnFault[] = []): Shape => {
  const cash = amountBetween(prng, 5, 100);
  const positions = positionsOf(prng, count);
  // A third to two thirds of what the shares are worth: sold in part, never out.
  const asked = plus(cash, cutTo(times(sum(positions.map(valueOf)), decimal(`0.${33 + prng.below(33)}`)), 2));
  return { cash, positions, requests: [{ afterMs: 0, request: set(asked) }], faults, asked };
};

const withRaise = (shape: Shape, afterMs: number, amount: Decimal): Shape => ({
  ...shape,
  requests: [...shape.requests, { afterMs, request: raise(amount) }],
  asked: plus(shape.asked ?? ZERO, amount),
});

const shapeOf = (kind: Kind, prng: Prng): Shape => {
  switch (kind) {
    case 'cash-enough':
    case 'poison':
      return cashEnough(prng);
    case 'sale-needed':
      return saleNeeded(prng, 1);
    case 'partial-fills':
      return saleNeeded(prng, 1, [{ system: 'broker', fault: { fault: 'partial-fill', operation: 'carry-out-order', detail: '3' } }]);
    case 'several-positions':
      return saleNeeded(prng, 3);
    case 'raise-in-flight':
      return withRaise(saleNeeded(prng, 2), 200 + prng.below(900), amountBetween(prng, 20, 200));
    case 'cancel-in-flight': {
      // The sale settles late, so that the change of mind comes before the payment and not after it.
      const shape = saleNeeded(prng, 1, [
        { system: 'broker', fault: { fault: 'settle-late', operation: 'carry-out-order', delayMs: 4_000 } },
      ]);
      return { ...shape, requests: [...shape.requests, { afterMs: 300 + prng.below(700), request: { action: 'cancel' } }], asked: ZERO };
    }
    case 'wish-again': {
      const amount = amountBetween(prng, 20, 200);
      const shape = cashEnough(prng, [
        { system: 'bank', fault: { fault: 'stay-pending', operation: 'carry-out-payment', times: 1, delayMs: 2_500 } },
      ]);
      return withRaise({ ...shape, cash: plus(shape.cash, amount) }, 1_500 + prng.below(800), amount);
    }
    case 'everything':
      return {
        cash: amountBetween(prng, 0, 300),
        positions: positionsOf(prng, 1 + prng.below(3)),
        requests: [{ afterMs: 0, request: { action: 'everything' } }],
        faults: [],
        asked: null,
      };
    case 'refused-transfer':
      return cashEnough(prng, [{ system: 'bank', fault: { fault: 'refuse', operation: 'create-payment', detail: 'AC04', times: 1 } }]);
    case 'lost-answer':
      return cashEnough(prng, [{ system: 'bank', fault: { fault: 'apply-and-cut', operation: 'create-payment', times: 1 } }]);
    case 'duplicated-events':
      return saleNeeded(prng, 1, [
        { system: 'investSuite', fault: { fault: 'event-duplicated' } },
        { system: 'broker', fault: { fault: 'event-twice' } },
        { system: 'bank', fault: { fault: 'event-twice' } },
      ]);
    case 'reordered-events':
      return saleNeeded(prng, 2, [
        { system: 'investSuite', fault: { fault: 'event-reordered' } },
        { system: 'broker', fault: { fault: 'events-reordered' } },
        { system: 'bank', fault: { fault: 'events-reordered' } },
      ]);
  }
};

/** `count` customers; the first ones show every kind once. */
export const planCustomers = (count: number, seed: number): readonly PlannedCustomer[] => {
  const root = createPrng(seed);
  return Array.from({ length: count }, (_, index): PlannedCustomer => {
    const number = index + 1;
    const prng = root.fork(`customer ${number}`);
    const kind = FIRST[index] ?? FREQUENT[prng.below(FREQUENT.length)] ?? 'cash-enough';
    return { number, kind, ...shapeOf(kind, prng) };
  });
};
