import type { CustomerDecided } from '../../../../shared/facts/fresh-facts.js';
import { counterAccountOf, ownerOf } from '../decide/payout.rules.js';
import type { Payout } from '../decide/payout.js';

/** Frozen with each request that moves money: whose money it is, and whom it is for. */
export type RestsOn = { readonly ownerId: string; readonly customer: CustomerDecided };

export const restsOnOf = (p: Payout): RestsOn => ({
  ownerId: p.ownerId,
  customer: { externalId: ownerOf(p).externalId, account: counterAccountOf(p) },
});
