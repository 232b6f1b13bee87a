/**
 * Adapters that lie, each in one way that a hurried developer could come to. A scenario that none of them fails would prove
 * nothing; `convictedBy` names the ones that have to find them out.
 */
import { randomUUID } from 'node:crypto';
import { createDriveWealth } from '../../shared/adapters/broker/drivewealth/adapter.js';
import { createPaymentsApi } from '../../shared/adapters/core-banking/payments-api/adapter.js';
import { minus, plus, sum, type Decimal } from '../../shared/kernel/decimal.js';
import type { Inquiry, OperationAbility, Outcome, Sending } from '../../shared/kernel/outcome.js';
import type { BrokerPort, OrderReport } from '../../shared/ports/broker.js';
import type { CoreBankingPort, Payment } from '../../shared/ports/core-banking.js';
import type { BrokerKit } from './broker.conformance.js';
import type { CoreBankingKit } from './core-banking.conformance.js';
import { driveWealthKit, type MakeBroker } from './drivewealth.kit.js';
import { paymentsApiKit, type MakeBank } from './payments-api.kit.js';

export type Liar<Kit> = { readonly lie: string; readonly convictedBy: readonly string[]; readonly start: () => Promise<Kit> };

type Closing = { readonly close: () => void };
type Broker = BrokerPort & Closing;
type Bank = CoreBankingPort & Closing;

export const broker =
  (over: (port: Broker) => Partial<BrokerPort>): MakeBroker =>
  (at) => {
    const port = createDriveWealth(at);
    return { ...port, ...over(port) };
  };
const bank =
  (over: (port: Bank) => Partial<CoreBankingPort>): MakeBank =>
  (at) => {
    const port = createPaymentsApi(at);
    return { ...port, ...over(port) };
  };

const declared = (port: BrokerPort, over: Partial<OperationAbility>): Pick<BrokerPort, 'abilities'> => ({
  abilities: {
    placeOrder: { ...port.abilities.placeOrder, ...over },
    createCashOut: { ...port.abilities.createCashOut, ...over },
    approveCashOut: { ...port.abilities.approveCashOut, ...over },
  },
});

type AnyOutcome = Outcome<never, never>;
/** An answer of any write, told otherwise. */
const told = (port: Broker, tell: (outcome: Outcome<unknown>) => Outcome<unknown>): Partial<BrokerPort> => ({
  placeOrder: async (request, sending) => tell(await port.placeOrder(request, sending)) as AnyOutcome,
  createCashOut: async (request, sending) => tell(await port.createCashOut(request, sending)) as AnyOutcome,
  approveCashOut: async (id, sending) => tell(await port.approveCashOut(id, sending)) as AnyOutcome,
});

const ifUnknown = (instead: Outcome<unknown>) => (outcome: Outcome<unknown>) => (outcome.kind === 'unknown' ? instead : outcome);
const REFUSED: Outcome<never> = { kind: 'rejected', reason: 'refused' };

const otherKey = (sending: Sending, more: string): Sending => ({ ...sending, key: `${sending.key} ${more}` });
const everyWrite = (check: string): readonly string[] =>
  ['placeOrder', 'createCashOut', 'approveCashOut'].map((name) => `${name}: ${check}`);
const newWrites = (check: string): readonly string[] => ['placeOrder', 'createCashOut'].map((name) => `${name}: ${check}`);

export const over =
  (make: MakeBroker, honoursKeys = true) =>
  (): Promise<BrokerKit> =>
    driveWealthKit(make, { honoursKeys });

const reports = (port: Broker, tell: (report: OrderReport) => OrderReport): Partial<BrokerPort> => ({
  readOrder: async (account, orderId, signal) => {
    const read = await port.readOrder(account, orderId, signal);
    return read.kind === 'applied' ? { kind: 'applied', result: tell(read.result) } : read;
  },
});

const aboutWrites: readonly Liar<BrokerKit>[] = [
  {
    lie: 'takes a lost answer for a refusal',
    convictedBy: [...everyWrite('timeout-but-done'), ...everyWrite('5xx-but-done'), ...everyWrite('half an answer')],
    start: over(broker((port) => told(port, ifUnknown(REFUSED)))),
  },
  {
    lie: 'takes a lost answer for not sent',
    convictedBy: everyWrite('cut-but-done'),
    start: over(broker((port) => told(port, ifUnknown({ kind: 'retryable', evidence: 'it did not answer' })))),
  },
  {
    lie: 'takes a lost answer for done',
    convictedBy: [...newWrites('timeout-not-done'), ...newWrites('cut-not-done'), ...newWrites('5xx-not-done')],
    start: over(broker((port) => told(port, ifUnknown({ kind: 'applied', result: { orderId: 'made up', cashOutId: 'made up' } })))),
  },
  {
    lie: 'sends again by itself',
    convictedBy: [...newWrites('cut-but-done'), ...newWrites('the kill switch between the intent and the first byte')],
    start: over(
      broker((port) => ({
        placeOrder: async (request, sending) => {
          const first = await port.placeOrder(request, sending);
          return first.kind === 'unknown' ? port.placeOrder(request, { ...sending, signal: AbortSignal.timeout(1_000) }) : first;
        },
        createCashOut: async (request, sending) => {
          const first = await port.createCashOut(request, sending);
          return first.kind === 'unknown' ? port.createCashOut(request, { ...sending, signal: AbortSignal.timeout(1_000) }) : first;
        },
      })),
    ),
  },
  {
    lie: 'declares by-key, over a broker that does not honour keys',
    convictedBy: [...newWrites('timeout-but-done'), ...newWrites('a key that the other side has forgotten')],
    start: over(
      broker((port) => declared(port, { repeatable: 'by-key' })),
      false,
    ),
  },
  {
    lie: 'declares that the same key may go out again, over a broker that does not honour keys',
    convictedBy: [
      ...newWrites('duplicate submit, one after the other'),
      ...newWrites('duplicate submit, both at once'),
      ...newWrites('repeated after the longest life'),
      ...newWrites('a request that lives longer than declared'),
      'placeOrder: our clock is an hour fast',
    ],
    start: over(createDriveWealth, false),
  },
  {
    lie: 'looks for an order in a window without a margin, over a broker that does not honour keys',
    convictedBy: ['placeOrder: our clock is 3 s fast'],
    start: over((at) => createDriveWealth({ ...at, clockSkewMs: 0 }), false),
  },
  {
    lie: 'makes a new key for every send, and declares by-key',
    convictedBy: newWrites('5xx-but-done'),
    start: over(
      broker((port) => ({
        ...declared(port, { repeatable: 'by-key' }),
        placeOrder: (request, sending) => port.placeOrder(request, otherKey(sending, randomUUID())),
        createCashOut: (request, sending) => port.createCashOut(request, otherKey(sending, randomUUID())),
      })),
    ),
  },
  {
    lie: 'makes its key of the body',
    convictedBy: newWrites('another body under the same key'),
    start: over(
      broker((port) => ({
        placeOrder: (request, sending) => port.placeOrder(request, otherKey(sending, JSON.stringify(request.size))),
        createCashOut: (request, sending) => port.createCashOut(request, otherKey(sending, request.amount.amount)),
      })),
    ),
  },
  {
    lie: 'declares that a request lives no time at all, and a new key after that',
    convictedBy: newWrites('a late request, after an inquiry said absent'),
    start: over(broker((port) => declared(port, { longestLifeMs: 1, afterAbsence: 'new-key' }))),
  },
  {
    lie: 'takes absent for refused',
    convictedBy: newWrites('a late request, after an inquiry said absent'),
    start: over(
      broker((port) => ({
        findOrder: async (request, sending) => absentRefused(await port.findOrder(request, sending)),
        findCashOut: async (request, sending) => absentRefused(await port.findCashOut(request, sending)),
      })),
    ),
  },
  {
    lie: 'finds nothing, ever',
    convictedBy: newWrites('an inquiry says exactly what there is'),
    start: over(
      broker(() => ({ findOrder: () => Promise.resolve({ found: 'absent' }), findCashOut: () => Promise.resolve({ found: 'absent' }) })),
    ),
  },
  {
    lie: 'declares that it finds orders by key, and finds them by likeness',
    convictedBy: ['placeOrder: two equal ones the same minute: another process has sent the other'],
    start: over(broker((port) => declared(port, { inquiry: 'by-key' }))),
  },
  {
    lie: 'takes "too many requests" for a refusal',
    convictedBy: everyWrite('a storm of "too many requests"'),
    start: over(
      broker((port) => told(port, (outcome) => (outcome.kind === 'retryable' && outcome.retryAfterMs !== undefined ? REFUSED : outcome))),
    ),
  },
  {
    lie: 'names no source',
    convictedBy: everyWrite('what is declared is said in full'),
    start: over(broker((port) => declared(port, { source: 'known' }))),
  },
];

const absentRefused = <Result>(inquiry: Inquiry<Result, string>): Inquiry<Result, never> =>
  (inquiry.found === 'absent' ? { found: 'rejected', reason: 'refused' } : inquiry) as Inquiry<Result, never>;
const ambiguousAbsent = <Result, Reason extends string>(inquiry: Inquiry<Result, Reason>): Inquiry<Result, Reason> =>
  inquiry.found === 'ambiguous' ? { found: 'absent' } : inquiry;

const unlistedIsDone = (port: Broker): Partial<BrokerPort> => ({
  ...reports(port, (report) => (report.status === 'open' ? { ...report, status: 'filled' } : report)),
  readCashOut: async (id, signal) => {
    const read = await port.readCashOut(id, signal);
    return read.kind === 'applied' && read.result.status === 'unclear'
      ? { kind: 'applied', result: { ...read.result, status: 'done' } }
      : read;
  },
});

/** Cash as somebody would reckon it who never asks: what was there at first, and what the fills brought. */
const reckonsCash = (port: Broker): Partial<BrokerPort> => {
  const brought = new Map<string, Decimal>();
  const opening = '500.1' as Decimal;
  return {
    ...reports(port, (report) => {
      const fees = sum(report.fills.flatMap((fill) => fill.fees.map(({ amount }) => amount)));
      brought.set(report.orderId, minus(sum(report.fills.map(({ gross }) => gross)), fees));
      return report;
    }),
    readCash: async (account, signal) => {
      const read = await port.readCash(account, signal);
      return read.kind === 'applied'
        ? { kind: 'applied', result: { ...read.result, withdrawable: plus(opening, sum([...brought.values()])) } }
        : read;
    },
  };
};

const remembersTheFirstAnswer = (port: Broker): Partial<BrokerPort> => {
  const first = new Map<string, Awaited<ReturnType<BrokerPort['readOrder']>>>();
  return {
    readOrder: async (account, orderId, signal) => {
      const known = first.get(orderId) ?? (await port.readOrder(account, orderId, signal));
      first.set(orderId, known);
      return known;
    },
  };
};

const takesTheFirst = (port: Broker): Partial<BrokerPort> => {
  let order: Awaited<ReturnType<BrokerPort['placeOrder']>> | null = null;
  let cashOut: Awaited<ReturnType<BrokerPort['createCashOut']>> | null = null;
  return {
    placeOrder: async (request, sending) => {
      const outcome = await port.placeOrder(request, sending);
      order ??= outcome;
      return outcome;
    },
    findOrder: (request, sending) =>
      order?.kind === 'applied' ? Promise.resolve({ found: 'applied', result: order.result }) : port.findOrder(request, sending),
    createCashOut: async (request, sending) => {
      const outcome = await port.createCashOut(request, sending);
      cashOut ??= outcome;
      return outcome;
    },
    findCashOut: (request, sending) =>
      cashOut?.kind === 'applied' ? Promise.resolve({ found: 'applied', result: cashOut.result }) : port.findCashOut(request, sending),
  };
};

const PAGE = 100;
/** Of a list it knows what stands on the first page. */
const readsOnePage = (port: Broker): Partial<BrokerPort> => {
  const placed: string[] = [];
  return {
    placeOrder: async (request, sending) => {
      const outcome = await port.placeOrder(request, sending);
      if (outcome.kind === 'applied') placed.push(outcome.result.orderId);
      return outcome;
    },
    findOrder: async (request, sending) => {
      const found = await port.findOrder(request, sending);
      return found.found === 'applied' && placed.length >= PAGE && !placed.slice(0, PAGE).includes(found.result.orderId)
        ? { found: 'absent' }
        : found;
    },
  };
};

const aboutReads: readonly Liar<BrokerKit>[] = [
  {
    lie: 'makes fill ids of its own, others at every look',
    convictedBy: ['duplicate event', 'FILLED before PARTIAL'],
    start: over(
      broker((port) => reports(port, (report) => ({ ...report, fills: report.fills.map((fill) => ({ ...fill, id: randomUUID() })) }))),
    ),
  },
  {
    lie: 'remembers its first look at an order',
    convictedBy: [
      'event gap: every event is lost',
      'cancel/fill race: a part fills while the cancel is on its way',
      'cancel/fill race: all of it fills first',
    ],
    start: over(broker(remembersTheFirstAnswer)),
  },
  {
    lie: 'takes a cancel that was asked for as cancelled',
    convictedBy: ['cancel/fill race: a part fills while the cancel is on its way'],
    start: over(
      broker((port) => reports(port, (report) => (report.brokerStatus === 'PENDING_CANCEL' ? { ...report, status: 'cancelled' } : report))),
    ),
  },
  {
    lie: 'leaves out the fills of an order that was cancelled',
    convictedBy: ['partial then cancel'],
    start: over(broker((port) => reports(port, (report) => (report.status === 'cancelled' ? { ...report, fills: [] } : report)))),
  },
  {
    lie: 'shows positions as its orders left them',
    convictedBy: ['bust after settle'],
    start: over(
      broker((port) => ({
        readPositions: async (account, signal) => {
          const read = await port.readPositions(account, signal);
          return read.kind === 'applied'
            ? { kind: 'applied', result: read.result.map((one) => ({ ...one, units: minus(one.units, '4' as Decimal) })) }
            : read;
        },
      })),
    ),
  },
  {
    lie: 'takes an unlisted status for an end',
    convictedBy: ['unknown status value of an order', 'unknown status value of a cash-out'],
    start: over(broker(unlistedIsDone)),
  },
  {
    lie: 'takes an unlisted status for approved',
    convictedBy: ['unknown status value of a cash-out'],
    start: over(
      broker((port) => ({
        approveCashOut: async (id, sending) => {
          const outcome = await port.approveCashOut(id, sending);
          if (outcome.kind !== 'retryable' && outcome.kind !== 'unknown') return outcome;
          return {
            kind: 'applied',
            result: { cashOutId: id, status: 'pending', brokerStatus: '', amount: { amount: '100' as Decimal, currency: 'USD' as never } },
          };
        },
      })),
    ),
  },
  {
    lie: 'calls a sale settled once it is filled',
    convictedBy: ['holiday between market and bank calendars'],
    start: over(
      broker((port) => ({
        readSettlement: async (account, orderId, signal) => {
          const read = await port.readSettlement(account, orderId, signal);
          if (read.kind !== 'applied') return read;
          return { ...read, result: { ...read.result, settled: true, settledAt: null, nextLookAtMs: null } };
        },
      })),
    ),
  },
  {
    lie: 'waits until no cash of the account is waiting at all',
    convictedBy: ['holiday: a sale of another day does not hold up one that has settled'],
    start: over(
      broker((port) => ({
        readSettlement: async (account, orderId, signal) => {
          const [read, cash] = [await port.readSettlement(account, orderId, signal), await port.readCash(account, signal)];
          if (read.kind !== 'applied' || cash.kind !== 'applied' || cash.result.pendingSettlement.length === 0) return read;
          return { kind: 'applied', result: { settled: false, settledAt: null, nextLookAtMs: null, takenBack: null } };
        },
      })),
    ),
  },
  {
    lie: 'reads one page of a list',
    convictedBy: ['pagination: one of many orders is found, and read with its own fills'],
    start: over(broker(readsOnePage)),
  },
  {
    lie: 'reckons the cash from the fills',
    convictedBy: ['withdrawable < expected (fees)'],
    start: over(broker(reckonsCash)),
  },
  {
    lie: 'does not look at a cash-out again once it was done',
    convictedBy: ['returned after confirmed'],
    start: over(
      broker((port) => ({
        readCashOut: async (id, signal) => {
          const read = await port.readCashOut(id, signal);
          return read.kind === 'applied' && read.result.status === 'returned'
            ? { kind: 'applied', result: { ...read.result, status: 'done' } }
            : read;
        },
      })),
    ),
  },
  {
    lie: 'takes the first that looks alike',
    convictedBy: [
      'two equal orders in the same minute: none is taken for the other',
      'two equal orders in the same minute: the other one was never ours to take',
      'two equal cash-outs in the same minute: none is taken for the other',
    ],
    start: over(broker(takesTheFirst)),
  },
  {
    lie: 'takes several that could be ours for none',
    convictedBy: ['two equal cash-outs in the same minute, one without its note'],
    start: over(broker((port) => ({ findCashOut: async (request, sending) => ambiguousAbsent(await port.findCashOut(request, sending)) }))),
  },
  {
    lie: 'logs in for every call',
    convictedBy: ['many at once cause one login'],
    start: over((at) => ({
      ...createDriveWealth(at),
      placeOrder: (request, sending) => createDriveWealth(at).placeOrder(request, sending),
    })),
  },
];

export const brokerLiars: readonly Liar<BrokerKit>[] = [...aboutWrites, ...aboutReads];

const underBank =
  (make: MakeBank, honoursKeys = true) =>
  (): Promise<CoreBankingKit> =>
    paymentsApiKit(make, { honoursKeys });
const paid = (port: Bank, tell: (outcome: Outcome<Payment>) => Outcome<Payment>): Partial<CoreBankingPort> => ({
  pay: async (request, sending) => tell(await port.pay(request, sending)),
});
const found = (port: Bank, tell: (inquiry: Inquiry<Payment>) => Inquiry<Payment>): Partial<CoreBankingPort> => ({
  findPayment: async (request, sending) => tell(await port.findPayment(request, sending)),
});
const made = (request: Parameters<Bank['pay']>[0]): Payment => ({
  paymentId: 'made up',
  endToEndId: request.endToEndId,
  amount: request.amount,
  bookedAt: null,
  returned: null,
});

const pendingIsSettled = (port: Bank): Partial<CoreBankingPort> => ({
  findPayment: async (request, sending) => {
    const inquiry = await port.findPayment(request, sending);
    return inquiry.found === 'pending' ? { found: 'applied', result: made(request) } : inquiry;
  },
  pay: async (request, sending) => {
    const outcome = await port.pay(request, sending);
    return outcome.kind === 'accepted' ? { kind: 'applied', result: made(request) } : outcome;
  },
});

const findsTheFirst = (port: Bank): Partial<CoreBankingPort> => {
  let first: Parameters<Bank['pay']>[0] | null = null;
  return {
    pay: (request, sending) => {
      first ??= request;
      return port.pay(request, sending);
    },
    findPayment: (request, sending) => port.findPayment(first ?? request, sending),
  };
};

export const coreBankingLiars: readonly Liar<CoreBankingKit>[] = [
  {
    lie: 'takes a lost answer for a refusal',
    convictedBy: ['pay: timeout-but-done', 'pay: cut-but-done', 'pay: 5xx-but-done', 'pay: half an answer'],
    start: underBank(bank((port) => paid(port, (outcome) => (outcome.kind === 'unknown' ? REFUSED : outcome)))),
  },
  {
    lie: 'takes a lost answer for on its way',
    convictedBy: ['pay: timeout-not-done', 'pay: cut-not-done', 'pay: 5xx-not-done', 'an answer about another amount'],
    start: underBank(
      bank((port) => paid(port, (outcome) => (outcome.kind === 'unknown' ? { kind: 'accepted', reference: 'made up' } : outcome))),
    ),
  },
  {
    lie: 'sends again by itself',
    convictedBy: ['pay: timeout-but-done', 'pay: the kill switch between the intent and the first byte'],
    start: underBank(
      bank((port) => ({
        pay: async (request, sending) => {
          const first = await port.pay(request, sending);
          return first.kind === 'unknown' ? port.pay(request, { ...sending, signal: AbortSignal.timeout(1_000) }) : first;
        },
      })),
    ),
  },
  {
    lie: 'makes a new reference for every send, and declares by-key',
    convictedBy: ['pay: cut-but-done', 'pay: duplicate submit, one after the other', 'pay: another body under the same key'],
    start: underBank(
      bank((port) => ({
        abilities: { pay: { ...port.abilities.pay, repeatable: 'by-key' } },
        pay: async (request, sending) => {
          const outcome = await port.pay({ ...request, endToEndId: `R${randomUUID().slice(0, 30)}` }, sending);
          return outcome.kind === 'applied' ? { kind: 'applied', result: { ...outcome.result, endToEndId: request.endToEndId } } : outcome;
        },
      })),
    ),
  },
  {
    lie: 'declares by-key, over a bank that does not honour references',
    convictedBy: ['pay: 5xx-but-done', 'pay: a key that the other side has forgotten'],
    start: underBank(
      bank((port) => ({ abilities: { pay: { ...port.abilities.pay, repeatable: 'by-key' } } })),
      false,
    ),
  },
  {
    lie: 'declares that the same reference may go out again, over a bank that does not honour references',
    convictedBy: [
      'pay: duplicate submit, both at once',
      'pay: repeated after the longest life',
      'pay: a request that lives longer than declared',
    ],
    start: underBank(createPaymentsApi, false),
  },
  {
    lie: 'takes absent for refused',
    convictedBy: ['pay: a late request, after an inquiry said absent'],
    start: underBank(bank((port) => found(port, absentRefused))),
  },
  {
    lie: 'takes 401 and 429 for a refusal',
    convictedBy: ['pay: the login ends in the middle of a call', 'pay: a storm of "too many requests"'],
    start: underBank(bank((port) => paid(port, (outcome) => (outcome.kind === 'retryable' ? REFUSED : outcome)))),
  },
  {
    lie: 'takes what is on its way, or unlisted, for settled',
    convictedBy: ['unknown status value', 'accepted is not settled', 'accepted, then refused'],
    start: underBank(bank(pendingIsSettled)),
  },
  {
    lie: 'takes a duplicate for a refusal',
    convictedBy: ['refused as a duplicate: the original decides'],
    start: underBank(bank((port) => paid(port, (outcome) => (outcome.kind === 'unknown' ? REFUSED : outcome)))),
  },
  {
    lie: 'takes a payment that stays on its way for not sent',
    convictedBy: ['holiday between market and bank calendars'],
    start: underBank(
      bank((port) => paid(port, (outcome) => (outcome.kind === 'accepted' ? { kind: 'retryable', evidence: 'not settled' } : outcome))),
    ),
  },
  {
    lie: 'takes a refusal for on its way',
    convictedBy: ['withdrawable < expected: the house account is short'],
    start: underBank(
      bank((port) => paid(port, (outcome) => (outcome.kind === 'rejected' ? { kind: 'accepted', reference: null } : outcome))),
    ),
  },
  {
    lie: 'leaves out that the money came back',
    convictedBy: ['returned after confirmed'],
    start: underBank(
      bank((port) =>
        found(port, (inquiry) =>
          inquiry.found === 'applied' ? { found: 'applied', result: { ...inquiry.result, returned: null } } : inquiry,
        ),
      ),
    ),
  },
  {
    lie: 'finds the first payment it ever made',
    convictedBy: [
      'two equal amounts in the same minute: each is found by its own reference',
      'pay: two equal ones the same minute: another process has sent the other',
    ],
    start: underBank(bank(findsTheFirst)),
  },
  {
    lie: 'takes two under one reference for one',
    convictedBy: ['two payments under one reference: people are asked'],
    start: underBank(
      bank((port) => ({
        findPayment: async (request, sending) => {
          const inquiry = await port.findPayment(request, sending);
          return inquiry.found === 'ambiguous' ? { found: 'applied', result: made(request) } : inquiry;
        },
      })),
    ),
  },
  {
    lie: 'says for ever that a payment is on its way',
    convictedBy: [
      'duplicate event',
      'FILLED before PARTIAL: settled overtakes on-its-way',
      'a return overtakes the news that it was paid',
      'event gap: no callback ever comes',
    ],
    start: underBank(
      bank((port) =>
        found(port, (inquiry) => (inquiry.found === 'applied' ? { found: 'pending', reference: inquiry.result.paymentId } : inquiry)),
      ),
    ),
  },
  {
    lie: 'finds nothing, ever',
    convictedBy: ['pay: an inquiry says exactly what there is'],
    start: underBank(bank((port) => found(port, () => ({ found: 'absent' })))),
  },
  {
    lie: 'names no source',
    convictedBy: ['pay: what is declared is said in full'],
    start: underBank(bank((port) => ({ abilities: { pay: { ...port.abilities.pay, source: '' } } }))),
  },
];
