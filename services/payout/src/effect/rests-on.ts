import type { CustomerDecided } from '../../../../shared/facts/fresh-facts.js';
import type { JourneyFacts } from '../../../../shared/kernel/flow.js';
import { counterAccountOf, ownerOf } from '../decide/payout.rules.js';
import type { Payout } from '../decide/payout.js';
import type { CashOutsAsked } from './cash-outs-stand.js';

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
