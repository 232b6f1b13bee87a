import { hash } from 'node:crypto';
import { isValidIBAN } from 'ibantools';
import type { PortfolioDecided } from '../../../../contracts/internal/standing.js';
import type { CustomerDecided, PaymentSources } from '../../../../shared/facts/fresh-facts.js';
import { isoOf } from '../../../../shared/kernel/instant.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import { currency, sameMoney } from '../../../../shared/kernel/money.js';
import type { CoreBankingPort, Payment, PaymentRequest } from '../../../../shared/ports/core-banking.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { counterAccountOf, ownerOf } from '../decide/payout.rules.js';
import type { PaidTransfer, Payout, PayoutEffects } from '../decide/payout.js';
import type { CashOutsStand } from './cash-outs-stand.js';
import { cashOutsOf, moneyMayLeave, type RestsOn } from './rests-on.js';

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
  paidAt: payment.bookedAt ?? isoOf(nowMs),
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

type Bank = Pick<CoreBankingPort, 'abilities' | 'pay' | 'findPayment'>;
/** A request of an earlier release has no `restsOn`, and is not sent. */
type Request = PaymentRequest & { readonly externalId: string; readonly restsOn?: Pick<RestsOn, 'ownerId' | 'cashOuts'> };

/** What the bank hears of it. */
const askedOf = ({ restsOn: _ours, externalId: _theirs, ...asked }: Request): PaymentRequest => asked;

const decided = ({ amount, restsOn }: Request): PortfolioDecided => ({
  ownerId: restsOn?.ownerId ?? null,
  brokerAccount: restsOn?.cashOuts?.account ?? null,
  currency: amount.currency,
  asked: amount.amount,
});
const customerOf = ({ externalId, creditorIban, creditorName }: Request): CustomerDecided => ({
  externalId,
  account: { iban: creditorIban, ownerName: creditorName },
});

/** From the house account to the counter account, when that is still the one that was checked. `applied` means settled. */
export const payCounterAccount = (
  coreBanking: Bank,
  sources: PaymentSources,
  compare: CashOutsStand,
  choices: TransferChoices,
  timing: Timing,
  nowMs: () => number,
): EffectDefinitions<Payout, PayoutEffects>['PayCounterAccount'] => ({
  kind: 'once',
  perJourney: 'one',
  system: 'core-banking',
  // Whoever stops it stops it under both names.
  operation: 'PayCounterAccount',
  timing,
  ability: coreBanking.abilities.pay,
  // Under our own reference the bank shows every payment of ours: nobody is told as paid whom it does not show.
  shownWhenDone: true,
  request: (p, journey, key): Request => {
    const { iban, ownerName } = counterAccountOf(p);
    return {
      endToEndId: endToEndIdOf(key),
      uetr: uetrOf(key),
      debtorIban: choices.houseAccountIban,
      creditorName: ownerName,
      creditorIban: iban,
      amount: { amount: p.paying, currency: currency(p.currency) },
      remittanceInformation: choices.remittanceInformation,
      externalId: ownerOf(p).externalId,
      restsOn: { ownerId: p.ownerId, cashOuts: cashOutsOf(p, journey) },
    };
  },
  reference: (request: PaymentRequest) => request.endToEndId,
  restsOn: (request: Request, sending) => {
    const asked = { portfolio: decided(request), customer: customerOf(request), toBePaid: request.amount };
    return moneyMayLeave(sources, compare, { ...asked, cashOuts: request.restsOn?.cashOuts }, sending);
  },
  send: async (request: Request, sending) => {
    const outcome = await coreBanking.pay(askedOf(request), sending);
    // The bank calls back under our reference, whatever name it gives the payment itself.
    if (outcome.kind === 'accepted') return { ...outcome, reference: request.endToEndId };
    if (outcome.kind !== 'applied') return outcome;
    const difference = differs(request, outcome.result);
    return difference === null ? { kind: 'applied', result: paidOf(outcome.result, nowMs()) } : { kind: 'unknown', evidence: difference };
  },
  inquire: async (request: Request, sending) => {
    const inquiry = await coreBanking.findPayment(askedOf(request), sending);
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
    paidAt: isoOf(nowMs()),
    returned: null,
  }),
});
