/** Delays in milliseconds. */
export type BankConfig = {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Where callbacks go, without `/payment-status` and `/deposit`. */
  readonly webhookUrl: string | null;
  readonly webhookSecret: string;
  readonly seed: number;
  readonly token: string;
  /** From one status of a payment to the next: RCVD, ACSP, ACSC. */
  readonly statusMs: number;
  /** From ACSC to a return, where a fault asks for one. */
  readonly returnMs: number;
};

const whole = (text: string | undefined, otherwise: number, name: string): number => {
  if (text === undefined || text === '') return otherwise;
  if (!/^\d{1,15}$/.test(text)) throw new RangeError(`${name} must be a whole number`);
  return Number(text);
};
const filled = (text: string | undefined, otherwise: string): string => (text === undefined || text === '' ? otherwise : text);

/** A secret for tests only. */
export const TEST_WEBHOOK_SECRET = `whsec_${Buffer.from('simulated-core-banking-secret').toString('base64')}`;

/** @throws RangeError when a number is not one. */
export const readBankConfig = (env: Readonly<Record<string, string | undefined>>): BankConfig => ({
  host: filled(env['HTTP_HOST'], '127.0.0.1'),
  port: whole(env['HTTP_PORT'], 0, 'HTTP_PORT'),
  webhookUrl: filled(env['WEBHOOK_URL'], '') === '' ? null : filled(env['WEBHOOK_URL'], ''),
  webhookSecret: filled(env['WEBHOOK_SECRET'], TEST_WEBHOOK_SECRET),
  seed: whole(env['SEED'], 1, 'SEED'),
  token: filled(env['CORE_BANKING_TOKEN'], 'simulator-token'),
  statusMs: whole(env['STATUS_MS'], 200, 'STATUS_MS'),
  returnMs: whole(env['RETURN_MS'], 500, 'RETURN_MS'),
});
