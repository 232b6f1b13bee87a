/** Judges every write of a portfolio: what the customer asks for must not be lost, nor any setting, holding or account. */
import type { JsonObject } from '../../../contracts/tokens.js';
import { compare, cutTo, isNegative, isPositive, isZero, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../../shared/kernel/money.js';
import type { Author, Books, ViolationLine } from './books.js';
import { BROKERAGE_FIELDS, same, SETTINGS } from './patch-rules.js';
import { holdingsOf, levelOf, levelText, objectField, settingsOf, type StoredPortfolio } from './state.js';
import { missingRequest, NO_WISH, requestedByApi, requestedByApp, type DivestRequest } from './divest-requests.js';

export type PortfolioWrite = {
  readonly by: Author;
  readonly requestId: string | null;
  readonly fields: JsonObject;
  readonly meant?: Decimal;
};

/** What the judge needs of the world around it. */
export type JudgedWorld = {
  readonly books: Books;
  withdrawn(portfolioId: string): Decimal;
  holdingsByMovements(portfolioId: string): Record<string, Decimal>;
  violation(line: ViolationLine): void;
};

export class WriteJudge {
  readonly #world: JudgedWorld;
  readonly #wishes = new Map<string, DivestRequest>();
  /** How much of a divest request stood nowhere after the latest write of the API. */
  readonly #erased = new Map<string, Decimal>();
  /** Newest version a caller of the API has seen, per portfolio. */
  readonly #seenByApi = new Map<string, number>();

  constructor(world: JudgedWorld) {
    this.#world = world;
  }

  request(portfolioId: string): DivestRequest {
    return this.#wishes.get(portfolioId) ?? NO_WISH;
  }

  /** A new portfolio with this level: the customer has asked for it. */
  begin(portfolioId: string, level: DivestAmount): void {
    this.#wishes.set(portfolioId, requestedByApp(NO_WISH, { kind: 'nothing' }, level, ZERO, null));
  }

  /** A caller of the API has seen this version. */
  seen(portfolioId: string, version: number): void {
    this.#seenByApi.set(portfolioId, version);
  }

  /** What the customer asks for now, and whether this write has erased a part of it. */
  noteRequest(before: StoredPortfolio, after: StoredPortfolio, write: PortfolioWrite): void {
    const from = levelOf(before.wire);
    const to = levelOf(after.wire);
    if (levelText(from) === levelText(to) && write.meant === undefined) return;
    const withdrawn = this.#world.withdrawn(after.id);
    const request = this.request(after.id);
    const next =
      write.by === 'api' ? requestedByApi(request, from, to, withdrawn) : requestedByApp(request, from, to, withdrawn, write.meant ?? null);
    this.#wishes.set(after.id, next);
    this.#world.books.divestRequests.append({
      portfolioId: after.id,
      by: write.by,
      from: levelText(from),
      to: levelText(to),
      asked: next.asked,
      version: after.version,
    });
    if (write.by !== 'api') return;
    const missing = missingRequest(next, to, withdrawn);
    const known = this.#erased.get(after.id) ?? ZERO;
    this.#erased.set(after.id, missing);
    // What was erased before and still is, is not erased anew by a write that takes off what was paid.
    if (compare(missing, known) > 0)
      this.#raced(
        before,
        write,
        'wish-erased',
        `level ${levelText(from)} became ${levelText(to)}: ${missing} was asked for and not withdrawn`,
      );
    if (from.kind === 'everything' && to.kind === 'nothing') this.#judgeEverything(before, after, write, withdrawn);
  }

  #judgeEverything(before: StoredPortfolio, after: StoredPortfolio, write: PortfolioWrite, withdrawn: Decimal): void {
    // Less than a cent cannot be paid out.
    const left = Object.entries(holdingsOf(after.wire)).filter(([instrument, quantity]) =>
      isPositive(instrument.startsWith('$') ? cutTo(quantity, 2) : quantity),
    );
    if (left.length === 0 && !isZero(withdrawn)) return;
    this.#raced(
      before,
      write,
      'wish-erased',
      `everything was asked for; ${withdrawn} is withdrawn, left are ${left.map(([instrument, quantity]) => `${instrument} ${quantity}`).join(', ')}`,
    );
  }

  /** A warning when somebody wrote after the caller's last read, for nobody could have known; a violation otherwise. */
  #raced(before: StoredPortfolio, write: PortfolioWrite, kind: string, detail: string): void {
    const severity = (this.#seenByApi.get(before.id) ?? 0) >= before.version ? 'violation' : 'warning';
    this.#world.violation({ portfolioId: before.id, kind, severity, detail, requestId: write.requestId });
  }

  /** What a write of the API has lost. */
  judgeWrite(before: StoredPortfolio, after: StoredPortfolio, write: PortfolioWrite): void {
    if (write.fields['config'] !== undefined) this.#judgeConfig(before, after, write);
    if (write.fields['brokerage_account'] !== undefined) {
      const was = objectField(before.wire, 'brokerage_account');
      const is = objectField(after.wire, 'brokerage_account');
      const lost = BROKERAGE_FIELDS.filter((field) => (was[field] ?? null) !== null && (is[field] ?? null) === null);
      if (lost.length > 0) this.#raced(before, write, 'brokerage-keys-lost', lost.join(', '));
    }
    const fundedBefore = before.wire['funded_since'] ?? null;
    if (fundedBefore !== null && !same(fundedBefore, after.wire['funded_since'] ?? null))
      this.#raced(before, write, 'funded-since-overwritten', 'it is set once');
    if (write.fields['portfolio'] !== undefined) this.#judgeHoldings(before, after, write);
  }

  #judgeConfig(before: StoredPortfolio, after: StoredPortfolio, write: PortfolioWrite): void {
    const was = settingsOf(before.wire);
    const is = settingsOf(after.wire);
    const changed = SETTINGS.filter((key) => key !== 'divest_amount' && !same(was[key] ?? null, is[key] ?? null));
    if (changed.length > 0) this.#raced(before, write, 'config-settings-lost', changed.join(', '));
  }

  #judgeHoldings(before: StoredPortfolio, after: StoredPortfolio, write: PortfolioWrite): void {
    const wanted = this.#world.holdingsByMovements(after.id);
    const was = holdingsOf(before.wire);
    const is = holdingsOf(after.wire);
    for (const [instrument, quantity] of Object.entries(is)) {
      if (isNegative(quantity))
        this.#world.violation({
          portfolioId: after.id,
          kind: 'holding-negative',
          severity: 'violation',
          detail: `${instrument}: ${quantity}`,
          requestId: write.requestId,
        });
    }
    for (const instrument of Object.keys(was)) {
      const gone = !isZero(was[instrument] ?? ZERO) && isZero(is[instrument] ?? ZERO);
      if (gone && !isZero(wanted[instrument] ?? ZERO)) {
        this.#world.violation({
          portfolioId: after.id,
          kind: 'holdings-line-lost',
          severity: 'violation',
          detail: `${instrument}: ${was[instrument] ?? '0'} by the map, ${wanted[instrument] ?? '0'} by movements`,
          requestId: write.requestId,
        });
      }
    }
  }
}
