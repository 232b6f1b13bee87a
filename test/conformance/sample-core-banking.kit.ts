/** How things are made to happen at the simulated sample. A simulator with books of its own has to be built: README.md, "Add a kit". */
import { createSample } from '../../infra/new/sample-adapter/core-banking/adapter.js';
import { saysNotBuilt } from '../../infra/new/sample-adapter/unbuilt.js';
import { decimal } from '../../shared/kernel/decimal.js';
import { currency } from '../../shared/kernel/money.js';
import type { PaymentRequest } from '../../shared/ports/core-banking.js';
import { LONGEST_LIFE_MS } from './carry.js';
import { endToEndIdOf, uetrOf } from '../../services/payout/src/effect/pay-counter-account.js';
import type { CoreBankingKit } from './core-banking.conformance.js';
import { notBuiltYet, onlyWhatIsBuilt } from './under-construction.js';

const books = notBuiltYet('the books of the simulator of sample');

const requestOf = (name: string, amount = '250'): PaymentRequest => ({
  endToEndId: endToEndIdOf(name),
  uetr: uetrOf(name),
  debtorIban: 'BE71096123456769',
  creditorName: 'Ada Example',
  creditorIban: 'BE68539007547034',
  amount: { amount: decimal(amount), currency: currency('EUR') },
  remittanceInformation: 'Withdrawal',
});

/** The adapter alone: nobody listens at its address. */
export const sampleCoreBankingKit = async (makeBank: typeof createSample = createSample): Promise<CoreBankingKit> => {
  const bank = makeBank({ baseUrl: 'http://127.0.0.1:1', token: 'simulator-token', longestLifeMs: LONGEST_LIFE_MS });
  return {
    // What the adapter answers is judged one operation after the other. The wrapper goes when all are built.
    bank: onlyWhatIsBuilt(bank, saysNotBuilt),
    request: requestOf,
    // The levers that this kit can pull. The line goes when all are built.
    built: [],
    // What the bank does not know at all, each with its reason.
    cannot: {},
    books: { alive: books, settled: books, left: books },
    bench: notBuiltYet('the bench of sample'),
    make: notBuiltYet('a lever of sample'),
    callbacks: notBuiltYet('hearing the callbacks of sample'),
    close: async () => {
      bank.close();
    },
  };
};
