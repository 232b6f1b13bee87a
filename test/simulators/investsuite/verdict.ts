import { isZero, minus, sum, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import type { Printable } from '../../../shared/kernel/json.js';
import type { ViolationLine } from './books.js';
import { readMovements } from './movement-rules.js';
import { holdingsOf, isRobo, levelOf, levelText, textField, type StoredPortfolio } from './state.js';
import { beyondRequest, missingRequest } from './divest-requests.js';
import type { World } from './world.js';

/** What the books say of one portfolio. All amounts are decimal text in the base currency. */
export type PortfolioVerdict = {
  readonly portfolioId: string;
  readonly externalId: string | null;
  readonly currency: string | null;
  readonly robo: boolean;
  readonly version: number;
  /** `0`, an amount, or `everything`. */
  readonly level: string;
  readonly levels: readonly { readonly at: string; readonly version: number; readonly by: string; readonly level: string }[];
  /** All that was ever asked for, cancelled divest requests taken off. Not meaningful while `everything` is true. */
  readonly asked: Decimal;
  readonly everything: boolean;
  /** Sum of CASH_WITHDRAWAL movements that are SETTLED, positive. */
  readonly withdrawn: Decimal;
  readonly withdrawals: readonly {
    readonly transactionId: string;
    readonly externalId: string | null;
    readonly status: string;
    readonly amount: Decimal;
    readonly datetime: string;
  }[];
  /** Asked for, not withdrawn, and not in the level any more. */
  readonly missingRequest: Decimal;
  /** Withdrawn though nobody asked; null when everything was asked for. */
  readonly beyondRequest: Decimal | null;
  /** Push messages the customer got about payments: each new `/events/withdraw/` call. */
  readonly notifications: {
    readonly count: number;
    readonly total: Decimal;
    readonly amounts: readonly Decimal[];
    readonly repeatedCalls: number;
  };
  readonly depositNotifications: { readonly count: number; readonly total: Decimal };
  readonly holdings: Readonly<Record<string, Decimal>>;
  readonly holdingsByMovements: Readonly<Record<string, Decimal>>;
  /** Map less movements, only what is not zero. Empty when the books agree. */
  readonly holdingsDifference: Readonly<Record<string, Decimal>>;
  readonly holdingsHistory: readonly {
    readonly at: string;
    readonly version: number;
    readonly by: string;
    readonly holdings: Readonly<Record<string, Decimal>>;
  }[];
  readonly openOptimizationId: string | null;
  readonly violations: readonly ViolationLine[];
  readonly warnings: readonly ViolationLine[];
};

export type Verdict = {
  readonly portfolios: readonly PortfolioVerdict[];
  readonly violations: readonly ViolationLine[];
  readonly warnings: readonly ViolationLine[];
  /** Work of the simulator that is still to come; the books are only final when all are 0. */
  readonly pending: { readonly optimisations: number; readonly heldEvents: number; readonly deliveries: number };
};

const difference = (map: Readonly<Record<string, Decimal>>, movements: Readonly<Record<string, Decimal>>): Record<string, Decimal> => {
  const all = [...new Set([...Object.keys(map), ...Object.keys(movements)])].map((instrument): [string, Decimal] => [
    instrument,
    minus(map[instrument] ?? ZERO, movements[instrument] ?? ZERO),
  ]);
  return Object.fromEntries(all.filter(([, value]) => !isZero(value)));
};

const portfolioVerdict = (world: World, stored: StoredPortfolio): PortfolioVerdict => {
  const { id, wire } = stored;
  const request = world.request(id);
  const level = levelOf(wire);
  const withdrawn = world.withdrawn(id);
  const holdings = holdingsOf(wire);
  const holdingsByMovements = world.holdingsByMovements(id);
  const versions = world.books.versions.where((line) => line.portfolioId === id);
  const calls = world.books.eventCalls.where((line) => line.portfolioId === id);
  const told = calls.filter((line) => line.direction === 'withdraw' && !line.repeated).map((line) => line.amount);
  const deposits = calls.filter((line) => line.direction === 'deposit' && !line.repeated).map((line) => line.amount);
  const lines = world.books.violations.where((line) => line.portfolioId === id);
  return {
    portfolioId: id,
    externalId: textField(wire, 'external_id'),
    currency: textField(wire, 'base_currency'),
    robo: isRobo(wire),
    version: stored.version,
    level: levelText(level),
    levels: versions
      .filter((line, index) => line.level !== versions[index - 1]?.level)
      .map(({ at, version, by, level: shown }) => ({ at, version, by, level: shown })),
    asked: request.asked,
    everything: request.everything,
    withdrawn,
    withdrawals: world.transactionsOf(id).flatMap((one) =>
      readMovements(one.movements)
        .filter((part) => part.type === 'CASH_WITHDRAWAL')
        .map((part) => ({
          transactionId: one.id,
          externalId: one.externalId,
          status: part.status,
          amount: part.quantity,
          datetime: part.datetime,
        })),
    ),
    missingRequest: missingRequest(request, level, withdrawn),
    beyondRequest: beyondRequest(request, withdrawn),
    notifications: {
      count: told.length,
      total: sum(told),
      amounts: told,
      repeatedCalls: calls.filter((line) => line.direction === 'withdraw' && line.repeated).length,
    },
    depositNotifications: { count: deposits.length, total: sum(deposits) },
    holdings,
    holdingsByMovements,
    holdingsDifference: difference(holdings, holdingsByMovements),
    holdingsHistory: versions
      .filter((line) => line.fields.includes('portfolio'))
      .map(({ at, version, by, holdings: shown }) => ({ at, version, by, holdings: shown })),
    openOptimizationId: world.openOptimization(id)?.id ?? null,
    violations: lines.filter((line) => line.severity === 'violation'),
    warnings: lines.filter((line) => line.severity === 'warning'),
  };
};

export const verdictOf = (world: World, deliveriesWaiting: number): Verdict => ({
  portfolios: world.allPortfolios().map((stored) => portfolioVerdict(world, stored)),
  violations: world.books.violations.where((line) => line.severity === 'violation'),
  warnings: world.books.violations.where((line) => line.severity === 'warning'),
  pending: { optimisations: world.optimiser.waiting(), heldEvents: world.events.waiting(), deliveries: deliveriesWaiting },
});

/** The verdict is plain text, numbers that count, and lists: it prints as it is. */
export const verdictWire = (verdict: Verdict): Printable => verdict;
