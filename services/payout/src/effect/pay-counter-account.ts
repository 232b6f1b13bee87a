import { hash } from 'node:crypto';
import { isValidIBAN } from 'ibantools';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import { currency, sameMoney } from '../../../../shared/kernel/money.js';
import type { Outcome } from '../../../../shared/kernel/outcome.js';
import type { CoreBankingPort, Payment, PaymentRequest } from '../../../../shared/ports/core-banking.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { changedSince, counterAccountOf, NOT_SENT, ownerOf } from '../decide/payout.rules.js';
import type { PaidTransfer, Payout, PayoutEffects } from '../decide/payout.js';
import { accountOf } from './read-counter-account.js';

export type TransferChoices = {
  /** The account the payments are made from: electronic format. */
  readonly houseAccountIban: string;
  /** What the customer reads on the statement; at most 140 characters. */
  readonly remittanceInformation: string;
};

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const base32 = (bytes: Uint8Array): string => {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + BASE32.charAt((held << (5 - bits)) & 31);
};

const hashOf = (text: string): Buffer => hash('sha256', text, 'buffer');

/** 28 characters, capitals and digits: 128 bits of a hash of the effect's key. Another generation has another key. */
export const endToEndIdOf = (key: string): string => `WD${base32(hashOf(`end-to-end:${key}`).subarray(0, 16))}`;

/** Whether a reference is one of those that `endToEndIdOf` makes. */
export const isOwnReference = (endToEndId: string): boolean => /^WD[A-Z2-7]{26}$/.test(endToEndId);

/** A UUID of the shape of version 4 (RFC 9562), derived and not drawn, so that it is the same on every repeat. */
export const uetrOf = (key: string): string => {
  const bytes = hashOf(`uetr:${key}`).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** An answer about another payment than ours proves nothing about ours. */
const differs = (request: PaymentRequest, payment: Payment): string | null => {
  if (payment.endToEndId !== request.endToEndId) return 'the answer is about another reference';
  return sameMoney(payment.amount, request.amount) ? null : 'the answer shows another amount';
};

const paidOf = (payment: Payment, nowMs: number): PaidTransfer => ({
  paymentId: payment.paymentId,
  endToEndId: payment.endToEndId,
  paidAt: payment.bookedAt ?? new Date(nowMs).toISOString(),
  returned:
    payment.returned === null
      ? null
      : {
          amount: payment.returned.amount.amount,
          currency: payment.returned.amount.currency,
          reason: payment.returned.reason,
          reference: payment.returned.reference,
        },
});

/** Form and check digits, electronic format; not whether the account exists. */
export const isIban = (text: string): boolean => isValidIBAN(text);

type Bank = Pick<CoreBankingPort, 'abilities' | 'pay' | 'findPayment' | 'readCustomer'>;
type Request = PaymentRequest & { readonly externalId: string };
type NotSent = Extract<Outcome<never>, { kind: 'rejected' | 'retryable' }>;

/** Null when the account is still the one that was checked. Whatever this says, nothing has left for the bank. */
const checkAgain = async (bank: Bank, request: Request, signal: AbortSignal): Promise<NotSent | null> => {
  const outcome = await bank.readCustomer(request.externalId, signal);
  if (outcome.kind === 'rejected') return { kind: 'rejected', reason: `${NOT_SENT}the bank does not know the customer any more` };
  if (outcome.kind !== 'applied')
    return { kind: 'retryable', evidence: `not sent: the counter account could not be checked again (${outcome.kind})` };
  const { active, counterAccount } = outcome.result;
  const changed = changedSince(
    { iban: request.creditorIban, ownerName: request.creditorName },
    { customerActive: active, account: accountOf(counterAccount) },
  );
  return changed === null ? null : { kind: 'rejected', reason: `${NOT_SENT}${changed}` };
};

/** From the house account to the counter account, when that is still the one that was checked. `applied` means settled. */
export const payCounterAccount = (
  coreBanking: Bank,
  choices: TransferChoices,
  timing: Timing,
  nowMs: () => number,
): EffectDefinitions<Payout, PayoutEffects>['PayCounterAccount'] => ({
  kind: 'once',
  perJourney: 'one',
  system: 'core-banking',
  timing,
  ability: coreBanking.abilities.pay,
  // Under our own reference the bank shows every payment of ours: nobody is told as paid whom it does not show.
  shownWhenDone: true,
  request: (p, _journey, key): Request => {
    const { iban, ownerName } = counterAccountOf(p);
    return {
      endToEndId: endToEndIdOf(key),
      uetr: uetrOf(key),
      debtorIban: choices.houseAccountIban,
      creditorName: ownerName,
      creditorIban: iban,
      amount: { amount: p.amount, currency: currency(p.currency) },
      remittanceInformation: choices.remittanceInformation,
      externalId: ownerOf(p).externalId,
    };
  },
  reference: (request: PaymentRequest) => request.endToEndId,
  send: async (request: Request, sending) => {
    const notSent = await checkAgain(coreBanking, request, sending.signal);
    if (notSent !== null) return notSent;
    const outcome = await coreBanking.pay(request, sending);
    // The bank calls back under our reference, whatever name it gives the payment itself.
    if (outcome.kind === 'accepted') return { ...outcome, reference: request.endToEndId };
    if (outcome.kind !== 'applied') return outcome;
    const difference = differs(request, outcome.result);
    return difference === null ? { kind: 'applied', result: paidOf(outcome.result, nowMs()) } : { kind: 'unknown', evidence: difference };
  },
  inquire: async (request: PaymentRequest, sending) => {
    const inquiry = await coreBanking.findPayment(request, sending);
    if (inquiry.found === 'pending') return { ...inquiry, reference: request.endToEndId };
    if (inquiry.found !== 'applied') return inquiry;
    const difference = differs(request, inquiry.result);
    return difference === null
      ? { found: 'applied', result: paidOf(inquiry.result, nowMs()) }
      : { found: 'ambiguous', evidence: difference };
  },
  resultFromPerson: (request: PaymentRequest, evidence) => ({
    paymentId: idFromEvidence(evidence),
    endToEndId: request.endToEndId,
    paidAt: new Date(nowMs()).toISOString(),
    returned: null,
  }),
});
