/** Branded ids: text that cannot be mixed up. */
export type PortfolioId = string & { readonly __portfolioId: true };
export type UserId = string & { readonly __userId: true };
export type OptimizationId = string & { readonly __optimizationId: true };
/** The customer's account at the broker. */
export type BrokerAccountId = string & { readonly __brokerAccountId: true };
/** ISIN of a security, or `$` and a currency code for cash, as InvestSuite writes it. */
export type InstrumentId = string & { readonly __instrumentId: true };

export const cashInstrument = (currencyCode: string): InstrumentId => `$${currencyCode}` as InstrumentId;
