/** What an operator sees: the logs of Kafka, Postgres and the services, the audit log, dead letters and journeys. As lines of text. */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Pool } from 'pg';
import { engineSchemaNames } from '../../contracts/internal/services.js';

export type Mark = {
  readonly offsets: ReadonlyMap<string, number>;
  readonly auditSeq: string;
  readonly atIso: string;
  readonly figures: ReadonlyMap<string, number>;
};

const SEEN_LEVELS = new Set(['warn', 'error', 'fatal']);

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
const textFrom = (path: string, offset: number): string => {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, fstatSync(file).size - offset));
    readSync(file, buffer, 0, buffer.length, offset);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
};

/** A line of a service at a level that people are shown; null for another one. */
const ofService = (line: string): string | null => {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line.trim() === '' ? null : line;
  }
  const { level, msg, time: _time, pid: _pid, hostname: _hostname, name: _name, service: _service, ...more } = fields;
  if (typeof level !== 'string' || !SEEN_LEVELS.has(level)) return null;
  return `${level}: ${String(msg)} ${JSON.stringify(more)}`;
};
const seenIn = (source: string, line: string): string | null => {
  if (source === 'kafka') return line.includes(' is Denied operation') ? line.replace(/^.*?Principal/, 'Principal') : null;
  if (source === 'postgres') return /(ERROR|FATAL):/.test(line) ? line.replace(/^.*?(ERROR|FATAL):/, '$1:') : null;
  return ofService(line);
};

const JOURNEYS = engineSchemaNames
  .map(
    (schema) =>
      `select '${schema}' as service, flow, status, coalesce(held, state->>'reason', waits_for, '') as why, portfolio_id, opened_at from ${schema}.journey`,
  )
  .join(' union all ');
const LETTERS = engineSchemaNames
  .map((schema) => `select '${schema}' as service, reason, first_seen from ${schema}.quarantine`)
  .join(' union all ');

/** What the gateway counts of those whom it turns away, by the line of /metrics. */
const FIGURE = /^(cmw_(?:webhooks_total|connections_open|connections_closed_total)\S*) (\d+)$/gm;

const figuresOf = async (url: string): Promise<ReadonlyMap<string, number>> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map([...text.matchAll(FIGURE)].map(([, name = '', value]) => [name, Number(value)]));
};

export class Traces {
  readonly #files: Readonly<Record<string, string>>;
  readonly #gatewayUrl: string;
  readonly #pool: Pool;

  /** `files`: paths of logs, by the name of who writes them. */
  constructor(files: Readonly<Record<string, string>>, gatewayUrl: string, pool: Pool) {
    this.#files = files;
    this.#gatewayUrl = gatewayUrl;
    this.#pool = pool;
  }

  async mark(): Promise<Mark> {
    const { rows } = await this.#pool.query<{ seq: string; at: Date }>(
      'select coalesce(max(seq), 0)::text as seq, clock_timestamp() as at from operator.audit',
    );
    return {
      offsets: new Map(Object.entries(this.#files).map(([source, path]) => [source, sizeOf(path)])),
      auditSeq: rows[0]?.seq ?? '0',
      atIso: rows[0]?.at.toISOString() ?? '',
      figures: await figuresOf(this.#gatewayUrl),
    };
  }

  /** Everything since the mark. Of journeys: those of this portfolio. */
  async since({ offsets, auditSeq, atIso, figures }: Mark, portfolioId: string | undefined): Promise<readonly string[]> {
    const logged = Object.entries(this.#files).flatMap(([source, path]) =>
      textFrom(path, offsets.get(source) ?? 0)
        .split('\n')
        .flatMap((line) => {
          const seen = seenIn(source, line);
          return seen === null ? [] : [`${source}: ${seen}`];
        }),
    );
    const [audit, letters, journeys] = await Promise.all([
      this.#pool.query<{ line: string }>(
        `select who || ' ' || what || ' ' || target || ' ' || details::text as line from operator.audit where seq > $1 order by seq`,
        [auditSeq],
      ),
      this.#pool.query<{ line: string }>(`select service || ': ' || reason as line from (${LETTERS}) q where first_seen > $1`, [atIso]),
      this.#pool.query<{ line: string }>(
        `select service || ': ' || flow || ' is ' || status || ': ' || why as line from (${JOURNEYS}) j where portfolio_id = $1 order by opened_at`,
        [portfolioId ?? ''],
      ),
    ]);
    const grown = [...(await figuresOf(this.#gatewayUrl))].filter(([name, value]) => value > (figures.get(name) ?? 0));
    return [
      ...logged,
      ...grown.map(([name, value]) => `figure of gateway: ${name} ${String(figures.get(name) ?? 0)} -> ${String(value)}`),
      ...audit.rows.map(({ line }) => `audit: ${line}`),
      ...letters.rows.map(({ line }) => `dead letter of ${line}`),
      ...journeys.rows.map(({ line }) => `journey of ${line}`),
    ];
  }
}
