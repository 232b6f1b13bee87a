import type { PortfolioDecided } from '../../../../contracts/internal/standing.js';
import type { PaymentSources } from '../../../../shared/facts/fresh-facts.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { BrokerPort, CashOut, CashOutRequest } from '../../../../shared/ports/broker.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';
import type { CashOutSeen, Payout, PayoutEffects } from '../decide/payout.js';
import type { CashOutsStand } from './cash-outs-stand.js';
import { moneyMayLeave, restsOnOf, type RestsOn } from './rests-on.js';

/** What our own journey keeps of a cash-out. */
export const seenOf = (cashOut: CashOut): CashOutSeen => ({
  cashOutId: cashOut.cashOutId,
  // No news: asked again, and approved when it turns out to need that.
  status: cashOut.status === 'unclear' ? 'pending' : cashOut.status,
  amount: cashOut.amount?.amount ?? null,
  currency: cashOut.amount?.currency ?? null,
});

/** What is asked of the broker, and what it rests on. A request of an earlier release has no `restsOn`, and is not sent. */
type Request = CashOutRequest & { readonly restsOn?: RestsOn };

const requestOf = (p: Payout, journey: JourneyFacts): Request => ({
  account: p.brokerAccount as BrokerAccountId,
  amount: { amount: p.amount, currency: currency(p.currency) },
  restsOn: restsOnOf(p, journey),
});

/** What the broker hears of it. */
const askedOf = ({ account, amount }: Request): CashOutRequest => ({ account, amount });

const decided = ({ account, amount, restsOn }: Request): PortfolioDecided => ({
  ownerId: restsOn?.ownerId ?? null,
  brokerAccount: account,
  currency: amount.currency,
  asked: amount.amount,
});

/** From the customer's account to the house account at the broker. `applied` means taken in; whether it is done, its status says. */
export const createCashOut = (
  broker: Pick<BrokerPort, 'abilities' | 'createCashOut' | 'findCashOut'>,
  sources: PaymentSources,
  compare: CashOutsStand,
  timing: Timing,
): EffectDefinitions<Payout, PayoutEffects>['CreateCashOut'] => ({
  kind: 'once',
  perJourney: 'one',
  system: 'broker',
  timing,
  ability: broker.abilities.createCashOut,
  request: requestOf,
  restsOn: (request: Request, sending) => moneyMayLeave(sources, compare, { portfolio: decided(request), ...request.restsOn }, sending),
  send: async (request: Request, sending) => {
    const outcome = await broker.createCashOut(askedOf(request), sending);
    return outcome.kind === 'applied' ? { kind: 'applied', result: seenOf(outcome.result) } : outcome;
  },
  inquire: async (request: Request, sending) => {
    const inquiry = await broker.findCashOut(askedOf(request), sending);
    return inquiry.found === 'applied' ? { found: 'applied', result: seenOf(inquiry.result) } : inquiry;
  },
  // The first word of the evidence is the broker's id. The broker is asked about it before anything is paid.
  resultFromPerson: (request: Request, evidence) => ({
    cashOutId: idFromEvidence(evidence),
    status: 'pending',
    amount: request.amount.amount,
    currency: request.amount.currency,
  }),
});
