import type { CreateRedemptionRequest } from '../../../../contracts/broker/drivewealth/http.js';
import type { InstrumentId } from '../../../kernel/ids.js';
import { currency, type Currency } from '../../../kernel/money.js';
import type { BrokerPort } from '../../../ports/broker.js';
import { abilitiesOf } from './abilities.js';
import { createAccounts, createReads } from './accounts.js';
import { createCashOuts } from './cash-outs.js';
import { createClient, type ClientOptions } from './client.js';
import { createInstruments, type InstrumentWords } from './mapping.js';
import { readCorrections } from './corrections.js';
import { createOrders, type OrderContext } from './orders.js';
import type { ListOffset } from './paging.js';

export type DriveWealthOptions = ClientOptions & {
  /** Currency of the accounts. Default USD, the only one documented for redemptions. */
  readonly currency?: Currency | undefined;
  /** Default BULK_FUNDING: one netted amount a day to the house account. */
  readonly redemptionType?: CreateRedemptionRequest['type'];
  /** For ACH and bulk funding: the linked bank account. */
  readonly bankAccountId?: string | undefined;
  readonly settlementProfileId?: string | undefined;
  /** Instruments that go by another name there. Others go by ISIN. */
  readonly instruments?: ReadonlyMap<InstrumentId, InstrumentWords>;
  /** How far their clock may be from ours when lists are searched. Default 5 s. */
  readonly clockSkewMs?: number | undefined;
  /** How long a purchase takes to settle where the ledger shows no date. Default 4 days: T+1 over a long weekend. */
  readonly purchaseSettlementMs?: number | undefined;
  /**
   * Sends our key as `clientOrderID` with an order, which makes a lost answer certain to match. Default false: the vendor's pages disagree
   * on whether the field exists, and an unknown one could be refused.
   */
  readonly sendClientOrderId?: boolean;
  /** What the vendor takes the `offset` of a list for. Default `instant`, as its words say; `day` where it cuts off the hours. */
  readonly listOffset?: ListOffset;
  /** Overrides the careful value, in ms. */
  readonly longestLifeMs?: number | undefined;
};

const FOUR_DAYS_MS = 4 * 24 * 3_600_000;

/** DriveWealth's back-office API behind our port. An account is named by its account id. `close` gives back its idle sockets. */
export const createDriveWealth = (options: DriveWealthOptions): BrokerPort & { readonly close: () => void } => {
  const client = createClient(options);
  const ours = options.currency ?? currency('USD');
  const clockSkewMs = options.clockSkewMs ?? 5_000;
  const nowMs = options.nowMs ?? Date.now;
  const instruments = createInstruments(options.instruments ?? new Map());
  const accounts = createAccounts(client, ours);
  const asked: OrderContext = {
    client,
    accounts,
    instruments,
    options: {
      currency: ours,
      clockSkewMs,
      purchaseSettlementMs: options.purchaseSettlementMs ?? FOUR_DAYS_MS,
      sendClientOrderId: options.sendClientOrderId ?? false,
      listOffset: options.listOffset ?? 'instant',
      nowMs,
    },
  };
  return {
    provider: 'drivewealth',
    abilities: abilitiesOf(options.longestLifeMs, options.sendClientOrderId ?? false),
    ...createReads(client, accounts, instruments),
    ...createOrders(asked),
    readCorrections: readCorrections(asked),
    ...createCashOuts({
      client,
      accounts,
      options: {
        currency: ours,
        redemptionType: options.redemptionType ?? 'BULK_FUNDING',
        clockSkewMs,
        ...(options.bankAccountId === undefined ? {} : { bankAccountId: options.bankAccountId }),
        ...(options.settlementProfileId === undefined ? {} : { settlementProfileId: options.settlementProfileId }),
      },
    }),
    close: client.close,
  };
};
