/** What we ask of the bank that pays the customer, in our words. */
import type { Money } from '../kernel/money.js';
import type { Inquiry, NotSent, OperationAbility, Outcome, Sending } from '../kernel/outcome.js';

export type CounterAccount = {
  /** Electronic format, no spaces. */
  readonly iban: string;
  readonly bic: string | null;
  readonly ownerName: string;
  /** ISO 8601 UTC of the last change, or null when the bank does not say. */
  readonly changedAt: string | null;
};

export type BankCustomer = {
  readonly externalId: string;
  readonly name: string;
  readonly active: boolean;
  readonly counterAccount: CounterAccount | null;
};

export type PaymentRequest = {
  /** Our own reference, at most 35 characters of the SEPA alphabet; derived and stored before the first send. */
  readonly endToEndId: string;
  readonly uetr: string;
  readonly debtorIban: string;
  readonly creditorName: string;
  readonly creditorIban: string;
  readonly amount: Money;
  readonly remittanceInformation: string;
};

export type Payment = {
  readonly paymentId: string;
  readonly endToEndId: string;
  readonly amount: Money;
  /** ISO 8601 UTC, or null when the bank does not say. */
  readonly bookedAt: string | null;
  /** Set when the money came back after it was settled. */
  readonly returned: { readonly amount: Money; readonly reason: string; readonly reference: string } | null;
};

/** A payment as the bank shows it, whoever made it. */
export type ShownPayment = {
  readonly paymentId: string;
  readonly endToEndId: string;
  /** `open` covers every status that is not an end, unlisted ones included. */
  readonly state: 'settled' | 'open' | 'refused';
  readonly amount: Money;
  /** Electronic format; null when the bank does not show where it went. */
  readonly creditorIban: string | null;
  /** ISO 8601 as the bank writes it, and in ms since 1970; null when it does not say, or cannot be placed in time. */
  readonly bookedAt: string | null;
  readonly bookedAtMs: number | null;
  readonly returned: boolean;
};

/**
 * ISO 20022 external status reason code where the bank gives one, e.g. AC04 (closed account). What we refuse ourselves begins with
 * `not sent: ` (see `NotSent`), so that nobody asks the bank about a payment that it never saw.
 */
export type PaymentRefusal = string;

/** What of a payment can be judged before anybody is asked. */
export type Payee = Pick<PaymentRequest, 'creditorName' | 'creditorIban'>;

export type CoreBankingPort = {
  readonly provider: string;
  readonly abilities: { readonly pay: OperationAbility };

  /**
   * What the rules of the rail say of a payee, without asking the bank: null when they allow it, else why not. The words hold
   * neither the name nor the account. Pure, and asked before the first step that cannot be taken back.
   */
  canPay(payee: Payee): NotSent | null;
  /** `applied` means ACSC, settled. RCVD, ACTC, PDNG, ACSP are `accepted`. */
  pay(request: PaymentRequest, sending: Sending): Promise<Outcome<Payment, PaymentRefusal>>;
  /** Looks for the payment by its endToEndId. */
  findPayment(request: PaymentRequest, sending: Sending): Promise<Inquiry<Payment, PaymentRefusal>>;
  /** A payment that somebody else made, by its id at the bank, or by its reference. `several`: the reference does not say which. */
  readPayment(
    by: { readonly paymentId: string } | { readonly endToEndId: string },
    signal: AbortSignal,
  ): Promise<Outcome<ShownPayment, 'not-found' | 'several'>>;
  readCustomer(externalId: string, signal: AbortSignal): Promise<Outcome<BankCustomer, 'not-found'>>;
};
