/** InvestSuite, with books of its own: cash, the divest amount, transactions, and who set what when. */
import { cashInstrument, type BrokerAccountId, type PortfolioId, type UserId } from '../../shared/kernel/ids.js';
import type { DivestAmount } from '../../shared/kernel/money.js';
import type { Inquiry, OperationAbility, Outcome } from '../../shared/kernel/outcome.js';
import type { InvestSuitePort, InvestSuiteRefusal, Portfolio, PortfolioWrite, PortfolioWritten } from '../../shared/ports/investsuite.js';
import { EUR, centsOf, decimalOf } from './cents.js';
import type { Ground } from './ground.js';
import type { Network } from './network.js';
import { declaredLifeMs } from './plan.js';
import type { Webhooks } from './webhooks.js';

const CASH = cashInstrument(EUR);
/** Above every amount: everything. */
export const EVERYTHING = Number.POSITIVE_INFINITY;

export type Booked = { readonly transactionId: string; readonly externalId: string; readonly cents: number };
/** `because`: the cash-outs that had left the account before it; the other reading holds only while all of them stand. */
type Anew = { readonly wantedCents: number; readonly underWayCents: number; readonly because: readonly string[] };

export type PortfolioBooks = {
  readonly id: string;
  version: number;
  levelCents: number;
  /** Every level that has stood, and from when on. */
  readonly levels: { readonly sinceMs: number; readonly cents: number }[];
  cashCents: number;
  readonly transactions: Booked[];
  /** Every version since the first: cash and level it was written with, null where it was not. */
  readonly versions: { readonly version: number; readonly cashCents: number | null; readonly levelCents: number | null }[];
  readonly announced: { readonly key: string; readonly cents: number }[];
  /** What the customer has asked for by all divest requests together; more must never be paid. */
  askedCents: number;
  /** What the level should be: the newest divest request, less what was paid and written since. */
  wantedCents: number;
  /** All that was paid and written. */
  loweredCents: number;
  /**
   * The other reading, as right: a divest request made anew after one that was called off too late does not answer for what was under way
   * before it. Whichever holds depends on whether the portfolio was read before it or after.
   */
  anew: Anew | null;
};

/** Sales are made in lots of this, above all payments of a history: so a change of cash shows what of it was paid. */
export const LOT_CENTS = 1_000_000;
const paidIn = (change: number): number => (change > 0 ? Math.ceil(change / LOT_CENTS) * LOT_CENTS : 0) - change;

const levelOf = (cents: number): DivestAmount =>
  cents === EVERYTHING ? { kind: 'everything' } : cents === 0 ? { kind: 'nothing' } : { kind: 'amount', amount: decimalOf(cents) };
const centsOfLevel = (level: DivestAmount): number =>
  level.kind === 'everything' ? EVERYTHING : level.kind === 'nothing' ? 0 : centsOf(level.amount);
const printed = (cents: number): string => (cents === EVERYTHING ? '1e100' : decimalOf(cents));
const cashIn = (holdings: PortfolioWrite['holdings']): number => centsOf(holdings[CASH] ?? '0');

type Taken = { readonly cashOutId: string; readonly cents: number };
const loweredAnew = ({ wantedCents, underWayCents, because }: Anew, paid: number): Anew => {
  const former = Math.min(paid, underWayCents);
  return { wantedCents: Math.max(0, wantedCents - paid + former), underWayCents: underWayCents - former, because };
};

export class InvestSuite {
  readonly portfolios = new Map<string, PortfolioBooks>();
  readonly #ground: Ground;
  readonly #webhooks: Webhooks;

  constructor(ground: Ground, webhooks: Webhooks) {
    this.#ground = ground;
    this.#webhooks = webhooks;
  }

  open(id: string, cashCents: number): PortfolioBooks {
    const books: PortfolioBooks = {
      id,
      version: 1,
      levelCents: 0,
      levels: [],
      cashCents,
      transactions: [],
      announced: [],
      versions: [],
      askedCents: 0,
      wantedCents: 0,
      loweredCents: 0,
      anew: null,
    };
    this.portfolios.set(id, books);
    return books;
  }
  of(id: string): PortfolioBooks {
    const books = this.portfolios.get(id);
    if (books === undefined) throw new Error(`no portfolio ${id}`);
    return books;
  }

  /** From now on. */
  stands(id: string, cents: number): void {
    const books = this.of(id);
    books.levelCents = cents;
    books.levels.push({ sinceMs: this.#ground.scheduler.nowMs, cents });
  }

  /** The highest level that has stood at any time since then. */
  highestSince(id: string, sinceMs: number): number {
    const { levels } = this.of(id);
    return levels.reduce((highest, { cents }, index) => {
      const next = levels[index + 1];
      return next !== undefined && next.sinceMs < sinceMs ? highest : Math.max(highest, cents);
    }, 0);
  }

  /** The customer says how much is wanted now. `taken`: what has left the account for this customer until now. */
  request(id: string, cents: number, taken: readonly Taken[] = []): void {
    const books = this.of(id);
    const before = books.levelCents;
    const begun: Anew = {
      wantedCents: cents,
      underWayCents: taken.reduce((sum, one) => sum + one.cents, 0) - books.loweredCents,
      because: taken.map(({ cashOutId }) => cashOutId),
    };
    const anew = before === 0 ? begun : books.anew === null ? null : { ...books.anew, wantedCents: cents };
    books.anew = anew !== null && anew.underWayCents > 0 && cents > 0 ? anew : null;
    if (cents > before) books.askedCents += cents - before;
    books.wantedCents = cents;
    this.stands(id, cents);
    books.version++;
    this.#ground.tell('customer', () => `${id}: wants EUR ${printed(cents)} (the level was ${printed(before)})`);
    this.#webhooks.request(id, printed(cents));
  }

  patch(id: string, cashCents: number | null, levelCents: number | null): number {
    const books = this.of(id);
    if (cashCents !== null) {
      const paid = paidIn(cashCents - books.cashCents);
      const all = books.wantedCents === EVERYTHING && cashCents === 0;
      books.wantedCents = all ? 0 : Math.max(0, books.wantedCents - paid);
      books.loweredCents += paid;
      if (books.anew !== null) books.anew = loweredAnew(books.anew, paid);
      books.cashCents = cashCents;
    }
    books.version++;
    books.versions.push({ version: books.version, cashCents, levelCents });
    if (levelCents !== null) {
      this.stands(id, levelCents);
      this.#webhooks.request(id, printed(levelCents));
    }
    this.#ground.tell(
      'investsuite',
      () =>
        `${id} is written: version ${String(books.version)}${cashCents === null ? '' : `, cash ${decimalOf(cashCents)}`}${levelCents === null ? '' : `, level ${printed(levelCents)}`}`,
    );
    return books.version;
  }

  /** Whether this write of ours is among the versions. */
  hasWritten(id: string, write: Omit<PortfolioWrite, 'portfolioId'>): boolean {
    const level = write.divestAmount === null ? null : centsOfLevel(write.divestAmount);
    return this.of(id).versions.some(
      ({ version, cashCents, levelCents }) => version > write.baseVersion && cashCents === cashIn(write.holdings) && levelCents === level,
    );
  }

  book(id: string, externalId: string, cents: number): Booked {
    const { transactions } = this.of(id);
    const booked: Booked = { transactionId: `tx-${id}-${String(transactions.length + 1)}`, externalId, cents };
    transactions.push(booked);
    this.#ground.tell('investsuite', () => `${id} books ${booked.transactionId}: EUR ${decimalOf(cents)}`);
    return booked;
  }

  shown(id: string): Portfolio {
    const { version, levelCents, cashCents } = this.of(id);
    return {
      id: id as PortfolioId,
      externalId: null,
      ownerId: `U-${id}` as UserId,
      baseCurrency: EUR,
      realMoney: true,
      manager: 'robo-discretionary',
      brokerProvider: null,
      active: true,
      archived: false,
      deleted: false,
      status: 'ACTIVE',
      brokerAccount: `B-${id}` as BrokerAccountId,
      divestAmount: levelOf(levelCents),
      holdings: { [CASH]: decimalOf(cashCents) },
      version,
      configJson: '{}',
    };
  }

  abilities(): InvestSuitePort['abilities'] {
    const { plan } = this.#ground;
    const common = { keyMemoryMs: null, longestLifeMs: declaredLifeMs(plan, 0), source: 'the plan of this history' };
    const createTransaction: OperationAbility = {
      repeatable: plan.transactionsCanBeListed ? 'after-inquiry' : 'never',
      afterAbsence: plan.transactionsCanBeListed ? 'new-key' : 'ask-person',
      ...common,
    };
    const writePortfolio: OperationAbility = { repeatable: 'after-inquiry', afterAbsence: 'new-key', ...common };
    return {
      createTransaction,
      replaceTransaction: { repeatable: 'after-inquiry', afterAbsence: 'same-key', ...common },
      writePortfolio,
      announceWithdrawal: { repeatable: 'by-key', afterAbsence: 'same-key', ...common },
    };
  }
}

const retryable = (evidence: string, retryAfterMs?: number) =>
  ({ kind: 'retryable', evidence, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }) as const;
const unknown = (evidence: string) => ({ kind: 'unknown', evidence }) as const;
const askAgain = { retryable, unknown: (evidence: string) => retryable(evidence) };
const noAnswer = (evidence: string) => ({ found: 'no-answer', evidence }) as const;
const notAsked = (): never => {
  throw new Error('the simulation does not ask for this');
};
type Written = Outcome<PortfolioWritten, InvestSuiteRefusal>;
type Found = Inquiry<PortfolioWritten, InvestSuiteRefusal>;
const meanwhile: Written = { kind: 'rejected', reason: 'changed-meanwhile' };

/** Holdings tell whether a write took effect: nobody else writes them. Where it changed none, only the level can. */
const findWrite = (now: Portfolio, write: PortfolioWrite): Found => {
  const applied: Found = { found: 'applied', result: { versionAfter: now.version } };
  const cash = cashIn(now.holdings);
  const level = write.divestAmount === null ? null : centsOfLevel(write.divestAmount);
  const levelStands = level === null || centsOfLevel(now.divestAmount) === level;
  if (cashIn(write.holdingsBefore) !== cashIn(write.holdings)) {
    if (cash === cashIn(write.holdingsBefore)) return { found: 'absent' };
    if (cash !== cashIn(write.holdings)) return { found: 'ambiguous', evidence: 'other holdings than before or after our write' };
    // The newest version is another's, and came after ours.
    return levelStands ? applied : { found: 'applied', result: { versionAfter: now.version - 1 } };
  }
  if (now.version === write.baseVersion) return { found: 'absent' };
  return levelStands ? applied : { found: 'ambiguous', evidence: 'written since, with another level' };
};

class Writes {
  readonly #books: InvestSuite;
  readonly #network: Network;
  constructor(books: InvestSuite, network: Network) {
    this.#books = books;
    this.#network = network;
  }

  read(id: string, signal: AbortSignal): Promise<Outcome<Portfolio, 'not-found' | 'forbidden'>> {
    return this.#network.read<Outcome<Portfolio, 'not-found' | 'forbidden'>>({
      what: `portfolio ${id}`,
      signal,
      arrive: () => ({ kind: 'applied', result: this.#books.shown(id) }),
      ...askAgain,
    });
  }

  patch(id: string, cash: number | null, level: number | null, signal: AbortSignal): Promise<Written> {
    return this.#network.write<Written>({
      what: `patch ${id}${cash === null ? '' : ` cash ${decimalOf(cash)}`}${level === null ? '' : ` level ${printed(level)}`}`,
      signal,
      arrive: () => ({ kind: 'applied', result: { versionAfter: this.#books.patch(id, cash, level) } }),
      retryable,
      unknown,
    });
  }

  /** Reads, and writes only over what the write was computed from; between the two somebody else may write. */
  async write(write: PortfolioWrite, signal: AbortSignal): Promise<Written> {
    const fresh = await this.read(write.portfolioId, signal);
    if (fresh.kind !== 'applied') return fresh;
    if (fresh.result.version !== write.baseVersion) return meanwhile;
    if (cashIn(fresh.result.holdings) !== cashIn(write.holdingsBefore)) return meanwhile;
    const level = write.divestAmount === null ? null : centsOfLevel(write.divestAmount);
    return this.patch(write.portfolioId, cashIn(write.holdings), level, signal);
  }

  async restore(id: string, expected: DivestAmount, level: DivestAmount, signal: AbortSignal): Promise<Written> {
    const fresh = await this.read(id, signal);
    if (fresh.kind !== 'applied') return fresh;
    const now = centsOfLevel(fresh.result.divestAmount);
    if (now === centsOfLevel(level)) return { kind: 'applied', result: { versionAfter: fresh.result.version } };
    return now === centsOfLevel(expected) ? this.patch(id, null, centsOfLevel(level), signal) : meanwhile;
  }

  async find(write: PortfolioWrite, signal: AbortSignal): Promise<Found> {
    const fresh = await this.read(write.portfolioId, signal);
    return fresh.kind === 'applied' ? findWrite(fresh.result, write) : noAnswer('the portfolio could not be read');
  }
}

/** InvestSuite as a service sees it. */
export const investSuitePort = (books: InvestSuite, network: Network): InvestSuitePort => {
  const writes = new Writes(books, network);
  return {
    abilities: books.abilities(),
    readPortfolio: (id, signal) => writes.read(id, signal),
    readUser: (id, signal) =>
      network.read<Awaited<ReturnType<InvestSuitePort['readUser']>>>({
        what: `user ${id}`,
        signal,
        arrive: () => ({ kind: 'applied', result: { id, externalId: `C-${id.slice(2)}`, counterAccount: null } }),
        ...askAgain,
      }),
    readOptimization: notAsked,
    readPendingWithdrawals: notAsked,
    replaceTransaction: notAsked,
    createTransaction: ({ portfolioId, externalId, movements }, { signal }) =>
      network.write<Awaited<ReturnType<InvestSuitePort['createTransaction']>>>({
        what: `book EUR ${movements[0]?.quantity ?? ''} of ${portfolioId}`,
        signal,
        arrive: () => {
          const { transactionId } = books.book(portfolioId, externalId, centsOf(movements[0]?.quantity ?? '0'));
          return { kind: 'applied', result: { transactionId } };
        },
        retryable,
        unknown,
      }),
    findTransaction: ({ portfolioId, externalId }, { signal }) =>
      network.read<Awaited<ReturnType<InvestSuitePort['findTransaction']>>>({
        what: `find transaction ${externalId}`,
        signal,
        arrive: () => {
          if (books.abilities().createTransaction.repeatable === 'never')
            return { found: 'ambiguous', evidence: 'transactions cannot be listed here' };
          const ours = books.of(portfolioId).transactions.filter((one) => one.externalId === externalId);
          const [only, second] = ours;
          if (only === undefined) return { found: 'absent' };
          return second === undefined
            ? { found: 'applied', result: { transactionId: only.transactionId } }
            : { found: 'ambiguous', evidence: 'more than one carries our external id' };
        },
        retryable: noAnswer,
        unknown: noAnswer,
      }),
    writePortfolio: (write, { signal }) => writes.write(write, signal),
    findPortfolioWrite: (write, { signal }) => writes.find(write, signal),
    writeDivestAmount: (id, expected, level, { signal }) => writes.restore(id, expected, level, signal),
    announceWithdrawal: (portfolioId, money, { key, signal }) =>
      network.write<Awaited<ReturnType<InvestSuitePort['announceWithdrawal']>>>({
        what: `announce EUR ${money.amount} of ${portfolioId}`,
        signal,
        arrive: () => {
          const { announced } = books.of(portfolioId);
          if (!announced.some((one) => one.key === key)) announced.push({ key, cents: centsOf(money.amount) });
          return { kind: 'applied', result: null };
        },
        retryable,
        unknown,
        harmlessTwice: true,
      }),
  };
};
