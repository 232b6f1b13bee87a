import { instantMs, isoOf } from '../../../../shared/kernel/instant.js';
import { compare, minus, plus, type Decimal } from '../../../../shared/kernel/decimal.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import type { WordChecked } from '../../../../shared/kernel/outcome.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { CoreBankingPort, ShownPayment } from '../../../../shared/ports/core-banking.js';
import { byPeople, type EffectDefinitions, type Timing } from '../../../../shared/runtime/engine/definition.js';
import { counterAccountOf } from '../decide/payout.rules.js';
import type { PaidTransfer, Payout, PayoutEffects } from '../decide/payout.js';
import { isOwnReference } from './pay-counter-account.js';

/** What people's word is held against. Frozen with the request, and shown to them; amounts in major units of `currency`. */
type Request = {
  readonly amount: Decimal;
  readonly currency: string;
  readonly brokerAccount: string;
  readonly cashOutId: string | null;
  /** The account that was checked: what is paid by hand has to go there. Electronic format. */
  readonly creditorIban: string;
  /** At the broker when the suspense began; null when nobody could say. */
  readonly withdrawableThen: Decimal | null;
  /** ISO 8601 UTC. */
  readonly suspendedAt: string | null;
};

type Word = Promise<WordChecked<PaidTransfer>>;
export type SuspenseWitnesses = {
  readonly coreBanking: Pick<CoreBankingPort, 'readPayment'>;
  readonly broker: Pick<BrokerPort, 'readCashOut' | 'readCash'>;
};

const notTaken = (why: string): WordChecked<never> => ({ taken: false, why });

/** Of the first release, or the second: it does not say what their word could be held against. People ask anew, and it does. */
const isOlder = (request: Partial<Request>): boolean => request.creditorIban === undefined;
const OLDER = 'it was asked before such answers were checked: answer send-again first, which sends nothing';

/** A booking may carry the day alone, in the zone of the bank: this much earlier than the suspense is still after it. */
const BOOKING_TOLERANCE_MS = 86_400_000;

/** Why this is not the payment that people made by hand for this customer, in this suspense; null when it is. */
const differs = (request: Request, payment: ShownPayment): string | null => {
  if (payment.state !== 'settled') return `the bank shows that payment as ${payment.state}`;
  if (payment.returned) return 'the bank has sent that payment back';
  if (isOwnReference(payment.endToEndId)) return 'that payment was made by the middleware, for this withdrawal or another one';
  if (payment.amount.currency !== request.currency || compare(payment.amount.amount, request.amount) !== 0)
    return `the bank shows ${payment.amount.currency} ${payment.amount.amount}, not ${request.currency} ${request.amount}`;
  if (payment.creditorIban === null) return 'the bank does not show to which account that payment went';
  if (payment.creditorIban !== request.creditorIban) return 'that payment went to another account than the one that was checked';
  if (request.suspendedAt === null) return null;
  if (payment.bookedAtMs === null) return 'the bank does not show when that payment was booked';
  return payment.bookedAtMs < (instantMs(request.suspendedAt) ?? Infinity) - BOOKING_TOLERANCE_MS
    ? 'that payment was booked before the cash was in suspense'
    : null;
};

/** By the id at the bank, else by the reference: people write down either. */
const readPayment = async (
  bank: SuspenseWitnesses['coreBanking'],
  id: string,
  signal: AbortSignal,
): ReturnType<CoreBankingPort['readPayment']> => {
  const byId = await bank.readPayment({ paymentId: id }, signal);
  return byId.kind === 'rejected' ? bank.readPayment({ endToEndId: id }, signal) : byId;
};

const paidByHand = async (bank: SuspenseWitnesses['coreBanking'], request: Request, evidence: string, signal: AbortSignal): Word => {
  const id = idFromEvidence(evidence);
  if (id === '') return notTaken("the evidence does not begin with the bank's id of the payment");
  const read = await readPayment(bank, id, signal);
  if (read.kind === 'rejected')
    return notTaken(read.reason === 'several' ? `the bank shows several payments under ${id}` : `the bank shows no payment ${id}`);
  if (read.kind !== 'applied') return notTaken('the bank could not be asked just now');
  const why = differs(request, read.result);
  if (why !== null) return notTaken(why);
  const { paymentId, endToEndId, bookedAt } = read.result;
  return { taken: true, result: { paymentId, endToEndId, paidAt: bookedAt ?? '', returned: null } };
};

type Seen = 'it came back' | 'it did not' | 'it is under way' | 'no answer';

const cashOutCameBack = async (broker: SuspenseWitnesses['broker'], cashOutId: string | null, signal: AbortSignal): Promise<Seen> => {
  if (cashOutId === null) return 'it did not';
  const read = await broker.readCashOut(cashOutId, signal);
  if (read.kind === 'rejected') return 'it did not';
  if (read.kind !== 'applied') return 'no answer';
  const { status } = read.result;
  if (status === 'returned' || status === 'failed') return 'it came back';
  return status === 'done' ? 'it did not' : 'it is under way';
};

const movedBack = async (broker: SuspenseWitnesses['broker'], request: Request, signal: AbortSignal): Word => {
  const cashOut = await cashOutCameBack(broker, request.cashOutId, signal);
  if (cashOut === 'it came back') return { taken: true };
  if (cashOut === 'no answer') return notTaken('the broker could not be asked just now');
  // What has not left yet has not come back, however much cash there is.
  if (cashOut === 'it is under way') return notTaken('the cash-out is still under way at the broker');
  const { amount, currency, withdrawableThen } = request;
  if (withdrawableThen === null)
    return notTaken('the cash-out has not come back at the broker, and nobody knows what was withdrawable when the suspense began');
  const cash = await broker.readCash(request.brokerAccount as BrokerAccountId, signal);
  if (cash.kind !== 'applied') return notTaken('the cash-out has not come back, and the broker could not be asked for the cash just now');
  const { withdrawable, currency: code } = cash.result;
  if (code === currency && compare(withdrawable, plus(withdrawableThen, amount)) >= 0) return { taken: true };
  const risen = code === currency ? minus(withdrawable, withdrawableThen) : null;
  return notTaken(
    `the cash-out has not come back at the broker, and withdrawable is ${code} ${withdrawable} now, was ${currency} ${withdrawableThen} when the suspense began: ` +
      `${risen === null ? 'another currency' : `${risen} more`}, and ${amount} was to come back`,
  );
};

/**
 * Done by people outside of this system. Nothing is sent, and the flow parks the effect until two people have said what they did. Their word
 * is held against the other side. A payment by hand has to stand in the bank's books, cash that was moved back in the broker's.
 */
export const clearSuspense = (
  { coreBanking, broker }: SuspenseWitnesses,
  timing: Timing,
  nowMs: () => number,
): EffectDefinitions<Payout, PayoutEffects>['ClearSuspense'] => ({
  ...byPeople(timing),
  request: (p): Request => ({
    amount: p.amount,
    currency: p.currency,
    brokerAccount: p.brokerAccount,
    cashOutId: p.cashOutId,
    creditorIban: counterAccountOf(p).iban,
    withdrawableThen: p.suspense?.withdrawable ?? null,
    suspendedAt: p.suspense?.at ?? null,
  }),
  checkWord: async (request: Request, { said, evidence }, { signal }) => {
    // Nothing is sent; the question is put to people anew, with the facts of now.
    if (said === 'send-again') return { taken: true };
    if (isOlder(request)) return notTaken(OLDER);
    return said === 'applied' ? paidByHand(coreBanking, request, evidence, signal) : movedBack(broker, request, signal);
  },
  resultFromPerson: (_request: Request, evidence) => ({
    paymentId: idFromEvidence(evidence),
    endToEndId: null,
    paidAt: isoOf(nowMs()),
    returned: null,
  }),
});
