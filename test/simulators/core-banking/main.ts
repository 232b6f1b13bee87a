import { announceReady, endOnSignal } from '../shared/http.js';
import { readBankConfig } from './config.js';
import { startBank } from './server.js';

const run = async (): Promise<void> => {
  const bank = await startBank(readBankConfig(process.env));
  announceReady(bank.url);
  endOnSignal(bank.close);
};

run().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
