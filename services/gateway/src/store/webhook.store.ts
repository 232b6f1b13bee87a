import type { Pool } from 'pg';
import type { KeptBody } from '../decide/forwarding.js';

/** Which webhooks were forwarded, and the bodies that could not be read. */
export class WebhookStore {
  readonly #pool: Pool;
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Hash of the body that was forwarded under this id, or null. */
  async forwardedBody(source: string, webhookId: string): Promise<string | null> {
    const { rows } = await this.#pool.query<{ body_hash: string }>('select body_hash from webhook where source = $1 and webhook_id = $2', [
      source,
      webhookId,
    ]);
    return rows[0]?.body_hash ?? null;
  }

  /** After Kafka has acknowledged, never before: a repetition in between is found again by its event ids. */
  async remember(source: string, webhookId: string, bodyHash: string): Promise<void> {
    await this.#pool.query('insert into webhook (source, webhook_id, body_hash) values ($1, $2, $3) on conflict do nothing', [
      source,
      webhookId,
      bodyHash,
    ]);
  }

  async keep(kept: KeptBody): Promise<void> {
    await this.#pool.query(
      `insert into quarantine (event_id, source, webhook_id, error_class, reason, body) values ($1, $2, $3, $4, $5, $6) on conflict (event_id) do nothing`,
      [kept.eventId, kept.source, kept.webhookId, kept.errorClass, kept.reason.slice(0, 500), kept.body],
    );
  }
}
