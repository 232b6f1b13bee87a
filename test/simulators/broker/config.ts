import { decimal, type Decimal } from '../../../shared/kernel/decimal.js';

/** Delays in milliseconds; a trading day is scaled down to `settlementMs`. */
export type BrokerConfig = {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly webhookUrl: string | null;
  readonly webhookSecret: string;
  readonly seed: number;
  readonly appKey: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tokenLifeMs: number;
  readonly keyMemoryMs: number;
  /** From the order to its first fill, and between the fills of one order. */
  readonly fillMs: number;
  /** From a fill to the settlement of its cash: T+1, scaled. */
  readonly settlementMs: number;
  /** Between two statuses of a redemption. */
  readonly redemptionMs: number;
  readonly cancelMs: number;
  readonly currency: string;
  /** Flat, per order, at its first fill. */
  readonly commission: Decimal;
  /** Share of a sale's gross amount, rounded up to the cent. */
  readonly secFeeRate: Decimal;
  /** Per unit sold, rounded up to the cent. */
  readonly tafFeeRate: Decimal;
  /** The published schema of ledger rows has no settle date; false leaves it out. */
  readonly ledgerSettleDate: boolean;
  /** Which end of a list comes first. The vendor does not say. */
  readonly listOrder: 'oldest-first' | 'newest-first';
  /** What `offset` is taken for: the instant that it names, or its day only. */
  readonly listOffset: 'instant' | 'day';
  /** Whether a row of the very time of the offset is in the page. The vendor does not say. */
  readonly listShowsOffset: boolean;
};

const whole = (text: string | undefined, otherwise: number, name: string): number => {
  if (text === undefined || text === '') return otherwise;
  if (!/^\d{1,15}$/.test(text)) throw new RangeError(`${name} must be a whole number`);
  return Number(text);
};
const filled = (text: string | undefined, otherwise: string): string => (text === undefined || text === '' ? otherwise : text);

/** Base64 of 24 zero-like bytes of the word below: a secret for tests only. */
export const TEST_WEBHOOK_SECRET = `whsec_${Buffer.from('simulated-broker-secret-0').toString('base64')}`;

/** @throws RangeError when a number is not one. */
export const readBrokerConfig = (env: Readonly<Record<string, string | undefined>>): BrokerConfig => ({
  host: filled(env['HTTP_HOST'], '127.0.0.1'),
  port: whole(env['HTTP_PORT'], 0, 'HTTP_PORT'),
  webhookUrl: filled(env['WEBHOOK_URL'], '') === '' ? null : filled(env['WEBHOOK_URL'], ''),
  webhookSecret: filled(env['WEBHOOK_SECRET'], TEST_WEBHOOK_SECRET),
  seed: whole(env['SEED'], 1, 'SEED'),
  appKey: filled(env['DRIVEWEALTH_APP_KEY'], 'simulator-app-key'),
  clientId: filled(env['DRIVEWEALTH_CLIENT_ID'], 'simulator-client'),
  clientSecret: filled(env['DRIVEWEALTH_CLIENT_SECRET'], 'simulator-client-secret'),
  tokenLifeMs: whole(env['TOKEN_LIFE_MS'], 3_600_000, 'TOKEN_LIFE_MS'),
  keyMemoryMs: whole(env['KEY_MEMORY_MS'], 4 * 24 * 3_600_000, 'KEY_MEMORY_MS'),
  fillMs: whole(env['FILL_MS'], 200, 'FILL_MS'),
  settlementMs: whole(env['SETTLEMENT_MS'], 1_500, 'SETTLEMENT_MS'),
  redemptionMs: whole(env['REDEMPTION_MS'], 200, 'REDEMPTION_MS'),
  cancelMs: whole(env['CANCEL_MS'], 100, 'CANCEL_MS'),
  currency: filled(env['CURRENCY'], 'USD'),
  commission: decimal(filled(env['COMMISSION'], '0')),
  secFeeRate: decimal(filled(env['SEC_FEE_RATE'], '0.0000278')),
  tafFeeRate: decimal(filled(env['TAF_FEE_RATE'], '0.000166')),
  ledgerSettleDate: filled(env['LEDGER_SETTLE_DATE'], 'true') === 'true',
  listOrder: filled(env['LIST_ORDER'], 'oldest-first') === 'newest-first' ? 'newest-first' : 'oldest-first',
  listOffset: filled(env['LIST_OFFSET'], 'instant') === 'day' ? 'day' : 'instant',
  listShowsOffset: filled(env['LIST_SHOWS_OFFSET'], 'true') === 'true',
});
