/** The tenant's limits in memory, with the meaning of migration 0017: for simulations and for tests that have no database. */
import { compare, sum, type Decimal } from '../../shared/kernel/decimal.js';
import type { LimitRequest, Limits, LimitsPort, Reserved } from '../../services/payout/src/decide/limits.js';
import { exceeded } from '../../services/payout/src/decide/limits.rules.js';

type Reservation = LimitRequest & { readonly day: string; readonly atMs: number; freed: boolean };
const HOUR_MS = 3_600_000;

export class MemoryLimits {
  readonly reservations = new Map<string, Reservation>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get #standing(): readonly Reservation[] {
    return [...this.reservations.values()].filter(({ freed }) => !freed);
  }
  /** What stands of this day and currency, of one portfolio or of all. */
  used(day: string, currency: string, portfolioId?: string): Decimal {
    const those = this.#standing.filter((one) => one.day === day && one.currency === currency);
    return sum(those.filter((one) => portfolioId === undefined || one.portfolioId === portfolioId).map(({ amount }) => amount));
  }

  reserve(key: string, day: string, request: LimitRequest, limits: Limits): Reserved {
    const { portfolioId, currency, payoutId, amount } = request;
    const known = this.reservations.get(key) ?? this.#standing.find((one) => one.payoutId === payoutId);
    if (known !== undefined) {
      const isSame = known.payoutId === payoutId && known.portfolioId === portfolioId && known.currency === currency;
      if (!isSame || compare(amount, known.amount) > 0) throw new Error('something else is reserved');
      return { reserved: true };
    }
    const nowMs = this.#nowMs();
    const payments = this.#standing.filter(({ atMs }) => atMs > nowMs - HOUR_MS).length;
    const used = { ofDay: this.used(day, currency), ofPortfolioAndDay: this.used(day, currency, portfolioId), payments };
    const over = request.beyond ? [] : exceeded(request, used, limits);
    if (over.length > 0) return { reserved: false, over };
    this.reservations.set(key, { ...request, day, atMs: nowMs, freed: false });
    return { reserved: true };
  }

  free(payoutId: string): void {
    for (const one of this.reservations.values()) if (one.payoutId === payoutId) one.freed = true;
  }
}

/** A port that always answers, at once. */
export const limitsPort = (limits: MemoryLimits): LimitsPort => ({
  reserve: (key, day, request, chosen) => Promise.resolve({ answer: limits.reserve(key, day, request, chosen) }),
  isReserved: (key) => Promise.resolve({ answer: limits.reservations.has(key) }),
  free: (payoutId) => {
    limits.free(payoutId);
    return Promise.resolve({ answer: null });
  },
});
export const noLimits = (): LimitsPort => limitsPort(new MemoryLimits(() => 0));
