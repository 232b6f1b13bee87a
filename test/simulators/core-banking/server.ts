import { createOutlet, createTimers } from '../shared/control.js';
import { createApp, lastResort, listen } from '../shared/http.js';
import { createAdminRoutes } from './admin.js';
import { createBank, type Bank } from './bank.js';
import type { BankConfig } from './config.js';
import { createBankRoutes } from './routes.js';

export type RunningBank = {
  /** Without a slash at its end. */
  readonly url: string;
  readonly bank: () => Bank;
  readonly close: () => Promise<void>;
};

/** Starts the bank. @throws RangeError for a webhook secret that is too short. */
export const startBank = async (config: BankConfig): Promise<RunningBank> => {
  const nowMs = (): number => Date.now();
  const timers = createTimers();
  const paymentStatus = createOutlet(nowMs, '/payment-status');
  const deposit = createOutlet(nowMs, '/deposit');
  let secret = config.webhookSecret;
  const aim = async (url: string | null, newSecret: string | null): Promise<void> => {
    secret = newSecret ?? secret;
    const base = url?.replace(/\/(?:payment-status)?$/, '') ?? null;
    const urlFor = (path: string): string | null => (base === null ? null : base + path);
    await Promise.all([paymentStatus.aim(urlFor, secret), deposit.aim(urlFor, secret)]);
  };
  const build = (seed: number): { bank: Bank; router: ReturnType<typeof createBankRoutes> } => {
    const bank = createBank(
      { ...config, seed },
      { nowMs, after: timers.after },
      { paymentStatus: paymentStatus.send, deposit: deposit.send },
    );
    return { bank, router: createBankRoutes(bank) };
  };
  let whole = build(config.seed);
  await aim(config.webhookUrl, null);

  const app = createApp();
  app.use(
    createAdminRoutes({
      bank: () => whole.bank,
      aim,
      reset: (seed) => {
        timers.clear();
        whole = build(seed ?? config.seed);
      },
      deliveries: () => ({
        waiting: paymentStatus.waiting() + deposit.waiting(),
        attempts: [...paymentStatus.attempts(), ...deposit.attempts()],
      }),
    }),
  );
  app.use((request, response, next) => {
    whole.router(request, response, next);
  });
  app.use(
    lastResort((error) => {
      process.stderr.write(`core banking simulator: ${String(error)}\n`);
    }),
  );
  const http = await listen(app, config.host, config.port);
  return {
    url: http.url,
    bank: () => whole.bank,
    close: async () => {
      timers.clear();
      await Promise.all([paymentStatus.stop(), deposit.stop()]);
      await http.close();
    },
  };
};
