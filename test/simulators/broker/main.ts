import { announceReady, endOnSignal } from '../shared/http.js';
import { readBrokerConfig } from './config.js';
import { startBroker } from './server.js';

const run = async (): Promise<void> => {
  const broker = await startBroker(readBrokerConfig(process.env));
  announceReady(broker.url);
  endOnSignal(broker.close);
};

run().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
