/** The outside of one history: bank, broker, InvestSuite and what customers and other services do, each with its own books. */
import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import type { Topic } from '../../contracts/internal/topics.js';
import type { Printable } from '../../shared/kernel/json.js';
import { MemoryLimits } from '../builders/limits.js';
import { Bank } from './bank.js';
import { Broker } from './broker.js';
import { decimalOf } from './cents.js';
import type { Ground } from './ground.js';
import { EVERYTHING, InvestSuite, LOT_CENTS } from './investsuite.js';
import { OtherInstallation } from './other-installation.js';
import { Topics } from './topics.js';
import { Webhooks } from './webhooks.js';

/** A payout that the world has asked for, in a history without a withdrawal service. */
export type Ask = { readonly withdrawalId: string; readonly portfolioId: string; readonly cents: number };
/** A change of holdings that the world has asked for. */
export type Change = { readonly changeId: string; readonly portfolioId: string; readonly cents: number; readonly lowers: boolean };

const MOST_WISHES = 3;

export class World {
  readonly topics: Topics;
  readonly webhooks: Webhooks;
  readonly bank: Bank;
  readonly broker: Broker;
  readonly investSuite: InvestSuite;
  readonly other: OtherInstallation;
  /** What the payout service has reserved, in our own database. */
  readonly limits: MemoryLimits;
  readonly asks: Ask[] = [];
  readonly changes: Change[] = [];
  readonly portfolioIds: readonly string[];
  /** What a portfolio has had in cash, sales included, payments not. */
  readonly hadCents = new Map<string, number>();
  readonly #ground: Ground;
  #said = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.topics = new Topics(ground);
    this.webhooks = new Webhooks(ground, this.topics);
    this.bank = new Bank(ground, this.webhooks);
    this.broker = new Broker(ground, this.webhooks);
    this.investSuite = new InvestSuite(ground, this.webhooks);
    this.other = new OtherInstallation(ground, this.broker, this.bank);
    this.limits = new MemoryLimits(() => ground.scheduler.nowMs);
    this.portfolioIds = Array.from({ length: ground.plan.portfolios }, (_, index) => `P${String(index + 1)}`);
  }

  /** Says one of our own events in the name of a service that is not in this history. */
  say(topic: Topic, portfolioId: string | null, key: string, value: Printable, id = `world-${String(++this.#said)}`): void {
    const event = { id, type: topic, version: '1', occurredAt: '2026-01-01T00:00:00Z', portfolioId };
    this.topics.append({ topic, key, headers: headersOf(event), value: printEnvelope({ data: value, ...event }) });
  }

  #later(waitMs: number, act: () => void): void {
    this.#ground.scheduler.after(waitMs, null, act);
  }

  begin(): void {
    const { plan, random } = this.#ground;
    for (const id of this.portfolioIds) {
      const cents = random.between(1_000, 90_000);
      this.broker.account(`B-${id}`).settledCents = cents;
      this.investSuite.open(id, cents);
      this.hadCents.set(id, cents);
      if (plan.scope === 'payout') {
        // Without a withdrawal service: the customer wants everything, so that each payout is asked for.
        this.investSuite.stands(id, EVERYTHING);
        this.#asksForPayouts(id, cents);
      } else if (plan.scope === 'whole') this.#wishes(id, cents);
      else this.#changesAndWishes(id, cents);
    }
  }

  #asksForPayouts(id: string, cents: number): void {
    const { random, faults, tell } = this.#ground;
    const times = random.chance(0.75) ? 1 : 2;
    for (let n = 1; n <= times; n++) {
      const ask: Ask = { withdrawalId: `wd-${id}-${String(n)}`, portfolioId: id, cents: Math.max(1, Math.floor(cents / 3) + n) };
      this.asks.push(ask);
      const say = (): void => {
        tell('world', () => `asks for a payout of EUR ${decimalOf(ask.cents)}: ${ask.withdrawalId}`);
        const { withdrawalId, portfolioId } = ask;
        const amount = decimalOf(ask.cents);
        this.say('payout.requested', id, id, {
          withdrawalId,
          portfolioId,
          ownerId: `U-${id}`,
          brokerAccount: `B-${id}`,
          amount,
          currency: 'EUR',
        });
      };
      const atMs = random.between(1, 800);
      this.#later(atMs, say);
      if (faults.happens('asked-twice')) this.#later(atMs + random.between(1, 4_000), say);
      // There is cash for both of them: what the broker lends is judged elsewhere.
      if (times === 1 && faults.happens('other-installation'))
        this.#later(atMs, () => {
          this.other.takesUp(ask);
        });
    }
  }

  #wishes(id: string, cents: number): void {
    const { random, faults } = this.#ground;
    const first = random.chance(0.1) ? EVERYTHING : random.chance(0.3) ? cents + random.between(1, 20_000) : random.between(100, cents);
    this.#later(random.between(1, 500), () => {
      this.investSuite.request(id, first);
    });
    if (first > cents && first !== EVERYTHING) this.#sells(id, LOT_CENTS);
    if (first === EVERYTHING) return;
    let atMs = 0;
    for (let n = 1; n < MOST_WISHES; n++) {
      atMs += random.between(100, 2_500);
      if (faults.happens('wish-cancelled'))
        this.#later(atMs, () => {
          this.investSuite.request(id, 0);
        });
      else if (faults.happens('request-lowered'))
        this.#later(atMs, () => {
          const { levelCents } = this.investSuite.of(id);
          if (levelCents > 1) this.investSuite.request(id, Math.floor(levelCents / 2));
        });
      else if (faults.happens('wish-changed')) {
        const more = random.between(1, 3_000);
        this.#later(atMs, () => {
          this.#wishesMore(id, more);
        });
      }
    }
  }

  /** What the account cannot pay is sold for. */
  #wishesMore(id: string, cents: number): void {
    const { levelCents } = this.investSuite.of(id);
    const { settledCents, unsettledCents } = this.broker.account(`B-${id}`);
    const wanted = levelCents + cents;
    this.investSuite.request(id, wanted, this.broker.takenFrom(`B-${id}`));
    const short = wanted - settledCents - unsettledCents;
    if (short > 0) this.#sells(id, LOT_CENTS);
  }

  /** The part of the rebalancing: sold, executed, settled, and the holdings follow. */
  #sells(id: string, cents: number): void {
    const { random, faults, tell } = this.#ground;
    const account = this.broker.account(`B-${id}`);
    const executedMs = random.between(10, 1_200);
    const settledMs = executedMs + (faults.happens('settlement-late') ? random.between(1_500, 6_000) : random.between(10, 1_500));
    this.#later(random.between(1, executedMs), () => {
      account.openOrders++;
    });
    this.#later(executedMs, () => {
      account.openOrders = Math.max(0, account.openOrders - 1);
      account.unsettledCents += cents;
      tell('broker', () => `sells for EUR ${decimalOf(cents)} on ${account.account}, not settled yet`);
    });
    this.#later(settledMs, () => {
      account.unsettledCents -= cents;
      account.settledCents += cents;
      tell('broker', () => `EUR ${decimalOf(cents)} of ${account.account} has settled`);
      this.#asksForChange(id, cents, false);
    });
  }

  #asksForChange(id: string, cents: number, lowers: boolean): void {
    const changeId = `change-${id}-${String(this.changes.length + 1)}`;
    this.changes.push({ changeId, portfolioId: id, cents, lowers });
    if (!lowers) this.hadCents.set(id, (this.hadCents.get(id) ?? 0) + cents);
    const because = lowers ? 'withdrawal-paid' : 'order-settled';
    const lowerDivestBy = lowers ? { kind: 'amount', amount: decimalOf(-cents) } : null;
    const deltas = [{ instrument: '$EUR', quantity: decimalOf(cents) }];
    this.#ground.tell('world', () => `asks for a change of ${id} by EUR ${decimalOf(cents)}: ${changeId}`);
    this.say('portfolio.change-requested', id, id, { changeId, portfolioId: id, because, deltas, lowerDivestBy, cashSettled: !lowers });
  }

  /** For the portfolio alone: payments are booked and the customer asks, at the same time. */
  #changesAndWishes(id: string, cents: number): void {
    const { random, faults } = this.#ground;
    const wanted = Math.floor(cents / 2);
    this.#later(1, () => {
      this.investSuite.request(id, wanted);
    });
    const times = random.between(1, 2);
    for (let n = 0; n < times; n++)
      this.#later(random.between(50, 3_500), () => {
        const paid = random.chance(0.6);
        this.#asksForChange(id, paid ? -Math.max(1, Math.floor(wanted / 4)) : LOT_CENTS, paid);
      });
    for (let n = 1; n < MOST_WISHES; n++)
      if (faults.happens('wish-changed')) {
        const more = random.between(1, 3_000);
        this.#later(random.between(50, 3_500), () => {
          this.investSuite.request(id, this.investSuite.of(id).levelCents + more);
        });
      }
  }
}
