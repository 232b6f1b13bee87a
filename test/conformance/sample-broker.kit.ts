/** How things are made to happen at the simulated sample. A simulator with books of its own has to be built: README.md, "Add a kit". */
import { createSample } from '../../infra/new/sample-adapter/broker/adapter.js';
import { saysNotBuilt } from '../../infra/new/sample-adapter/unbuilt.js';
import type { BrokerAccountId, InstrumentId } from '../../shared/kernel/ids.js';
import { currency } from '../../shared/kernel/money.js';
import type { BrokerKit } from './broker.conformance.js';
import { LONGEST_LIFE_MS } from './carry.js';
import { notBuiltYet, onlyWhatIsBuilt } from './under-construction.js';

const books = notBuiltYet('the books of the simulator of sample');

/** The adapter alone: nobody listens at its address. */
export const sampleBrokerKit = async (makeBroker: typeof createSample = createSample): Promise<BrokerKit> => {
  const broker = makeBroker({ baseUrl: 'http://127.0.0.1:1', token: 'simulator-token', longestLifeMs: LONGEST_LIFE_MS });
  return {
    // What the adapter answers is judged one operation after the other. The wrapper goes when all are built.
    broker: onlyWhatIsBuilt(broker, saysNotBuilt),
    account: 'account-1' as BrokerAccountId,
    instrument: 'US8552441094' as InstrumentId,
    currency: currency('USD'),
    // The levers that this kit can pull. The line goes when all are built.
    built: [],
    // What the broker does not know at all, each with its reason.
    cannot: {},
    books: { orders: books, fills: books, cashOuts: books, approvals: books, logins: books, cash: books, units: books },
    bench: notBuiltYet('the bench of sample'),
    make: notBuiltYet('a lever of sample'),
    notifications: notBuiltYet('hearing the events of sample'),
    corrections: notBuiltYet('hearing the corrections of sample'),
    close: async () => {
      broker.close();
    },
  };
};
