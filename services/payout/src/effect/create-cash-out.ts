import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { BrokerPort, CashOut, CashOutRequest } from '../../../../shared/ports/broker.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { CashOutSeen, Payout, PayoutEffects } from '../decide/payout.js';

/** What our own journey keeps of a cash-out. */
export const seenOf = (cashOut: CashOut): CashOutSeen => ({
  cashOutId: cashOut.cashOutId,
  // No news: asked again, and approved when it turns out to need that.
  status: cashOut.status === 'unclear' ? 'pending' : cashOut.status,
  amount: cashOut.amount?.amount ?? null,
  currency: cashOut.amount?.currency ?? null,
});

const requestOf = (p: Payout): CashOutRequest => ({
  account: p.brokerAccount as BrokerAccountId,
  amount: { amount: p.amount, currency: currency(p.currency) },
});

/** From the customer's account to the house account at the broker. `applied` means taken in; whether it is done, its status says. */
export const createCashOut = (
  broker: Pick<BrokerPort, 'abilities' | 'createCashOut' | 'findCashOut'>,
  timing: Timing,
): EffectDefinitions<Payout, PayoutEffects>['CreateCashOut'] => ({
  kind: 'once',
  perJourney: 'one',
  system: 'broker',
  timing,
  ability: broker.abilities.createCashOut,
  request: requestOf,
  send: async (request: CashOutRequest, sending) => {
    const outcome = await broker.createCashOut(request, sending);
    return outcome.kind === 'applied' ? { kind: 'applied', result: seenOf(outcome.result) } : outcome;
  },
  inquire: async (request: CashOutRequest, sending) => {
    const inquiry = await broker.findCashOut(request, sending);
    return inquiry.found === 'applied' ? { found: 'applied', result: seenOf(inquiry.result) } : inquiry;
  },
  // The first word of the evidence is the broker's id. The broker is asked about it before anything is paid.
  resultFromPerson: (request: CashOutRequest, evidence) => ({
    cashOutId: idFromEvidence(evidence),
    status: 'pending',
    amount: request.amount.amount,
    currency: request.amount.currency,
  }),
});
