/** Transactions as the API writes, judges and shows them. */
import type { MovementRead } from '../../../contracts/investsuite/http.js';
import type { JsonObject } from '../../../contracts/tokens.js';
import type { Books, ViolationLine } from './books.js';
import type { NewId } from './ids.js';
import {
  readMovements,
  refusedBreaks,
  replacementBreaks,
  silentBreaks,
  transactionStatus,
  transactionType,
  type RuleBreak,
} from './movement-rules.js';
import { isRobo, number, textField, type StoredPortfolio, type StoredTransaction } from './state.js';

export type TransactionWrite = {
  readonly requestId: string;
  readonly externalId?: string | null;
  readonly optimizationId?: string | null;
  readonly more: JsonObject;
  readonly movements: readonly JsonObject[];
};

/** What writing needs of the world around it. */
export type TransactionHost = {
  readonly books: Books;
  readonly newId: NewId;
  readonly transactions: Map<string, StoredTransaction>;
  readonly optimiser: { transactionWritten(portfolioId: string): void };
  portfolio(id: string): StoredPortfolio | undefined;
  transactionsOf(portfolioId: string): readonly StoredTransaction[];
  violation(line: ViolationLine): void;
};

export class TransactionWrites {
  readonly #world: TransactionHost;

  constructor(world: TransactionHost) {
    this.#world = world;
  }

  add(portfolioId: string, write: TransactionWrite): StoredTransaction {
    const id = this.#world.newId('T');
    return this.#keep(
      {
        id,
        portfolioId,
        version: 1,
        externalId: write.externalId ?? null,
        optimizationId: write.optimizationId ?? null,
        more: write.more,
        movements: write.movements,
      },
      'post',
      write.requestId,
    );
  }

  /** Movements are replaced whole; other fields that are not given stay. */
  replace(before: StoredTransaction, write: TransactionWrite): StoredTransaction {
    return this.#keep(
      {
        ...before,
        version: before.version + 1,
        externalId: write.externalId === undefined ? before.externalId : write.externalId,
        optimizationId: write.optimizationId === undefined ? before.optimizationId : write.optimizationId,
        more: { ...before.more, ...write.more },
        movements: write.movements,
      },
      'patch',
      write.requestId,
    );
  }

  #keep(stored: StoredTransaction, write: 'post' | 'patch', requestId: string): StoredTransaction {
    this.#world.transactions.set(stored.id, stored);
    this.#world.books.transactions.append({
      portfolioId: stored.portfolioId,
      transactionId: stored.id,
      version: stored.version,
      write,
      requestId,
      externalId: stored.externalId,
      optimizationId: stored.optimizationId,
      movements: stored.movements,
    });
    this.#judgeOptimizationId(stored, requestId);
    this.#world.optimiser.transactionWritten(stored.portfolioId);
    return stored;
  }

  #judgeOptimizationId(stored: StoredTransaction, requestId: string): void {
    const portfolio = this.#world.portfolio(stored.portfolioId);
    const type = transactionType(readMovements(stored.movements));
    const say = (kind: string, detail: string): void => {
      this.#world.violation({ portfolioId: stored.portfolioId, kind, severity: 'violation', detail, requestId });
    };
    if (type === 'ORDER' && stored.optimizationId === null && portfolio !== undefined && isRobo(portfolio.wire))
      say('optimization-id-missing', `order ${stored.id} of a robo portfolio`);
    if (type === 'CASH_TRANSFER' && stored.optimizationId !== null) say('optimization-id-on-cash', `cash transfer ${stored.id}`);
    const twin = this.#world
      .transactionsOf(stored.portfolioId)
      .find((one) => one.id !== stored.id && one.externalId !== null && one.externalId === stored.externalId);
    if (twin !== undefined && stored.version === 1)
      say('transaction-twice', `external_id ${stored.externalId ?? ''} stands on ${twin.id} too`);
  }

  /** As the API shows it. */
  wireOf(stored: StoredTransaction): JsonObject {
    const read: readonly MovementRead[] = readMovements(stored.movements);
    const currency = textField(this.#world.portfolio(stored.portfolioId)?.wire ?? {}, 'base_currency');
    return {
      ...stored.more,
      id: stored.id,
      external_id: stored.externalId,
      optimization_id: stored.optimizationId,
      portfolio_id: stored.portfolioId,
      portfolio_currency: currency,
      version: number(stored.version),
      type: transactionType(read),
      status: transactionStatus(read),
      movements: stored.movements,
    };
  }

  /** Breaks that refuse the write; the silent ones go to the book of violations either way. */
  judgeMovements(
    portfolioId: string,
    requestId: string,
    before: readonly JsonObject[],
    after: readonly JsonObject[],
  ): readonly RuleBreak[] {
    const read = readMovements(after);
    const refused = refusedBreaks(read);
    const silent = refused.length > 0 ? [] : [...silentBreaks(read), ...replacementBreaks(readMovements(before), read)];
    for (const one of [...refused, ...silent])
      this.#world.violation({ portfolioId, kind: one.kind, severity: 'violation', detail: one.detail, requestId });
    return refused;
  }
}
