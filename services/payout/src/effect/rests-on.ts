import type { PortfolioDecided } from '../../../../contracts/internal/standing.js';
import {
  paymentStands,
  whatStandsAgainst,
  type CustomerDecided,
  type NotSent,
  type PaymentSources,
} from '../../../../shared/facts/fresh-facts.js';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';
import { counterAccountOf, ownerOf } from '../decide/payout.rules.js';
import type { Payout } from '../decide/payout.js';
import type { EffectSending } from '../../../../shared/runtime/engine/definition.js';
import { ASKED_BEFORE, type CashOutsAsked, type CashOutsStand, type ToBePaid } from './cash-outs-stand.js';

/** Frozen with each request that moves money: whose money it is, whom it is for, and of which account the cash-outs are compared. */
export type RestsOn = {
  readonly ownerId: string;
  readonly customer: CustomerDecided;
  /** Absent in a request that a release of before has frozen. */
  readonly cashOuts?: CashOutsAsked;
};

export const cashOutsOf = (p: Payout, { id, openedAtMs }: Pick<JourneyFacts, 'id' | 'openedAtMs'>): CashOutsAsked => ({
  payoutId: id,
  account: p.brokerAccount,
  cashOutId: p.cashOutId,
  openedAtMs,
});

export const restsOnOf = (p: Payout, journey: Pick<JourneyFacts, 'id' | 'openedAtMs'>): RestsOn => ({
  ownerId: p.ownerId,
  customer: { externalId: ownerOf(p).externalId, account: counterAccountOf(p) },
  cashOuts: cashOutsOf(p, journey),
});

/** What stood when a request was frozen. `customer` and `cashOuts` are missing in a request of an earlier release. */
export type Decided = {
  readonly portfolio: PortfolioDecided;
  readonly customer?: CustomerDecided | undefined;
  readonly cashOuts?: CashOutsAsked | undefined;
  readonly toBePaid?: ToBePaid;
};

/** All that money rests on, asked for at once: for the cash-out, its approval and the transfer. */
export const moneyMayLeave = async (
  sources: PaymentSources,
  compare: CashOutsStand,
  { portfolio, customer, cashOuts, toBePaid }: Decided,
  sending: EffectSending,
): Promise<NotSent> => {
  if (customer === undefined || cashOuts === undefined) return ASKED_BEFORE;
  return whatStandsAgainst(
    await Promise.all([
      paymentStands(sources, sending.portfolioId, portfolio, customer, sending.signal),
      compare(cashOuts, sending, toBePaid),
    ]),
  );
};
