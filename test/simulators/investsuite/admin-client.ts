import { parseJson, printJson, type Json, type Printable } from '../../../shared/kernel/json.js';
import type { InvestSuiteFault } from './faults.js';
import type { FaultRule } from '../shared/faults.js';
import type { Verdict } from './verdict.js';

/** Amounts as decimal text, which keeps their digits. */
export type NewPortfolio = {
  readonly id?: string;
  readonly externalId?: string;
  readonly userId: string;
  readonly baseCurrency?: string;
  readonly manager?: 'USER_MANAGED' | 'ROBO_ADVISOR_ADVISORY' | 'ROBO_ADVISOR_DISCRETIONARY';
  readonly moneyType?: 'REAL_MONEY' | 'PAPER_MONEY';
  readonly status?: string;
  readonly archived?: boolean;
  readonly active?: boolean;
  readonly fundedSince?: string;
  readonly holdings?: Readonly<Record<string, string>>;
  readonly divestAmount?: string;
  readonly brokerage?: {
    readonly portfolioId?: string;
    readonly userId?: string;
    readonly iban?: string;
    readonly bankId?: string;
    readonly paymentReference?: string;
  };
  readonly quiet?: boolean;
};

export type NewUser = {
  readonly id?: string;
  readonly externalId?: string;
  readonly counterAccount: { readonly iban: string; readonly bic?: string } | null;
};

export type AppAct =
  | { readonly action: 'set'; readonly amount: string }
  | { readonly action: 'raise'; readonly amount: string; readonly seen?: string }
  | { readonly action: 'cancel' }
  | { readonly action: 'everything' };

/** The admin side of the simulator for those who drive it. Every method throws an Error with status and body when it is refused. */
export type InvestSuiteAdmin = {
  readonly createUser: (user: NewUser) => Promise<string>;
  readonly createPortfolio: (portfolio: NewPortfolio) => Promise<string>;
  readonly actAsApp: (portfolioId: string, act: AppAct) => Promise<void>;
  readonly changePortfolio: (portfolioId: string, change: { readonly [field: string]: Printable }) => Promise<void>;
  readonly setPrices: (prices: Readonly<Record<string, string>>) => Promise<void>;
  readonly configureOptimiser: (settings: {
    readonly wholeShares?: boolean;
    readonly quantityType?: 'UNITS' | 'AMOUNT';
    readonly feeRate?: string;
    readonly feeFixed?: string;
  }) => Promise<void>;
  /** Plants an optimisation with orders of the test's own: shares positive to buy. */
  readonly propose: (
    portfolioId: string,
    orders: Readonly<Record<string, { readonly shares: string; readonly price?: string }>>,
    isRecommended?: boolean,
  ) => Promise<string>;
  readonly choose: (optimizationId: string, value: 'ACCEPT' | 'REJECT' | 'REOPTIMIZE' | 'IGNORED') => Promise<void>;
  readonly switchFault: (rule: Omit<FaultRule<InvestSuiteFault>, 'probability'> & { readonly probability?: string }) => Promise<void>;
  readonly clearFaults: () => Promise<void>;
  readonly setWebhook: (url: string, secret: string) => Promise<void>;
  /** Sends a signed body of the test's own making, until a 2xx. */
  readonly deliver: (id: string, body: string) => Promise<void>;
  readonly verdict: () => Promise<Verdict>;
  readonly books: () => Promise<Json>;
  readonly reset: () => Promise<void>;
};

const idOf = (answer: Json): string => (answer as { readonly id: string }).id;

export const createInvestSuiteAdmin = (url: string): InvestSuiteAdmin => {
  const text = async (method: string, path: string, body?: Printable): Promise<string> => {
    const answer = await fetch(`${url}/simulator${path}`, { method, ...(body === undefined ? {} : { body: printJson(body) }) });
    const given = await answer.text();
    if (!answer.ok) throw new Error(`investsuite simulator: ${method} ${path} answered ${String(answer.status)}: ${given}`);
    return given;
  };
  const call = async (method: string, path: string, body?: Printable): Promise<Json> => parseJson(await text(method, path, body));
  const tell = async (method: string, path: string, body?: Printable): Promise<void> => {
    await text(method, path, body);
  };
  return {
    createUser: async (user) => idOf(await call('POST', '/users', user)),
    createPortfolio: async (portfolio) => idOf(await call('POST', '/portfolios', portfolio)),
    actAsApp: (portfolioId, act) => tell('POST', `/portfolios/${portfolioId}/app`, act),
    changePortfolio: (portfolioId, change) => tell('PATCH', `/portfolios/${portfolioId}`, change),
    setPrices: (prices) => tell('POST', '/prices', prices),
    configureOptimiser: (settings) => tell('POST', '/optimiser', settings),
    propose: async (portfolioId, orders, isRecommended = true) =>
      idOf(await call('POST', `/portfolios/${portfolioId}/optimizations`, { orders, isRecommended })),
    choose: (optimizationId, value) => tell('POST', `/optimizations/${optimizationId}/choice`, { value }),
    switchFault: (rule) => tell('POST', '/faults', rule),
    clearFaults: () => tell('DELETE', '/faults'),
    setWebhook: (target, secret) => tell('POST', '/webhook', { url: target, secret }),
    deliver: (id, body) => tell('POST', '/deliveries', { id, body }),
    // Counts in a verdict are small integers and amounts are text, so JavaScript's own parser loses nothing.
    verdict: async () => JSON.parse(await text('GET', '/verdict')) as Verdict,
    books: () => call('GET', '/books'),
    reset: () => tell('POST', '/reset'),
  };
};
