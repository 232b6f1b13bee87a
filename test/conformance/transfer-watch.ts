/** A transfer as the product follows it: the payout service's own table and effect, over the adapter that is judged. */
import type { PaymentSources } from '../../shared/facts/fresh-facts.js';
import { Bug } from '../../shared/kernel/bug.js';
import type { EffectRecord, LifeEvent } from '../../shared/kernel/effect-life.js';
import { step, type AnyFlow, type JourneyRecord, type Trigger, type RulesOf } from '../../shared/kernel/step.js';
import type { CoreBankingPort, PaymentRequest } from '../../shared/ports/core-banking.js';
import { payoutFlow } from '../../services/payout/src/decide/payout.flow.js';
import type { Payout, PayoutInput } from '../../services/payout/src/decide/payout.js';
import { payCounterAccount } from '../../services/payout/src/effect/pay-counter-account.js';
import { noneCompared } from '../builders/known-cash-outs.js';
import { sendingOf } from './carry.js';

/** What the consumer makes of a callback: a reference to ask about, or the news of a return. */
export type Heard = { readonly notification: string } | { readonly reference: string; readonly input: PayoutInput };

export type TransferWatch = {
  /** Asks the bank, as the engine does when it is time. */
  readonly look: () => Promise<void>;
  readonly hear: (callback: Heard) => Promise<void>;
  readonly status: () => Payout['status'];
  /** How often it was said that the payout is paid. */
  readonly finished: () => number;
  /** Why an input was called impossible, or null. */
  readonly impossible: () => string | null;
};

const TIMING = { timeoutMs: 30_000, firstWaitMs: 1, longestWaitMs: 1, patienceMs: 60_000 };

const stateOf = (request: PaymentRequest): Payout => ({
  status: 'Transferring',
  withdrawalId: 'W-1',
  portfolioId: 'P-1',
  ownerId: 'U-1',
  brokerAccount: 'B-1',
  amount: request.amount.amount,
  currency: request.amount.currency,
  owner: { externalId: 'C-1', shownIban: request.creditorIban },
  counterAccount: { iban: request.creditorIban, ownerName: request.creditorName },
  cashOutId: 'CO-1',
  approved: true,
  payment: null,
  suspense: null,
  returnedBecause: null,
  paying: request.amount.amount,
  reserved: true,
  limitsPassed: null,
  endsAs: null,
  reason: null,
});

const effectOf = (request: PaymentRequest): EffectRecord => ({
  ...{ id: 'J-1:PayCounterAccount', name: 'PayCounterAccount', kind: 'once', status: 'accepted', generation: 1, attempt: 1, note: null },
  ...{ reference: request.endToEndId, plannedAtMs: 0, firstSentAtMs: Date.now(), lastSentAtMs: Date.now(), dueAtMs: 0 },
});

/** A payment is only inquired about here: nothing is sent, so nothing is read again. */
const UNREAD = {} as PaymentSources;

/** Watches a payment that the bank was asked for. */
export const watchTransfer = (bank: CoreBankingPort, request: PaymentRequest): TransferWatch => {
  const choices = { houseAccountIban: request.debtorIban, remittanceInformation: '' };
  const effect = payCounterAccount(bank, UNREAD, noneCompared, choices, TIMING, Date.now);
  const flow = payoutFlow as unknown as AnyFlow;
  const rules: RulesOf = (_name, row) => ({
    kind: 'once',
    perJourney: 'one',
    life: { ...TIMING, whenUnknown: row.whenUnknown, ability: effect.ability },
  });
  let finished = 0;
  let impossible: string | null = null;
  let journey: JourneyRecord = {
    ...{ id: 'J-1', flow: flow.name, subject: 'S-1', portfolioId: 'P-1', version: 1, ended: false, held: null },
    ...{ openedAtMs: 0, policy: null },
    ...{ state: stateOf(request), effect: effectOf(request) },
  };
  const take = (trigger: Trigger): void => {
    const stepResult = step(flow, journey, trigger, { rulesOf: rules, policy: null, nowMs: Date.now() });
    if (stepResult.kind === 'impossible') impossible = stepResult.why;
    if (stepResult.kind === 'postponed') journey = { ...journey, effect: stepResult.effect };
    if (stepResult.kind !== 'moved') return;
    journey = stepResult.journey;
    finished += stepResult.emits.filter((said) => 'data' in said && 'outcome' in said.data && said.data.outcome === 'paid').length;
  };
  const look = async (): Promise<void> => {
    const of = journey.effect;
    if (of === null || (of.status !== 'accepted' && of.status !== 'unknown')) return;
    const askedAtMs = Date.now();
    const inquiry = await effect.inquire(request, {
      ...sendingOf(of.id, of.firstSentAtMs ?? 0, TIMING.timeoutMs),
      portfolioId: 'P-1',
    });
    const event: LifeEvent = { type: 'Inquired', inquiry, askedAtMs, of };
    take({ kind: 'effect', effectId: of.id, event });
  };
  return {
    look,
    hear: async (callback) => {
      const reference = 'notification' in callback ? callback.notification : callback.reference;
      if (reference !== request.endToEndId) throw new Bug('a callback about another payment');
      if ('notification' in callback) await look();
      else take({ kind: 'input', input: callback.input });
    },
    status: () => journey.state.status as Payout['status'],
    finished: () => finished,
    impossible: () => impossible,
  };
};
