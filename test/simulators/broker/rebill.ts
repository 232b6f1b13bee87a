/** Cancel and rebill: the vendor's word that a trade is corrected. What its payload holds is not published, so a test chooses the name. */
import { randomUUID } from 'node:crypto';
import type { Body, Order, World } from './model.js';

/** Under which name the payload tells whose trade it is. */
export const OWNER_NAMES = ['accountID', 'accountNo', 'account.id', 'userID', 'nothing'] as const;
export type OwnerName = (typeof OWNER_NAMES)[number];

const payloadOf = ({ accountId, accountNo, userId }: Order['account'], names: OwnerName): Body => {
  switch (names) {
    case 'accountID':
      return { accountID: accountId };
    case 'accountNo':
      return { accountNo };
    case 'account.id':
      return { account: { id: accountId } };
    case 'userID':
      return { userID: userId };
    case 'nothing':
      return { comment: 'a correction' };
  }
};

/** Tells the feed, and gives the id of the event. No order is named: the vendor's pages do not show that one would be. */
export const tellRebill = (world: World, { account }: Order, stage: 'created' | 'updated' | 'completed', names: OwnerName): string => {
  const id = `event_${randomUUID()}`;
  const subjects = [account.accountNo, account.accountId];
  world.tell(id, `transfers.cancelRebill.${stage}`, payloadOf(account, names), subjects);
  return id;
};
