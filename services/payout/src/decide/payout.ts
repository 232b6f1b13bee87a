import { z } from 'zod';
import type { OwnEvent, PayoutRequested } from '../../../../contracts/internal/events.js';
import { parseDecimal, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../../../shared/kernel/money.js';

const amount = z.custom<Decimal>((value) => typeof value === 'string' && parseDecimal(value) === value, 'not a canonical decimal');

export const payoutStatuses = [
  'ReadingOwner',
  'CheckingCounterAccount',
  'CoolingOff',
  'CashingOut',
  'ApprovingCashOut',
  'ConfirmingCashOut',
  'Transferring',
  'EnteringSuspense',
  'InSuspense',
  'Paid',
  'Returned',
  'Refused',
  'MovedBack',
] as const;

/** One payment for one withdrawal. `amount` in major units of `currency`; fixed by the request. */
export const payoutState = z.object({
  status: z.enum(payoutStatuses),
  withdrawalId: z.string(),
  portfolioId: z.string(),
  ownerId: z.string(),
  brokerAccount: z.string(),
  amount,
  currency: z.string(),
  /** It has cooled off: what was asked for then may not be asked for any more. */
  waited: z.boolean().default(false),
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

export type CashOutRefusal = 'not-enough-cash' | 'not-allowed' | 'malformed' | 'failed' | 'returned' | 'refused';

/** What InvestSuite shows of the portfolio now. `open`: neither blocked nor archived nor deleted. */
export type RequestRead = { readonly ownerId: string; readonly open: boolean; readonly level: DivestAmount };
/** `request` is read where the payout has waited, and null otherwise: the withdrawal has just read it. */
export type OwnerRead = { readonly externalId: string | null; readonly shownIban: string | null; readonly request: RequestRead | null };

/** The counter account at the bank. */
export type CounterAccountRead = {
  readonly customerActive: boolean;
  /** Null when the customer has none. IBAN in electronic format, upper case. */
  readonly account: { readonly iban: string; readonly ownerName: string } | null;
  /** Form and check digits; not whether it exists. */
  readonly ibanWellFormed: boolean;
  /** In ms. Null when the bank does not say that it ever changed. */
  readonly changedMsAgo: number | null;
};

export type PaidTransfer = {
  readonly paymentId: string;
  /** Ours; null when people have paid by hand. */
  readonly endToEndId: string | null;
  /** ISO 8601: the booking, or when we learned of it where the bank does not say. */
  readonly paidAt: string;
  readonly returned: TransferReturn | null;
};

/** What is free to leave the customer's account at the broker. `at`: ISO 8601 UTC. */
export type WithdrawableRead = { readonly withdrawable: Decimal; readonly currency: string; readonly at: string };

export type PayoutEffects = {
  ReadOwner: { kind: 'read'; result: OwnerRead; reason: 'not-found' | 'forbidden' };
  ReadCounterAccount: { kind: 'read'; result: CounterAccountRead; reason: 'not-found' };
  /** Customer's account to house account at the broker. */
  CreateCashOut: { kind: 'once'; result: CashOutSeen; reason: CashOutRefusal };
  ApproveCashOut: { kind: 'by-key'; result: CashOutSeen; reason: CashOutRefusal };
  ReadCashOut: { kind: 'read'; result: CashOutSeen; reason: 'not-found' };
  /** House account to counter account at the bank. Reasons: ISO 20022 status reason codes. */
  PayCounterAccount: { kind: 'once'; result: PaidTransfer; reason: string };
  /** Before people are asked what became of the cash: the figure that their word is held against. */
  ReadWithdrawable: { kind: 'read'; result: WithdrawableRead; reason: 'not-found' };
  /** What becomes of cash that stands on the house account and will not be transferred: only people can say. */
  ClearSuspense: { kind: 'once'; result: PaidTransfer; reason: string };
};

export type PayoutEmits = Extract<OwnEvent, { event: 'payout.finished' }>;
