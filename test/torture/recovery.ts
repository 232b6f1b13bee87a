/**
 * How long after a kill everything goes on. Two instants are looked for. `back`: the killed one is ready again. `moving`: the first row
 * written after the kill that shows work going through it:
 *   a money service   a step of a journey in its schema (by either copy)
 *   gateway           a webhook that was forwarded to Kafka
 *   Kafka             a message taken into an inbox, after Kafka was started again
 *   Postgres          a step of any journey, after Postgres was started again
 *   operator          (back alone)
 * Recovered is the later of the two. The clock starts at the SIGKILL; so the time that nobody starts it again is part of it.
 */
import type { Pool } from 'pg';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { engineSchemaNames, schemaOf, type ServiceName } from '../../contracts/internal/services.js';
import type { Victim } from './chaos.js';

/** What victims are told apart by. */
export type Kind = ServiceName | 'kafka' | 'postgres';

export interface Recovered {
  readonly victim: Victim;
  readonly backMs: number;
  /** null: nothing had to be done there until the end of the run. */
  readonly movingMs: number | null;
  /** Journeys of customers that were open at the kill; null when Postgres was away. */
  readonly inFlight: number | null;
}

export interface Killed {
  readonly victim: Victim;
  readonly killedAtMs: number;
  /** When it was started again and when it was ready. */
  readonly revived: Promise<{
    readonly startedAtMs: number;
    readonly readyAtMs: number;
  }>;
  readonly inFlight: number | null;
}

export const kindOf = (victim: Victim): Kind => victim.replace(/-\d+$/, '') as Kind;

const LOOK_EVERY_MS = 100;
/** So that a look costs next to nothing; they are the run's own, beside the product's tables. */
const INDEXES = [
  ...engineSchemaNames.flatMap((schema) => [
    `create index if not exists torture_history_at on ${schema}.history (at)`,
    `create index if not exists torture_inbox_at on ${schema}.inbox (received_at)`,
  ]),
  'create index if not exists torture_webhook_at on gateway.webhook (received_at)',
];

const first = (column: string, table: string): string =>
  `(select (extract(epoch from min(${column})) * 1000)::float8 from ${table} where ${column} > to_timestamp($1::float8 / 1000))`;
const least = (parts: readonly string[]): string => `select least(${parts.join(', ')}) as ms`;

const movedStatement = (kind: Kind): string | null => {
  if (kind === 'operator') return null;
  if (kind === 'gateway') return least([first('received_at', 'gateway.webhook')]);
  if (kind === 'kafka') return least(engineSchemaNames.map((schema) => first('received_at', `${schema}.inbox`)));
  if (kind === 'postgres') return least(engineSchemaNames.map((schema) => first('at', `${schema}.history`)));
  return least([first('at', `${schemaOf(kind)}.history`)]);
};

export class Recoveries {
  readonly #pool: Pool;
  readonly #found: Recovered[] = [];
  readonly #watching = new Set<Promise<void>>();
  #over = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async prepare(): Promise<void> {
    for (const index of INDEXES) await this.#pool.query(index);
  }

  /** Journeys of customers that are open now, or null when the database does not say. */
  async inFlight(): Promise<number | null> {
    try {
      const { rows } = await this.#pool.query<{ count: number }>('select count(*)::int as count from withdrawal.journey where not ended');
      return rows[0]?.count ?? null;
    } catch {
      return null;
    }
  }

  watch(killed: Killed): void {
    const watching = this.#watch(killed)
      // What could not be revived fails the run elsewhere.
      .catch(() => undefined)
      .finally(() => this.#watching.delete(watching));
    this.#watching.add(watching);
  }

  async #watch({ victim, killedAtMs, revived, inFlight }: Killed): Promise<void> {
    const kind = kindOf(victim);
    const statement = movedStatement(kind);
    const { startedAtMs, readyAtMs } = await revived;
    const afterMs = kind === 'kafka' || kind === 'postgres' ? startedAtMs : killedAtMs;
    let movedAtMs: number | null = statement === null ? readyAtMs : null;
    while (movedAtMs === null && statement !== null) {
      movedAtMs = await this.#moved(statement, afterMs);
      if (movedAtMs !== null || this.#over) break;
      await pauseMs(LOOK_EVERY_MS);
    }
    this.#found.push({
      victim,
      backMs: readyAtMs - killedAtMs,
      movingMs: movedAtMs === null ? null : Math.max(0, movedAtMs - killedAtMs),
      inFlight,
    });
  }

  async #moved(statement: string, afterMs: number): Promise<number | null> {
    try {
      const { rows } = await this.#pool.query<{ ms: number | null }>(statement, [afterMs]);
      return rows[0]?.ms ?? null;
    } catch {
      // Postgres may be the one that was killed.
      return null;
    }
  }

  /** Nothing more will move. Call it when everything has come to rest. */
  async finish(): Promise<readonly Recovered[]> {
    this.#over = true;
    await Promise.all(this.#watching);
    return this.#found;
  }
}

export interface Distribution {
  readonly count: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Nearest rank; null of nothing. */
export const distributionOf = (values: readonly number[]): Distribution | null => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return sorted.length === 0
    ? null
    : {
        count: sorted.length,
        minMs: at(0),
        p50Ms: at(0.5),
        p90Ms: at(0.9),
        p99Ms: at(0.99),
        maxMs: at(1),
      };
};

/** From the kill until it is back and work goes through it; null where there was no more work. */
export const recoveredMs = ({ backMs, movingMs }: Recovered): number | null => (movingMs === null ? null : Math.max(backMs, movingMs));
