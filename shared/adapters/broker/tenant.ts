/** What the tenant chooses about any broker. */
export type BrokerTenant = {
  readonly requestLongestLifeMs: number;
  readonly cashOutType: 'ACH' | 'WIRE' | 'CASH_TRANSFER' | 'BULK_FUNDING';
  readonly currencies: readonly string[];
  readonly sendClientOrderId: boolean;
};
