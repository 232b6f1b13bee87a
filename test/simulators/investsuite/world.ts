import type { EventName } from '../../../contracts/investsuite/events.js';
import { divestAmountToken, printedDivestAmount } from '../../../contracts/investsuite/divest-amount.js';
import type { JsonObject } from '../../../contracts/tokens.js';
import { compare, decimal, isNegative, isZero, minus, plus, sum, ZERO, absolute, type Decimal } from '../../../shared/kernel/decimal.js';
import { JsonNumber, type Json } from '../../../shared/kernel/json.js';
import type { DivestAmount } from '../../../shared/kernel/money.js';
import { createPrng } from '../shared/prng.js';
import { createFaultBoard } from '../shared/faults.js';
import type { Delivery } from '../shared/webhook.js';
import { createBooks, type Author, type Books, type ViolationLine } from './books.js';
import { EventsOut, type OutgoingEvent } from './events-out.js';
import { INVESTSUITE_FAULTS, type InvestSuiteFaults } from './faults.js';
import { createIds, type NewId } from './ids.js';
import { isBooked, isDone, readMovements } from './movement-rules.js';
import { DEFAULT_OPTIMISER, type OptimiserSettings } from './optimiser.js';
import { OptimiserRuns } from './optimiser-runs.js';
import {
  cashOf,
  holdingsOf,
  holdingsWire,
  isRobo,
  levelOf,
  levelText,
  number,
  settingsOf,
  textField,
  withSettings,
  type StoredOptimization,
  type StoredPortfolio,
  type StoredTransaction,
} from './state.js';
import { TransactionWrites } from './transaction-writes.js';
import type { DivestRequest } from './divest-requests.js';
import { WriteJudge, type PortfolioWrite } from './write-judge.js';

/** Author ids on the wire: InvestSuite's own, and the user behind the API key. */
const SYSTEM_USER = 'UXXXXXXXXXXXXXXXXXXXXXXXXXX';
const API_USER = `U${'0'.repeat(25)}1`;

export type WorldOptions = {
  readonly nowMs: () => number;
  readonly seed: number;
  readonly optimiserDelayMs: number;
  readonly optimiser?: OptimiserSettings;
  readonly deliver: (delivery: Delivery) => void;
};

/** InvestSuite itself: objects, versions, events and the optimiser. HTTP is in server.ts. One instance from reset to reset. */
export class World {
  readonly books: Books;
  readonly faults: InvestSuiteFaults;
  readonly newId: NewId;
  readonly prices = new Map<string, Decimal>();
  readonly users = new Map<string, JsonObject>();
  readonly transactions = new Map<string, StoredTransaction>();
  readonly optimizations = new Map<string, StoredOptimization>();
  readonly events: EventsOut;
  readonly optimiser: OptimiserRuns;
  readonly transactionWrites: TransactionWrites;
  readonly #options: WorldOptions;
  readonly #portfolios = new Map<string, StoredPortfolio>();
  readonly #initialHoldings = new Map<string, Readonly<Record<string, Decimal>>>();
  readonly #judge: WriteJudge;

  constructor(options: WorldOptions) {
    this.#options = options;
    const prng = createPrng(options.seed);
    this.books = createBooks(options.nowMs);
    this.newId = createIds(prng.fork('ids'));
    this.faults = createFaultBoard({
      names: INVESTSUITE_FAULTS,
      seed: options.seed,
      onStrike: (rule, operation, subjects) => {
        this.books.strikes.append({ fault: rule.fault, operation, subjects });
      },
    });
    this.events = new EventsOut({ books: this.books, faults: this.faults, prng: prng.fork('event names'), deliver: options.deliver });
    this.#judge = new WriteJudge(this);
    this.transactionWrites = new TransactionWrites(this);
    this.optimiser = new OptimiserRuns(this, { delayMs: options.optimiserDelayMs, settings: options.optimiser ?? DEFAULT_OPTIMISER });
  }

  now(): string {
    return new Date(this.#options.nowMs()).toISOString();
  }

  portfolio(id: string): StoredPortfolio | undefined {
    return this.#portfolios.get(id);
  }

  allPortfolios(): readonly StoredPortfolio[] {
    return [...this.#portfolios.values()];
  }

  request(portfolioId: string): DivestRequest {
    return this.#judge.request(portfolioId);
  }

  sawByApi(portfolioId: string): void {
    const stored = this.#portfolios.get(portfolioId);
    if (stored !== undefined) this.#judge.seen(portfolioId, stored.version);
  }

  /** Transactions of one portfolio in the order they were made. */
  transactionsOf(portfolioId: string): readonly StoredTransaction[] {
    return [...this.transactions.values()].filter((one) => one.portfolioId === portfolioId);
  }

  /** Cash withdrawals on the books, positive, of one status or of both. */
  withdrawn(portfolioId: string, statuses: readonly string[] = ['SETTLED']): Decimal {
    const movements = this.transactionsOf(portfolioId).flatMap((one) => readMovements(one.movements));
    return sum(
      movements.filter((one) => one.type === 'CASH_WITHDRAWAL' && statuses.includes(one.status)).map((one) => absolute(one.quantity)),
    );
  }

  /** What the holdings must be by the first holdings and all booked movements. */
  holdingsByMovements(portfolioId: string): Record<string, Decimal> {
    const totals: Record<string, Decimal> = { ...this.#initialHoldings.get(portfolioId) };
    const movements = this.transactionsOf(portfolioId).flatMap((one) => readMovements(one.movements));
    for (const one of movements.filter(isBooked)) totals[one.instrument_id] = plus(totals[one.instrument_id] ?? ZERO, one.quantity);
    return Object.fromEntries(Object.entries(totals).filter(([, quantity]) => !isZero(quantity)));
  }

  violation(line: ViolationLine): void {
    this.books.violations.append(line);
  }

  emit(name: EventName, portfolioId: string, content: OutgoingEvent['data']): void {
    this.events.emit(name, portfolioId, content);
  }

  /** A new portfolio, version 1. `quiet` leaves out the creation event. */
  addPortfolio(id: string, wire: JsonObject, quiet: boolean): StoredPortfolio {
    const now = this.now();
    const whole: JsonObject = {
      ...wire,
      id,
      creation_datetime: now,
      version: number(1),
      version_datetime: now,
      version_authored_by_user_id: SYSTEM_USER,
    };
    const stored: StoredPortfolio = { id, version: 1, wire: whole };
    this.#portfolios.set(id, stored);
    this.#initialHoldings.set(id, holdingsOf(whole));
    const level = levelOf(whole);
    this.#judge.begin(id, level);
    this.#book(stored, { by: 'admin', requestId: null, fields: wire });
    if (!quiet) {
      this.emit('portfolio.creation', id, {
        id,
        external_id: textField(whole, 'external_id'),
        owned_by_user_id: textField(whole, 'owned_by_user_id'),
      });
      if (level.kind !== 'nothing') this.#tellLevel(stored);
    }
    return stored;
  }

  /** Writes a new version: nested objects are replaced as given. The fields have been checked. */
  write(id: string, write: PortfolioWrite): StoredPortfolio {
    const before = this.#portfolios.get(id);
    if (before === undefined) throw new RangeError(`no portfolio ${id}`);
    const version = before.version + 1;
    const author =
      write.by === 'app' ? (textField(before.wire, 'owned_by_user_id') ?? SYSTEM_USER) : write.by === 'api' ? API_USER : SYSTEM_USER;
    const wire: JsonObject = {
      ...before.wire,
      ...write.fields,
      version: number(version),
      version_datetime: this.now(),
      version_authored_by_user_id: author,
    };
    const after = this.#withStatus({ id, version, wire });
    this.#portfolios.set(id, after);
    this.#book(after, write);
    if (write.by === 'api') this.#judge.judgeWrite(before, after, write);
    if (write.by === 'admin' && write.fields['portfolio'] !== undefined) this.#moveInitial(id, before, after);
    this.#judge.noteRequest(before, after, write);
    if (write.by === 'api') this.#judge.seen(id, version);
    if (levelText(levelOf(before.wire)) !== levelText(levelOf(wire))) this.#tellLevel(after);
    if (textField(before.wire, 'status') !== textField(after.wire, 'status')) this.#tellStatus(after);
    if (isRobo(wire)) this.optimiser.trigger(id);
    return after;
  }

  /** The customer's app sets the level: a write of its own, with its own version and event. `meant`: see divest-requests.ts. */
  setLevel(id: string, level: DivestAmount, by: Author, meant?: Decimal): StoredPortfolio {
    const stored = this.#portfolios.get(id);
    if (stored === undefined) throw new RangeError(`no portfolio ${id}`);
    const fields = withSettings(stored.wire, { divest_amount: level.kind === 'nothing' ? null : printedDivestAmount(level) });
    return this.write(id, { by, requestId: null, fields, ...(meant === undefined ? {} : { meant }) });
  }

  /** The app adds to the level it reads now; `seen` is what it believes it reads, when it is late. */
  raise(id: string, amount: Decimal, seen?: DivestAmount): StoredPortfolio {
    const stored = this.#portfolios.get(id);
    if (stored === undefined) throw new RangeError(`no portfolio ${id}`);
    const base = seen ?? levelOf(stored.wire);
    if (base.kind === 'everything') return stored;
    const level = divestAmountToken.parse(new JsonNumber(plus(base.kind === 'amount' ? base.amount : ZERO, amount)));
    return this.setLevel(id, level, 'app', amount);
  }

  /** Funded for the first time and waiting for it: it becomes active. */
  #withStatus(stored: StoredPortfolio): StoredPortfolio {
    const funded = textField(stored.wire, 'funded_since') !== null && textField(stored.wire, 'status') === 'WAITING_FOR_FUNDS';
    return funded ? { ...stored, wire: { ...stored.wire, status: 'ACTIVE' } } : stored;
  }

  #book(stored: StoredPortfolio, write: PortfolioWrite): void {
    this.books.versions.append({
      portfolioId: stored.id,
      version: stored.version,
      by: write.by,
      requestId: write.requestId,
      fields: Object.keys(write.fields),
      level: levelText(levelOf(stored.wire)),
      holdings: holdingsOf(stored.wire),
      wire: stored.wire,
    });
  }

  #moveInitial(id: string, before: StoredPortfolio, after: StoredPortfolio): void {
    const moved: Record<string, Decimal> = { ...this.#initialHoldings.get(id) };
    const was = holdingsOf(before.wire);
    const is = holdingsOf(after.wire);
    for (const instrument of new Set([...Object.keys(was), ...Object.keys(is)])) {
      moved[instrument] = plus(moved[instrument] ?? ZERO, minus(is[instrument] ?? ZERO, was[instrument] ?? ZERO));
    }
    this.#initialHoldings.set(id, moved);
  }

  #tellLevel(stored: StoredPortfolio): void {
    const given = settingsOf(stored.wire)['divest_amount'] ?? null;
    this.emit('portfolio.withdrawal-request', stored.id, {
      id: stored.id,
      external_id: textField(stored.wire, 'external_id'),
      divest_amount: given,
      currency: textField(stored.wire, 'base_currency'),
    });
  }

  #tellStatus(stored: StoredPortfolio): void {
    this.emit('portfolio.status-update', stored.id, {
      id: stored.id,
      external_id: textField(stored.wire, 'external_id'),
      value: textField(stored.wire, 'status'),
    });
  }

  /** True when every order of the optimisation has a transaction and none of them is still open. */
  optimizationDone(optimization: StoredOptimization): boolean {
    const own = this.transactionsOf(optimization.portfolioId).filter((one) => one.optimizationId === optimization.id);
    const done = new Set(
      own
        .filter((one) => isDone(readMovements(one.movements)))
        .flatMap((one) => readMovements(one.movements).map((part) => part.instrument_id)),
    );
    return own.length > 0 && optimization.instruments.every((instrument) => done.has(instrument));
  }

  /** The optimisation that keeps this portfolio out of the next ones: begun, and not done. */
  openOptimization(portfolioId: string): StoredOptimization | null {
    const begun = new Set(this.transactionsOf(portfolioId).flatMap((one) => one.optimizationId ?? []));
    for (const id of begun) {
      const one = this.optimizations.get(id);
      if (one !== undefined && !this.optimizationDone(one)) return one;
    }
    return null;
  }

  /** A tenant of the old kind: the event call itself books the cash. */
  bookByEventCall(portfolioId: string, signed: Decimal): void {
    const stored = this.#portfolios.get(portfolioId);
    if (stored === undefined) return;
    const holdings = holdingsOf(stored.wire);
    const cash = cashOf(stored.wire);
    holdings[cash] = plus(holdings[cash] ?? ZERO, signed);
    const fields: Record<string, Json> = { portfolio: holdingsWire(holdings) };
    if (isNegative(signed)) Object.assign(fields, withSettings(stored.wire, { divest_amount: null }));
    this.write(portfolioId, { by: 'investsuite', requestId: null, fields });
  }

  /** The old level plus a raise, written by an app that has not seen the reset. */
  staleRaise(before: StoredPortfolio, after: StoredPortfolio): void {
    const from = levelOf(before.wire);
    const to = levelOf(after.wire);
    const lowered = from.kind === 'amount' && (to.kind === 'nothing' || (to.kind === 'amount' && compare(to.amount, from.amount) < 0));
    if (!lowered) return;
    const rule = this.faults.strike('patch-portfolio', [after.id], ['stale-raise']);
    if (rule !== null) this.raise(after.id, decimal(rule.detail ?? '50'), from);
  }

  /** An app write that lands between a caller's read and its PATCH. */
  versionGap(portfolioId: string): void {
    const rule = this.faults.strike('patch-portfolio', [portfolioId], ['version-gap']);
    const stored = this.#portfolios.get(portfolioId);
    if (rule === null || stored === undefined) return;
    const [what = 'raise', amount = '50'] = (rule.detail ?? 'raise:50').split(':');
    if (what === 'cancel') this.setLevel(portfolioId, { kind: 'nothing' }, 'app');
    else if (what === 'settings')
      this.write(portfolioId, { by: 'app', requestId: null, fields: withSettings(stored.wire, { risk_profile_id: this.newId('K') }) });
    else this.raise(portfolioId, decimal(amount));
  }

  stop(): void {
    this.events.stop();
    this.optimiser.stop();
  }
}
