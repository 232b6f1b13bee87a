import { z } from 'zod';
import type { OwnEvent, PayoutRequested } from '../../../../contracts/internal/events.js';
import type { PortfolioNow } from '../../../../contracts/internal/standing.js';
import { parseDecimal, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { NotSent } from '../../../../shared/kernel/outcome.js';

const amount = z.custom<Decimal>((value) => typeof value === 'string' && parseDecimal(value) === value, 'not a canonical decimal');

export const payoutStatuses = [
  'ReadingOwner',
  'CheckingCounterAccount',
  'CoolingOff',
  'ReservingLimits',
  'CashingOut',
  'ApprovingCashOut',
  'ConfirmingCashOut',
  'Transferring',
  'ReadingRequest',
  'TransferringAnew',
  'RestInSuspense',
  'EnteringSuspense',
  'InSuspense',
  'FreeingLimits',
  'Paid',
  'Returned',
  'Refused',
  'MovedBack',
] as const;

/** Ends of which it is known that nothing was paid. */
const unpaidEnds = ['Refused', 'MovedBack'] as const satisfies readonly (typeof payoutStatuses)[number][];
export type UnpaidEnd = (typeof unpaidEnds)[number];

/** One payment for one withdrawal. `amount` in major units of `currency`; fixed by the request. */
export const payoutState = z.object({
  status: z.enum(payoutStatuses),
  withdrawalId: z.string(),
  portfolioId: z.string(),
  ownerId: z.string(),
  brokerAccount: z.string(),
  amount,
  currency: z.string(),
  /** The owner as InvestSuite shows it: the customer's id at the bank, and the account on display, if any, upper case without spaces. */
  owner: z.object({ externalId: z.string(), shownIban: z.string().nullable() }).nullable(),
  /** The account that was checked, as it was then; what is paid is this one. */
  counterAccount: z.object({ iban: z.string(), ownerName: z.string() }).nullable(),
  /** The broker's id of the cash-out. */
  cashOutId: z.string().nullable(),
  /** We have approved the cash-out; it is not done twice. */
  approved: z.boolean(),
  /** `endToEndId` is null when people have paid by hand. */
  payment: z.object({ paymentId: z.string(), endToEndId: z.string().nullable(), paidAt: z.string() }).nullable(),
  /** What the broker showed as withdrawable when the suspense began, in `currency`, and when that was (ISO 8601 UTC); null when nobody could say. */
  suspense: z.object({ withdrawable: amount, at: z.string() }).nullable().default(null),
  /** Why the bank sent the money back, when it said so before it said that it had paid. */
  returnedBecause: z.string().nullable(),
  /** What is transferred: less than `amount` once the customer has lowered the request after the cash-out. */
  paying: amount,
  /** What it uses of the tenant's limits is reserved, and not freed again. */
  reserved: z.boolean(),
  /** What people said when they let it pass although it is over a limit. */
  limitsPassed: z.string().nullable(),
  /** How it ends once its limits are free again. */
  endsAs: z.enum(unpaidEnds).nullable(),
  /** For people: why it waits or was refused. */
  reason: z.string().nullable(),
});
export type Payout = Readonly<z.output<typeof payoutState>>;

/** Money came back after it was settled. Amount in major units; `currency` is null when the bank does not repeat it. */
export type TransferReturn = {
  readonly amount: Decimal;
  readonly currency: string | null;
  readonly reason: string;
  readonly reference: string;
};

export type PayoutInput =
  ({ readonly type: 'PayoutRequested' } & PayoutRequested) | ({ readonly type: 'TransferReturned' } & TransferReturn);

export type CashOutStatus = 'pending' | 'needs-approval' | 'done' | 'failed' | 'returned';
/** Amount in major units, as the broker shows it; null where its answer leaves it out. */
export type CashOutSeen = {
  readonly cashOutId: string;
  readonly status: CashOutStatus;
  readonly amount: Decimal | null;
  readonly currency: string | null;
};

export type CashOutRefusal = NotSent | 'not-enough-cash' | 'not-allowed' | 'malformed' | 'failed' | 'returned' | 'refused';

/** The owner whom the message names, and the portfolio as InvestSuite shows it now: the message alone is believed in nothing. */
export type OwnerRead = { readonly externalId: string | null; readonly shownIban: string | null; readonly portfolio: PortfolioNow };

/** The counter account at the bank. */
export type CounterAccountRead = {
  readonly customerActive: boolean;
  /** Null when the customer has none. IBAN in electronic format, upper case. */
  readonly account: { readonly iban: string; readonly ownerName: string } | null;
  /** Form and check digits; not whether it exists. */
  readonly ibanWellFormed: boolean;
  /** In ms. Null when the bank does not say that it ever changed. */
  readonly changedMsAgo: number | null;
  /** What is wrong with the bank's date of the last change, so that it counts as now; absent when the date was read. */
  readonly changedAtUnclear?: 'cannot be read' | 'is yet to come';
  /** Why no payment can go there, by the rules of the rail; absent when one can. */
  readonly notPayable?: NotSent;
};

export type PaidTransfer = {
  readonly paymentId: string;
  /** Ours; null when people have paid by hand. */
  readonly endToEndId: string | null;
  /** ISO 8601: the booking, or when we learned of it where the bank does not say. */
  readonly paidAt: string;
  readonly returned: TransferReturn | null;
};

/** `passed` is null when the limits had room for it; else what people said. */
export type LimitsPassed = { readonly passed: string | null };
/** What is free to leave the customer's account at the broker. `at`: ISO 8601 UTC. */
export type WithdrawableRead = { readonly withdrawable: Decimal; readonly currency: string; readonly at: string };

export type PayoutEffects = {
  /** The portfolio once more, after a transfer that was not sent because of it. */
  ReadRequest: { kind: 'read'; result: PortfolioNow; reason: 'not-found' | 'forbidden' };
  ReadOwner: { kind: 'read'; result: OwnerRead; reason: 'not-found' | 'forbidden' };
  ReadCounterAccount: { kind: 'read'; result: CounterAccountRead; reason: 'not-found' };
  /** Refused: the limits that stand against it, in words. */
  ReserveLimits: { kind: 'by-key'; result: LimitsPassed; reason: string };
  FreeLimits: { kind: 'by-key'; result: null; reason: string };
  /** Customer's account to house account at the broker. */
  CreateCashOut: { kind: 'once'; result: CashOutSeen; reason: CashOutRefusal };
  ApproveCashOut: { kind: 'by-key'; result: CashOutSeen; reason: CashOutRefusal };
  ReadCashOut: { kind: 'read'; result: CashOutSeen; reason: 'not-found' };
  /** House account to counter account at the bank. Reasons: ISO 20022 status reason codes. */
  PayCounterAccount: { kind: 'once'; result: PaidTransfer; reason: string };
  /** The same for another amount, or once more: the first was not sent, for good. */
  PayCounterAccountAnew: { kind: 'once'; result: PaidTransfer; reason: string };
  /** The part of the cash-out that is not transferred: only people can move it back. */
  MoveRestBack: { kind: 'once'; result: null; reason: string };
  /** Before people are asked what became of the cash: the figure that their word is held against. */
  ReadWithdrawable: { kind: 'read'; result: WithdrawableRead; reason: 'not-found' };
  /** What becomes of cash that stands on the house account and will not be transferred: only people can say. */
  ClearSuspense: { kind: 'once'; result: PaidTransfer; reason: string };
};

export type PayoutEmits = Extract<OwnEvent, { event: 'payout.finished' }>;
