/** Named faults of the outside world, each a handful of rules for the simulators' switchboards. They strike by chance, by seed. */
import type { Fault } from './world.js';

export type System = 'investSuite' | 'broker' | 'bank';
export interface SystemFault {
  readonly system: System;
  readonly fault: Fault;
  /** Only customers with such a number, each by a rule of its own. Default: everybody. */
  readonly only?: 'odd' | 'even';
}
export interface NamedFault {
  /** One line for `--faults help`. */
  readonly does: string;
  readonly rules: readonly SystemFault[];
}

const SYSTEMS = ['investSuite', 'broker', 'bank'] as const;

const everywhere = (...faults: readonly Fault[]): readonly SystemFault[] =>
  SYSTEMS.flatMap((system) => faults.map((fault) => ({ system, fault })));
const at = (system: System, ...faults: readonly Fault[]): readonly SystemFault[] => faults.map((fault) => ({ system, fault }));

const only = (which: 'odd' | 'even', rules: readonly SystemFault[]): readonly SystemFault[] =>
  rules.map((rule) => ({ ...rule, only: which }));

/** Below the longest life of a request that the demo's tenant counts with: what travels longer is a lie about that figure. */
const TRAVELS_MS = 3_400;
/** Longer than the demo's services wait for an answer. */
const TOO_LATE_MS = 3_500;

/** Every operation but the logins: a refused login is a wrong password, and asking for people then is right. */
const UNAUTHORISED: readonly SystemFault[] = [
  ...[
    'get-portfolio',
    'list-portfolios',
    'patch-portfolio',
    'get-user',
    'get-optimization',
    'post-transaction',
    'patch-transaction',
    'get-transaction',
    'list-transactions',
    'withdraw-event',
  ].flatMap((operation) => at('investSuite', { fault: 'unauthorised', operation, probability: '0.03' })),
  ...[
    'create-order',
    'get-order',
    'get-order-audit',
    'get-account',
    'list-open-orders',
    'list-order-history',
    'get-money',
    'get-positions',
    'list-transactions',
    'get-quotes',
    'create-redemption',
    'get-redemption',
    'approve-redemption',
    'list-redemptions',
  ].flatMap((operation) => at('broker', { fault: 'unauthorised', operation, probability: '0.03' })),
  ...at('bank', { fault: 'unauthorised', probability: '0.03' }),
];

export const FAULTS = {
  'answers-late': {
    does: 'a request is carried out at once and answered late, some after the caller has given up',
    rules: everywhere(
      { fault: 'answer-late', probability: '0.04', delayMs: 800 },
      { fault: 'answer-late', probability: '0.02', delayMs: TOO_LATE_MS },
    ),
  },
  'requests-late': {
    does: 'a request travels: it is carried out after the caller has given up',
    rules: everywhere({ fault: 'apply-late', probability: '0.02', delayMs: TRAVELS_MS }),
  },
  cuts: {
    does: 'the line is cut, before or after the request was carried out',
    rules: everywhere({ fault: 'cut-before-apply', probability: '0.04' }, { fault: 'apply-and-cut', probability: '0.04' }),
  },
  'server-errors': {
    does: 'a 500, before or after the request was carried out',
    rules: everywhere(
      { fault: 'server-error-before-applying', probability: '0.04' },
      { fault: 'server-error-after-applying', probability: '0.04' },
    ),
  },
  'garbled-answers': { does: 'the body of a 2xx ends in the middle', rules: everywhere({ fault: 'garbled-answer', probability: '0.03' }) },
  unauthorised: { does: 'a 401 though the token is good; logins work', rules: UNAUTHORISED },
  'too-many-requests': { does: 'a 429 with Retry-After', rules: everywhere({ fault: 'too-many-requests', probability: '0.03' }) },
  'events-twice': {
    does: 'events and callbacks come twice',
    rules: [
      ...at(
        'investSuite',
        { fault: 'event-duplicated', probability: '0.2' },
        { fault: 'event-duplicated', probability: '0.1', detail: 'same-delivery', delayMs: 300 },
      ),
      ...at('broker', { fault: 'event-twice', probability: '0.2' }),
      ...at('bank', { fault: 'event-twice', probability: '0.2' }),
    ],
  },
  'events-reordered': {
    does: 'an event or callback is overtaken by the next one',
    rules: [
      ...at('investSuite', { fault: 'event-reordered', probability: '0.2' }),
      ...at('broker', { fault: 'events-reordered', probability: '0.2' }),
      ...at('bank', { fault: 'events-reordered', probability: '0.2' }),
    ],
  },
  'events-late': {
    does: 'events and callbacks come late',
    rules: everywhere({ fault: 'event-late', probability: '0.15', delayMs: 1_500 }),
  },
  'callbacks-lost': {
    does: 'callbacks of broker and bank never come; their resources show the news',
    rules: [
      ...at('broker', { fault: 'event-lost', probability: '0.2' }),
      ...at('bank', { fault: 'event-lost', probability: '0.15' }, { fault: 'never-calls-back', probability: '0.1' }),
    ],
  },
  'wishes-lost': {
    does: 'InvestSuite loses the event of a divest request; the sweep of pending withdrawals finds it',
    // Never of customers who raise unseen: a divest request that is overwritten and never announced is known to nobody.
    rules: only('odd', at('investSuite', { fault: 'event-lost', operation: 'event:portfolio.withdrawal-request', probability: '0.3' })),
  },
  'event-names': {
    does: 'InvestSuite uses the other documented names of its events',
    rules: at('investSuite', { fault: 'event-name-variant', probability: '0.5' }),
  },
  'forgotten-keys': {
    does: 'broker and bank forget an idempotency key: a repeat would be carried out again',
    rules: [
      ...at('broker', { fault: 'forget-the-key', probability: '0.5' }),
      ...at('bank', { fault: 'forget-the-key', probability: '0.5' }),
    ],
  },
  'wrong-amounts': {
    does: 'the bank answers a payment with another amount',
    rules: at(
      'bank',
      { fault: 'wrong-amount-in-the-answer', operation: 'create-payment', probability: '0.15' },
      // Seen again by the search: that one is for a person.
      { fault: 'wrong-amount-in-the-answer', operation: 'find-payment', probability: '0.02', times: 1 },
    ),
  },
  'unknown-statuses': {
    does: 'a status that nobody has documented',
    rules: [
      ...at('broker', { fault: 'unknown-status', probability: '0.05' }),
      ...at('bank', { fault: 'unknown-status', probability: '0.1' }),
    ],
  },
  'short-tokens': {
    does: "InvestSuite's tokens live shorter than they say",
    rules: at('investSuite', { fault: 'token-short', probability: '0.5', delayMs: 1_000 }),
  },
  'version-gaps': {
    does: 'the customer raises the divest request between our read and our write',
    rules: [
      ...only('even', at('investSuite', { fault: 'version-gap', probability: '0.15', times: 1, detail: 'raise:10' })),
      ...at('investSuite', { fault: 'version-gap', probability: '0.05', detail: 'settings' }),
    ],
  },
  'partial-fills': { does: 'orders are filled in parts', rules: at('broker', { fault: 'partial-fill', probability: '0.4', detail: '3' }) },
  'late-settlement': {
    does: 'the cash of a sale settles late',
    rules: at('broker', { fault: 'settle-late', probability: '0.1', delayMs: 3_000 }),
  },
  'cash-outs-on-hold': {
    does: 'the broker holds a cash-out for a while',
    rules: at('broker', { fault: 'redemption-on-hold', probability: '0.1', delayMs: 2_000 }),
  },
  'payments-pending': {
    does: 'the bank takes its time with a payment',
    rules: at('bank', { fault: 'stay-pending', probability: '0.1', delayMs: 2_500 }),
  },
  'refused-payments': {
    does: 'the bank refuses a payment, at once or later: it waits for a person',
    rules: at(
      'bank',
      { fault: 'reject-later', probability: '0.04', times: 1 },
      { fault: 'refuse', operation: 'create-payment', probability: '0.04', times: 1, detail: 'AC04' },
    ),
  },
  'returned-payments': {
    does: 'the bank sends a settled payment back: it waits for a person',
    rules: at('bank', { fault: 'return-after-settled', probability: '0.04', times: 2 }),
  },
  'slow-optimiser': {
    does: 'the optimiser takes its time',
    rules: at('investSuite', { fault: 'optimiser-slow', probability: '0.2', delayMs: 1_500 }),
  },
} as const satisfies Readonly<Record<string, NamedFault>>;

export type FaultName = keyof typeof FAULTS;
export const isFault = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);

/** The names of one customer at the three systems. */
export type Subjects = Readonly<Record<System, string>>;

/** What is to be switched on. `subjects` are the customers in order, the first of them number 1. */
export const rulesOf = (names: readonly FaultName[], subjects: readonly Subjects[]): readonly Omit<SystemFault, 'only'>[] =>
  names.flatMap((name) =>
    FAULTS[name].rules.flatMap(({ system, fault, only: which }: SystemFault): readonly SystemFault[] => {
      if (which === undefined) return [{ system, fault }];
      const chosen = subjects.filter((_, index) => (index % 2 === 0) === (which === 'odd'));
      return chosen.map((subject) => ({ system, fault: { ...fault, subject: subject[system] } }));
    }),
  );
