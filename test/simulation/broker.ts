/** The broker, with books of its own: settled cash, sold and not yet settled cash, and cash-outs. */
import type { BrokerCash, BrokerPort, CashOut, CashOutRefusal, ListedCashOut } from '../../shared/ports/broker.js';
import type { Inquiry, OperationAbility, Outcome } from '../../shared/kernel/outcome.js';
import { isoOf } from '../../shared/kernel/instant.js';
import { EUR, centsOf, decimalOf } from './cents.js';
import type { Ground } from './ground.js';
import type { Network } from './network.js';
import { declaredLifeMs } from './plan.js';
import type { Webhooks } from './webhooks.js';

export type BrokerCashOut = {
  readonly cashOutId: string;
  readonly account: string;
  readonly key: string;
  readonly cents: number;
  /** In ms since the epoch. */
  readonly madeAtMs: number;
  status: 'needs-approval' | 'pending' | 'done' | 'failed';
  /** People have moved the cash back. */
  movedBack: boolean;
};
export type BrokerAccount = {
  readonly account: string;
  settledCents: number;
  unsettledCents: number;
  openOrders: number;
  /** Paid out of what had not settled: the customer owes the broker. */
  lentCents: number;
};
type Seen = Outcome<CashOut, CashOutRefusal>;

export class Broker {
  readonly accounts = new Map<string, BrokerAccount>();
  readonly cashOuts: BrokerCashOut[] = [];
  readonly #ground: Ground;
  readonly #webhooks: Webhooks;

  constructor(ground: Ground, webhooks: Webhooks) {
    this.#ground = ground;
    this.#webhooks = webhooks;
  }

  account(id: string): BrokerAccount {
    const known = this.accounts.get(id);
    if (known !== undefined) return known;
    const made: BrokerAccount = { account: id, settledCents: 0, unsettledCents: 0, openOrders: 0, lentCents: 0 };
    this.accounts.set(id, made);
    return made;
  }

  create(account: string, cents: number, key: string): Seen {
    const { plan, random, tell } = this.#ground;
    const known = plan.broker.knowsKeys ? this.cashOuts.find((one) => one.key === key) : undefined;
    if (known !== undefined) return this.#said(known);
    const books = this.account(account);
    if (books.settledCents < cents && !plan.broker.lends) return { kind: 'rejected', reason: 'not-enough-cash' };
    books.settledCents -= cents;
    if (books.settledCents < 0) {
      books.lentCents = Math.max(books.lentCents, -books.settledCents);
      tell('broker', () => `${account} is paid from money that has not settled: short of EUR ${decimalOf(-books.settledCents)}`);
    }
    const { needsApproval, completes } = plan.broker;
    const cashOut: BrokerCashOut = {
      cashOutId: `co-${String(this.cashOuts.length + 1)}`,
      account,
      key,
      cents,
      madeAtMs: this.#ground.scheduler.nowMs,
      movedBack: false,
      status: needsApproval ? 'needs-approval' : completes === 'at-once' ? 'done' : 'pending',
    };
    this.cashOuts.push(cashOut);
    tell('broker', () => `takes in ${cashOut.cashOutId}: EUR ${decimalOf(cents)} of ${account}, ${cashOut.status} (${key})`);
    if (cashOut.status === 'pending') this.#finishLater(cashOut, random.between(30, 1_500));
    return this.#said(cashOut);
  }

  #finishLater(cashOut: BrokerCashOut, waitMs: number): void {
    const { scheduler, faults, tell } = this.#ground;
    scheduler.after(waitMs, null, () => {
      if (cashOut.status !== 'pending') return;
      cashOut.status = faults.happens('cash-out-failed') ? 'failed' : 'done';
      if (cashOut.status === 'failed') this.account(cashOut.account).settledCents += cashOut.cents;
      tell('broker', () => `${cashOut.cashOutId} is ${cashOut.status}`);
      this.#webhooks.cashStatus(cashOut.cashOutId, cashOut.account, cashOut.status === 'done' ? '3' : '4');
    });
  }

  /** What has left the account, or is leaving it. */
  takenFrom(account: string): readonly BrokerCashOut[] {
    return this.cashOuts.filter((one) => one.account === account && one.status !== 'failed' && !one.movedBack);
  }

  /** Operators move the cash from the house account back to where it was. */
  moveBack(account: string, cents: number): void {
    const cashOut = this.cashOuts.find((one) => one.account === account && one.cents === cents && one.status === 'done' && !one.movedBack);
    if (cashOut === undefined) return;
    cashOut.movedBack = true;
    this.account(account).settledCents += cents;
    this.#ground.tell('people', () => `move EUR ${decimalOf(cents)} back to ${account}`);
  }

  /** Operators have a cash-out undone: it reads as one that has failed. */
  undo(cashOutId: string): void {
    const cashOut = this.cashOuts.find((one) => one.cashOutId === cashOutId);
    if (cashOut === undefined || cashOut.status === 'failed') return;
    cashOut.status = 'failed';
    if (!cashOut.movedBack) this.account(cashOut.account).settledCents += cashOut.cents;
    this.#ground.tell('people', () => `have ${cashOutId} undone`);
  }

  /** Operators have a cash-out called off that waits for its approval. */
  callOff(cashOutId: string): void {
    const cashOut = this.cashOuts.find((one) => one.cashOutId === cashOutId);
    if (cashOut?.status !== 'needs-approval') return;
    cashOut.status = 'failed';
    this.account(cashOut.account).settledCents += cashOut.cents;
    this.#ground.tell('people', () => `have ${cashOutId} called off`);
  }

  /** The part of a cash-out that was not transferred. */
  takeRestBack(account: string, cents: number): void {
    this.account(account).settledCents += cents;
    this.#ground.tell('people', () => `move EUR ${decimalOf(cents)}, the rest of a cash-out, back to ${account}`);
  }

  approve(cashOutId: string): Seen {
    const cashOut = this.cashOuts.find((one) => one.cashOutId === cashOutId);
    if (cashOut === undefined) return { kind: 'rejected', reason: 'refused' };
    if (cashOut.status === 'needs-approval') {
      cashOut.status = 'pending';
      this.#ground.tell('broker', () => `${cashOutId} is approved`);
      this.#finishLater(cashOut, this.#ground.random.between(1, 1_000));
    }
    return this.#said(cashOut);
  }

  #shown(cashOut: BrokerCashOut): CashOut {
    return {
      cashOutId: cashOut.cashOutId,
      status: cashOut.status,
      brokerStatus: cashOut.status,
      amount: { amount: decimalOf(cashOut.cents), currency: EUR },
    };
  }
  #said(cashOut: BrokerCashOut): Seen {
    return cashOut.status === 'failed' ? { kind: 'rejected', reason: 'failed' } : { kind: 'applied', result: this.#shown(cashOut) };
  }

  find(account: string, key: string): Inquiry<CashOut, CashOutRefusal> {
    const ours = this.cashOuts.filter((one) => one.account === account && one.key === key);
    const [only, second] = ours;
    if (only === undefined) return { found: 'absent' };
    if (second !== undefined) return { found: 'ambiguous', evidence: `${String(ours.length)} redemptions carry our key` };
    return only.status === 'failed' ? { found: 'rejected', reason: 'failed' } : { found: 'applied', result: this.#shown(only) };
  }

  read(cashOutId: string): Outcome<CashOut, 'not-found'> {
    const cashOut = this.cashOuts.find((one) => one.cashOutId === cashOutId);
    return cashOut === undefined ? { kind: 'rejected', reason: 'not-found' } : { kind: 'applied', result: this.#shown(cashOut) };
  }

  /** Whoever has made them. */
  list(account: string, keys: readonly string[]): Outcome<readonly ListedCashOut[], 'not-found'> {
    const those = this.cashOuts.filter((one) => one.account === account);
    const result = those.map((one) => ({
      ...this.#shown(one),
      createdAt: isoOf(one.madeAtMs),
      key: keys.includes(one.key) ? one.key : null,
    }));
    return { kind: 'applied', result };
  }

  cash(account: string): BrokerCash {
    const { settledCents, unsettledCents } = this.account(account);
    return {
      currency: EUR,
      withdrawable: decimalOf(Math.max(0, settledCents)),
      booked: decimalOf(settledCents + unsettledCents),
      pendingSettlement: unsettledCents === 0 ? [] : [{ amount: decimalOf(unsettledCents), availableAt: '2026-01-02T00:00:00Z' }],
      pendingOut: decimalOf(0),
    };
  }

  abilities(): BrokerPort['abilities'] {
    const { broker } = this.#ground.plan;
    const common = { keyMemoryMs: null, longestLifeMs: declaredLifeMs(this.#ground.plan, 0), source: 'the plan of this history' };
    const createCashOut: OperationAbility = { repeatable: broker.repeatable, afterAbsence: broker.afterAbsence, ...common };
    const byKey: OperationAbility = { repeatable: 'by-key', afterAbsence: 'same-key', ...common };
    return { placeOrder: createCashOut, createCashOut, approveCashOut: byKey };
  }
}

const retryable = (evidence: string, retryAfterMs?: number) =>
  ({ kind: 'retryable', evidence, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }) as const;
const unknown = (evidence: string) => ({ kind: 'unknown', evidence }) as const;
/** What is unknown of a question can be asked again. */
const askAgain = { retryable, unknown: (evidence: string) => retryable(evidence) };
const noAnswer = (evidence: string) => ({ found: 'no-answer', evidence }) as const;
const notAsked = (): never => {
  throw new Error('the simulation places no orders');
};

/** The broker as a service sees it. */
export const brokerPort = (broker: Broker, network: Network): BrokerPort => ({
  provider: 'simulated',
  abilities: broker.abilities(),
  placeOrder: notAsked,
  findOrder: notAsked,
  readOrder: notAsked,
  readSettlement: notAsked,
  readCorrections: notAsked,
  readPrices: notAsked,
  readOpenOrders: (account, signal) =>
    network.read<Awaited<ReturnType<BrokerPort['readOpenOrders']>>>({
      what: `open orders of ${account}`,
      signal,
      arrive: () => {
        const orders = Array.from({ length: broker.account(account).openOrders }, (_, index) => `o-${String(index)}`);
        return { kind: 'applied', result: orders.map((orderId) => ({ orderId, instrument: 'X' as never })) };
      },
      ...askAgain,
    }),
  readPositions: (account, signal) =>
    network.read<Awaited<ReturnType<BrokerPort['readPositions']>>>({
      what: `positions of ${account}`,
      signal,
      arrive: () => ({ kind: 'applied', result: [] }),
      ...askAgain,
    }),
  readCash: (account, signal) =>
    network.read<Awaited<ReturnType<BrokerPort['readCash']>>>({
      what: `cash of ${account}`,
      signal,
      arrive: () => ({ kind: 'applied', result: broker.cash(account) }),
      ...askAgain,
    }),
  createCashOut: ({ account, amount }, { key, signal }) =>
    network.write<Seen>({
      what: `cash-out of EUR ${amount.amount} (${key})`,
      signal,
      arrive: () => broker.create(account, centsOf(amount.amount), key),
      retryable,
      unknown,
    }),
  findCashOut: ({ account }, { key, signal }) =>
    network.read<Inquiry<CashOut, CashOutRefusal>>({
      what: `find cash-out ${key}`,
      signal,
      arrive: () => broker.find(account, key),
      retryable: noAnswer,
      unknown: noAnswer,
    }),
  readCashOut: (cashOutId, signal) =>
    network.read<Outcome<CashOut, 'not-found'>>({
      what: `cash-out ${cashOutId}`,
      signal,
      arrive: () => broker.read(cashOutId),
      ...askAgain,
    }),
  readCashOuts: (account, _sinceMs, { keys }, signal) =>
    network.read<Awaited<ReturnType<BrokerPort['readCashOuts']>>>({
      what: `cash-outs of ${account}`,
      signal,
      arrive: () => broker.list(account, keys),
      ...askAgain,
    }),
  approveCashOut: (cashOutId, { signal }) =>
    network.write<Seen>({
      what: `approve ${cashOutId}`,
      signal,
      arrive: () => broker.approve(cashOutId),
      retryable,
      unknown,
      harmlessTwice: true,
    }),
});
