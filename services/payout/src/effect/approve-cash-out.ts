import type { PortfolioDecided } from '../../../../contracts/internal/standing.js';
import type { PaymentSources } from '../../../../shared/facts/fresh-facts.js';
import type { Decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { cashOutIdOf } from '../decide/payout.rules.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';
import type { CashOutsStand } from './cash-outs-stand.js';
import { seenOf } from './create-cash-out.js';
import { moneyMayLeave, restsOnOf, type RestsOn } from './rests-on.js';

type Request = { readonly cashOutId: string; readonly amount: Decimal; readonly currency: string; readonly restsOn?: RestsOn };

/** A smaller level lets the cash-out go on: the transfer pays that level. */
const decided = ({ currency, restsOn }: Request): PortfolioDecided => ({
  ownerId: restsOn?.ownerId ?? null,
  brokerAccount: null,
  currency,
  asked: 'something',
});

/** A managed account's cash-out waits for its adviser, which is us. Approving twice changes nothing. */
export const approveCashOut = (
  broker: Pick<BrokerPort, 'abilities' | 'approveCashOut' | 'readCashOut'>,
  sources: PaymentSources,
  compare: CashOutsStand,
  timing: Timing,
): EffectDefinitions<Payout, PayoutEffects>['ApproveCashOut'] => ({
  kind: 'by-key',
  perJourney: 'one',
  system: 'broker',
  timing,
  ability: broker.abilities.approveCashOut,
  request: (p, journey): Request => ({
    cashOutId: cashOutIdOf(p),
    amount: p.amount,
    currency: p.currency,
    restsOn: restsOnOf(p, journey),
  }),
  reference: (request: Request) => request.cashOutId,
  restsOn: (request: Request, sending) => moneyMayLeave(sources, compare, { portfolio: decided(request), ...request.restsOn }, sending),
  send: async (request: Request, sending) => {
    const outcome = await broker.approveCashOut(request.cashOutId, sending);
    return outcome.kind === 'applied' ? { kind: 'applied', result: seenOf(outcome.result) } : outcome;
  },
  inquire: async (request: Request, sending) => {
    const outcome = await broker.readCashOut(request.cashOutId, sending.signal);
    if (outcome.kind !== 'applied') return { found: 'no-answer', evidence: `the cash-out could not be read: ${outcome.kind}` };
    const { status, brokerStatus } = outcome.result;
    if (status === 'unclear') return { found: 'no-answer', evidence: `the broker says ${brokerStatus}` };
    // It will never be approved any more, whoever asks.
    if (status === 'failed' || status === 'returned') return { found: 'rejected', reason: status };
    return status === 'needs-approval' ? { found: 'absent' } : { found: 'applied', result: seenOf(outcome.result) };
  },
  // Whether it is done, the broker is asked next.
  resultFromPerson: ({ cashOutId, amount, currency }: Request) => ({ cashOutId, amount, currency, status: 'pending' }),
});
