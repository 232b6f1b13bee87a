/** How things are made to happen at the simulated bank, for any adapter of the payments API. */
import { minus, decimal } from '../../shared/kernel/decimal.js';
import { parseJson, type Printable } from '../../shared/kernel/json.js';
import { currency } from '../../shared/kernel/money.js';
import type { CoreBankingPort, PaymentRequest } from '../../shared/ports/core-banking.js';
import { transferStatusEvents } from '../../services/payout/src/consume/transfer-status.js';
import type { PayoutInput } from '../../services/payout/src/decide/payout.js';
import { endToEndIdOf, uetrOf } from '../../services/payout/src/effect/pay-counter-account.js';
import { readBankConfig } from '../simulators/core-banking/config.js';
import { startBank } from '../simulators/core-banking/server.js';
import { callerOf, startEar } from '../simulators/shared/client-for-tests.js';
import { envelopeOf, readerOf } from '../support/forwarded.js';
import { LONGEST_LIFE_MS, TIMEOUT_MS } from './carry.js';
import { payWrite, type CoreBankingKit, type CoreBankingLever } from './core-banking.conformance.js';
import type { Heard } from './transfer-watch.js';
import type { LeverDetails } from './write-scenarios.js';

/** What an adapter is told about the simulator. */
export type PaymentsAddress = { readonly baseUrl: string; readonly token: string; readonly longestLifeMs: number };
export type MakeBank = (address: PaymentsAddress) => CoreBankingPort & { readonly close: () => void };

const HOUSE = 'BE71096123456769';
const ADA = 'BE68539007547034';
const BALANCE = '5000.00';

type FaultRule = { readonly [name: string]: string | number };

const FAULTS: Readonly<Partial<Record<CoreBankingLever, FaultRule>>> = {
  'done, and silence': { fault: 'answer-late', operation: 'create-payment', delayMs: 2 * TIMEOUT_MS },
  'nothing done, and silence': { fault: 'never-answer', operation: 'create-payment' },
  'done, and the line is cut': { fault: 'apply-and-cut', operation: 'create-payment' },
  'nothing done, and the line is cut': { fault: 'cut-before-apply', operation: 'create-payment' },
  'done, and a server error': { fault: 'server-error-after-applying', operation: 'create-payment' },
  'nothing done, and a server error': { fault: 'server-error-before-applying', operation: 'create-payment' },
  'done, and half an answer': { fault: 'garbled-answer', operation: 'create-payment' },
  'arrives late': { fault: 'apply-late', operation: 'create-payment', delayMs: LONGEST_LIFE_MS },
  'key forgotten': { fault: 'forget-the-key', operation: 'create-payment' },
  'login ends': { fault: 'unauthorised', operation: 'create-payment' },
  // Each by its operation: a callback on its way would take the stroke meant for an answer.
  'unlisted status in the answer': { fault: 'unknown-status', operation: 'create-payment' },
  'unlisted status when asked': { fault: 'unknown-status', operation: 'find-payment' },
  'another amount in the answer': { fault: 'wrong-amount-in-the-answer', operation: 'create-payment' },
  'refused as a duplicate': { fault: 'refuse', operation: 'create-payment', detail: '422 AM05' },
  'refused later': { fault: 'reject-later' },
  'stays pending': { fault: 'stay-pending' },
  'callbacks twice': { fault: 'event-twice' },
  'callbacks out of order': { fault: 'events-reordered', delayMs: 50 },
  'callbacks lost': { fault: 'event-lost' },
};

const CANNOT: CoreBankingKit['cannot'] = {
  'replay callbacks from a cursor': 'the bank calls back and keeps no list of what it said; what is lost is found by looking',
  'many payments under one reference on many pages': 'the search is by reference and answers with one list: there are no pages',
  fills: 'a payment is one amount: it has no fills, cannot be cancelled through the port, and is taken back only by a return',
};

/** What the product makes of a delivery: gateway, topic, consumer. */
const heardOf = (text: string): readonly Heard[] => {
  const event = envelopeOf(readerOf('core-banking.transfer-status'), parseJson(text));
  if (event === null) return [];
  const arrival = transferStatusEvents.read(event);
  if ('notification' in arrival) return [arrival];
  if (!('deliverByReference' in arrival)) return [];
  const { reference, input } = arrival.deliverByReference;
  return [{ reference, input: input as PayoutInput }];
};

const requestOf = (name: string, amount = '250'): PaymentRequest => ({
  endToEndId: endToEndIdOf(name),
  uetr: uetrOf(name),
  debtorIban: HOUSE,
  creditorName: 'Ada Example',
  creditorIban: ADA,
  amount: { amount: decimal(amount), currency: currency('EUR') },
  remittanceInformation: 'Withdrawal',
});

export type PaymentsApiKitOptions = {
  /** References that the simulator is to honour. False: every repeat is paid again. Default true. */
  readonly honoursKeys?: boolean;
};

/** The adapter over a simulator of its own, with one house account. */
export const paymentsApiKit = async (makeBank: MakeBank, { honoursKeys = true }: PaymentsApiKitOptions = {}): Promise<CoreBankingKit> => {
  const ear = await startEar();
  const simulator = await startBank(readBankConfig({ STATUS_MS: '10', RETURN_MS: '10', WEBHOOK_URL: ear.url }));
  const caller = callerOf(simulator.url);
  const admin = async (path: string, body: Printable): Promise<void> => {
    const answer = await caller('POST', `/simulator/${path}`, body);
    if (answer.status >= 300 || answer.status === 0) throw new Error(`/simulator/${path} answered ${JSON.stringify(answer)}`);
  };
  await admin('accounts', [{ iban: HOUSE, currency: 'EUR', balance: BALANCE }]);
  if (!honoursKeys) await admin('faults', { fault: 'forget-the-key' });
  const bank = makeBank({ baseUrl: simulator.url, token: 'simulator-token', longestLifeMs: LONGEST_LIFE_MS });
  const make = async (
    lever: CoreBankingLever,
    { times, delayMs, endToEndId }: LeverDetails & { endToEndId?: string } = {},
  ): Promise<void> => {
    const plain = lever.replace(/^pay: /, '') as CoreBankingLever;
    const counted = times === undefined ? {} : { times };
    if (plain === 'too many requests') {
      await admin('faults', {
        fault: 'too-many-requests',
        operation: 'create-payment',
        detail: String((delayMs ?? 0) / 1_000),
        ...counted,
      });
      return;
    }
    if (plain === 'comes back after it settled') {
      await admin(`payments/${endToEndId ?? ''}/return`, {});
      return;
    }
    const fault = FAULTS[plain];
    if (fault === undefined) throw new Error(`this kit has no lever ${lever}`);
    await admin('faults', { ...fault, ...counted, ...(delayMs === undefined ? {} : { delayMs }) });
  };
  /** Payments with a line of this status; of any reference where none is named. */
  const count = (endToEndId: string | null, status?: string): number => {
    const lines = simulator.bank().books.payments.where((line) => endToEndId === null || line.endToEndId === endToEndId);
    return new Set(lines.filter((line) => status === undefined || line.status === status).map(({ paymentId }) => paymentId)).size;
  };
  const alive = (endToEndId: string | null): number => count(endToEndId) - count(endToEndId, 'RJCT');
  return {
    bank,
    request: requestOf,
    cannot: CANNOT,
    books: {
      alive,
      settled: (endToEndId) => count(endToEndId, 'ACSC'),
      left: () => minus(decimal(BALANCE), simulator.bank().booked(HOUSE)),
    },
    bench: () => {
      const request = requestOf('benched');
      const write = payWrite(bank, request);
      return Promise.resolve({
        operation: 'pay',
        write,
        altered: payWrite(bank, requestOf('benched', '251')),
        equal: payWrite(bank, requestOf('another')),
        // It asks by reference: no clock of ours has a say.
        withClock: () => write,
        // All of them: a payment under a reference of the adapter's own is a payment too.
        bookings: () => alive(null),
        arrived: () => simulator.bank().arrivals.counts()['create-payment'] ?? 0,
        make,
      });
    },
    make,
    callbacks: () => ear.heard.flatMap(({ text }) => heardOf(text)),
    close: async () => {
      bank.close();
      await simulator.close();
      await ear.close();
    },
  };
};
