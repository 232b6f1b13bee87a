import { z } from 'zod';
import { decimalToken, integerToken, jsonObject, problemsOf, timestampText } from '../tokens.js';
import { divestAmountToken } from './divest-amount.js';

/** Paths of the API. Always with the slash at the end: without it a redirect may turn a write into a read. */
export const PATHS = {
  login: '/auth/login/',
  refreshToken: '/auth/refresh-token/',
  portfolios: '/portfolios/',
  portfolio: (portfolioId: string): string => `/portfolios/${encodeURIComponent(portfolioId)}/`,
  user: (userId: string): string => `/users/${encodeURIComponent(userId)}/`,
  optimization: (portfolioId: string, which: 'latest' | 'current'): string =>
    `/portfolios/${encodeURIComponent(portfolioId)}/optimizations/${which}/`,
  transactions: (portfolioId: string): string => `/portfolios/${encodeURIComponent(portfolioId)}/transactions/`,
  transaction: (portfolioId: string, transactionId: string): string =>
    `/portfolios/${encodeURIComponent(portfolioId)}/transactions/${encodeURIComponent(transactionId)}/`,
  depositEvent: '/events/deposit/',
  withdrawEvent: '/events/withdraw/',
} as const;

/** Query for portfolios with a pending withdrawal, not yet URL-encoded. "Greater than" is not supported on this field. */
export const PENDING_WITHDRAWALS_QUERY = 'config.manager_settings.divest_amount neq 0 and config.manager_settings.divest_amount neq null';
export const byExternalIdQuery = (externalId: string): string => `external_id eq '${externalId.replaceAll("'", "''")}'`;
/** Default 20. Source: docs.investsuite.com, collections page, December 2022 copy. */
export const MAX_PAGE_SIZE = 100;

export const MONEY_TYPES = ['REAL_MONEY', 'PAPER_MONEY'] as const;
export const MANAGERS = ['USER_MANAGED', 'ROBO_ADVISOR_ADVISORY', 'ROBO_ADVISOR_DISCRETIONARY'] as const;
export const MOVEMENT_TYPES = [
  'CASH_DEPOSIT',
  'CASH_WITHDRAWAL',
  'CASH_DIVIDEND',
  'COUPON',
  'BUY',
  'SELL',
  'CORPORATE_ACTION_IN',
  'CORPORATE_ACTION_OUT',
  'REVERSE_STOCK_SPLIT',
  'STOCK_DIVIDEND',
  'STOCK_SPLIT',
  'TRANSFER_IN',
  'TRANSFER_OUT',
  'CUSTODY_FEE',
  'INSTRUMENT_ENTRY_EXIT_FEE',
  'MANAGEMENT_FEE',
  'OTHER_FEE',
  'OTHER_TAX',
  'SERVICE_ENTRY_EXIT_FEE',
  'TRANSACTION_FEE',
  'WITHHOLDING_TAX',
] as const;
export type MovementType = (typeof MOVEMENT_TYPES)[number];
export const REQUEST_STATUSES = ['PLANNED', 'PENDING', 'PLACED'] as const;
export const EXECUTION_STATUSES = ['CANCELLED', 'NOT_EXECUTED', 'EXPIRED', 'EXECUTED', 'SETTLED'] as const;
export type MovementStatus = (typeof REQUEST_STATUSES)[number] | (typeof EXECUTION_STATUSES)[number];

const optionalText = z.string().nullish();

/** `expires_in` comes as the text "300", seconds. The prose calls it `expires_at`; it then holds the same seconds. */
export const loginAnswer = z
  .looseObject({
    access_token: z.string().min(1),
    token_type: optionalText,
    expires_in: integerToken.nullish(),
    expires_at: integerToken.nullish(),
    refresh_token: optionalText,
  })
  .transform((answer) => ({
    accessToken: answer.access_token,
    tokenType: answer.token_type ?? 'Bearer',
    /** Null when the answer does not say: take the documented 300. */
    expiresInSeconds: answer.expires_in ?? answer.expires_at ?? null,
    refreshToken: answer.refresh_token ?? null,
  }));

const managerSettings = z.looseObject({
  divest_amount: divestAmountToken,
  active: z.boolean().nullish(),
  broker_provider: optionalText,
  policy_id: optionalText,
  optimization_cooldown_end: optionalText,
});
const readableConfig = z.looseObject({ manager: z.string().min(1), manager_settings: managerSettings.nullish() });

/** What we read of `config`, and `raw`: the whole object untouched, since a PATCH must send all of it back. */
export const portfolioConfig = jsonObject.transform((raw, context) => {
  const read = readableConfig.safeParse(raw);
  if (!read.success) {
    for (const message of problemsOf(read.error)) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  const settings = read.data.manager_settings ?? null;
  return {
    raw,
    manager: read.data.manager,
    /** Null for a portfolio the customer manages. */
    settings,
    divestAmount: settings?.divest_amount ?? ({ kind: 'nothing' } as const),
  };
});

export const brokerageAccount = z.looseObject({
  brokerage_portfolio_id: optionalText,
  brokerage_user_id: optionalText,
  bank_account_type: optionalText,
  bank_account_number: optionalText,
  bank_id: optionalText,
  payment_reference: optionalText,
});

/** Instrument (`$EUR` or an ISIN) to quantity. A PATCH of it replaces the whole map. */
export const holdings = z.record(z.string(), decimalToken);

/** Holds unknown words in `status`, `money_type` and `config.manager`: they are not eligible for anything. */
export const portfolio = z.looseObject({
  id: z.string().min(1),
  external_id: optionalText,
  version: integerToken,
  version_datetime: timestampText.nullish(),
  owned_by_user_id: optionalText,
  base_currency: z.string().regex(/^[A-Z]{3}$/),
  money_type: z.string(),
  config: portfolioConfig,
  brokerage_account: brokerageAccount.nullish(),
  portfolio: holdings.nullish().transform((map) => map ?? {}),
  funded_since: timestampText.nullish(),
  status: z.string(),
  archived: z
    .boolean()
    .nullish()
    .transform((flag) => flag ?? false),
  deleted: z
    .boolean()
    .nullish()
    .transform((flag) => flag ?? false),
});
export type PortfolioRead = z.output<typeof portfolio>;

/** Updates of the counter account use `bank_account_number_type`, one create sample says `bank_account_type`: both are read. */
export const counterAccount = z
  .looseObject({
    bank_account_number: optionalText,
    bank_account_number_type: optionalText,
    bank_account_type: optionalText,
    bank_id: optionalText,
    bank_id_type: optionalText,
  })
  .transform((account) => ({
    number: account.bank_account_number ?? null,
    /** `IBAN` or `ABA`. */
    numberType: account.bank_account_number_type ?? account.bank_account_type ?? null,
    bankId: account.bank_id ?? null,
    bankIdType: account.bank_id_type ?? null,
  }));

export const user = z.looseObject({
  id: z.string().min(1),
  external_id: optionalText,
  version: integerToken.nullish(),
  status: optionalText,
  counter_account: counterAccount.nullish(),
});
export type UserRead = z.output<typeof user>;

/** `shares` positive buys, negative sells. Prices and cost are in the base currency. */
export const optimizationOrder = z.looseObject({
  shares: decimalToken.nullish(),
  expected_share_price: decimalToken.nullish(),
  expected_transaction_cost: decimalToken.nullish(),
  /** `UNITS` or `AMOUNT`, per order: a full exit is UNITS even where the tenant uses AMOUNT. Missing: `shares` are units. */
  quantity_type: optionalText,
  quantity: decimalToken.nullish(),
});

/** One side of an optimisation: the map stands under `portfolio` or under `holdings`, depending on the page. */
const solution = z
  .looseObject({ portfolio: holdings.nullish(), holdings: holdings.nullish() })
  .transform((value) => ({ holdings: value.portfolio ?? value.holdings ?? null }));

export const optimization = z.looseObject({
  id: z.string().min(1),
  portfolio_id: optionalText,
  creation_datetime: timestampText.nullish(),
  version: integerToken.nullish(),
  current_solution: solution.nullish(),
  optimal_solution: solution.nullish(),
  portfolio_update: z.looseObject({
    is_recommended: z
      .boolean()
      .nullish()
      .transform((flag) => flag ?? false),
    orders: z
      .record(z.string(), optimizationOrder)
      .nullish()
      .transform((map) => map ?? {}),
  }),
  owner_choice: optionalText,
});
export type OptimizationRead = z.output<typeof optimization>;

/** Body of a 202: still computing. It has no id and no orders. */
export const optimizationPending = z.looseObject({ message: optionalText, optimization_hash: optionalText });

/** A movement as it is read; unknown types and statuses pass. Take the direction of a placed SELL from its type. */
export const movement = z.looseObject({
  type: z.string(),
  status: z.string(),
  datetime: timestampText,
  instrument_id: z.string(),
  quantity: decimalToken,
  external_id: optionalText,
  reference_external_id: optionalText,
  unit_price: decimalToken.nullish(),
  unit_price_currency: optionalText,
  reference_instrument_id: optionalText,
  description: optionalText,
  trade_type: optionalText,
  sub_type: optionalText,
});
export type MovementRead = z.output<typeof movement>;

export const transaction = z.looseObject({
  id: z.string().min(1),
  external_id: optionalText,
  optimization_id: optionalText,
  portfolio_id: optionalText,
  version: integerToken.nullish(),
  status: optionalText,
  type: optionalText,
  movements: z
    .array(movement)
    .nullish()
    .transform((list) => list ?? []),
});
export type TransactionRead = z.output<typeof transaction>;

/** `next` may be absolute (even http), relative or null; `offset` a number, text or an id: opaque. `count` means nothing reliable. */
export const collectionOf = <Item extends z.ZodType>(item: Item) => z.looseObject({ next: optionalText, results: z.array(item) });

/** 400 has a list in `detail`; 401 a `description`; 403 and 404 a text in `detail`. Nothing in it is certain. */
export const errorBody = z.looseObject({
  title: optionalText,
  description: optionalText,
  request_id: optionalText,
  detail: z
    .union([z.string(), z.array(z.looseObject({ loc: z.array(z.unknown()).nullish(), msg: optionalText, type: optionalText }))])
    .nullish(),
  status: integerToken.nullish().catch(null),
});
