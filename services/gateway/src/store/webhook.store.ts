import type { Pool } from 'pg';
import { isAway } from '../../../../shared/runtime/postgres/database.js';
import { systemClock } from '../../../../shared/runtime/engine/clock.js';
import { Batcher } from '../../../../shared/runtime/batching.js';
import type { KeptBody } from '../decide/forwarding.js';

/** One webhook id: looked for, or with the hash of its body remembered. */
type Asked = { readonly source: string; readonly webhookId: string; readonly bodyHash: string | null };

/** Webhooks of many senders at once in one statement, and one after the other: a commit for each would cost more than all the rest. */
const MOST_PER_STATEMENT = 500;
const MOST_WAITING = 5_000;

const ASK = `
with remembered as (
  insert into webhook (source, webhook_id, body_hash)
  select * from unnest($3::text[], $4::text[], $5::text[]) as t(source, webhook_id, body_hash) order by 1, 2 on conflict do nothing)
select w.source, w.webhook_id, w.body_hash
from unnest($1::text[], $2::text[]) as asked(source, webhook_id) join webhook w on w.source = asked.source and w.webhook_id = asked.webhook_id`;

const idOf = (source: string, webhookId: string): string => `${source} ${webhookId}`;

/** Which webhooks were forwarded, and the bodies that could not be read. */
export class WebhookStore {
  readonly #pool: Pool;
  readonly #batcher: Batcher<Asked, string | null>;
  readonly #sealed: (body: Buffer) => Buffer;

  /** `sealed`: a body as it is kept. It may hold anything about anybody. */
  constructor(pool: Pool, sealed: (body: Buffer) => Buffer) {
    this.#pool = pool;
    this.#sealed = sealed;
    this.#batcher = new Batcher({
      work: (asked) => this.#ask(asked),
      rounds: 1,
      most: MOST_PER_STATEMENT,
      mostWaiting: MOST_WAITING,
      isOfAll: isAway,
      soon: systemClock.soon,
    });
  }

  async #ask(asked: readonly Asked[]): Promise<(string | null)[]> {
    const looked = asked.filter(({ bodyHash }) => bodyHash === null);
    const told = asked.filter(({ bodyHash }) => bodyHash !== null);
    const { rows } = await this.#pool.query<{ source: string; webhook_id: string; body_hash: string }>({
      name: 'ask',
      text: ASK,
      values: [
        looked.map(({ source }) => source),
        looked.map(({ webhookId }) => webhookId),
        told.map(({ source }) => source),
        told.map(({ webhookId }) => webhookId),
        told.map(({ bodyHash }) => bodyHash),
      ],
    });
    const known = new Map(rows.map((row) => [idOf(row.source, row.webhook_id), row.body_hash]));
    return asked.map(({ source, webhookId, bodyHash }) => (bodyHash === null ? (known.get(idOf(source, webhookId)) ?? null) : null));
  }

  /** Hash of the body that was forwarded under this id, or null. @throws TooManyWaiting, and what Postgres says. */
  forwardedBody(source: string, webhookId: string): Promise<string | null> {
    return this.#batcher.do({ source, webhookId, bodyHash: null });
  }

  /** After Kafka has acknowledged, never before: a repetition in between is found again by its event ids. Resolves with the commit. */
  async remember(source: string, webhookId: string, bodyHash: string): Promise<void> {
    await this.#batcher.do({ source, webhookId, bodyHash });
  }

  async keep(kept: KeptBody): Promise<void> {
    await this.#pool.query(
      `insert into quarantine (event_id, source, webhook_id, error_class, reason, body) values ($1, $2, $3, $4, $5, $6) on conflict (event_id) do nothing`,
      [kept.eventId, kept.source, kept.webhookId, kept.errorClass, kept.reason.slice(0, 500), this.#sealed(kept.body)],
    );
  }
}
