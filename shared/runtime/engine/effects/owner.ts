/**
 * Who sends. A process owns its `sending` effects through an advisory lock on a connection of its own: when the lock is
 * free the owner is gone, and its effects are unknown at once, without waiting for a timeout.
 */
import type { Client } from 'pg';

export type OwnerOptions = {
  readonly connect: () => Promise<Client>;
  /** The class of the advisory lock: one per schema. */
  readonly lockClass: number;
  readonly onLost: (error: Error | null) => void;
  readonly onTrouble: (error: unknown) => void;
};

export class Owner {
  readonly #options: OwnerOptions;
  #client: Client | null = null;
  #id = 0;
  #stopped = false;

  constructor(options: OwnerOptions) {
    this.#options = options;
  }

  /** The present id; another one after every reconnection. 0 while there is none. */
  get id(): number {
    return this.#client === null ? 0 : this.#id;
  }

  /** Resolves when a lock is held; tries for ever. */
  async start(): Promise<void> {
    for (let attempt = 1; !this.#stopped; attempt++) {
      try {
        await this.#acquire();
        return;
      } catch (error) {
        this.#options.onTrouble(error);
        await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 100 * 2 ** Math.min(attempt, 6))));
      }
    }
  }

  async #acquire(): Promise<void> {
    const client = await this.#options.connect();
    client.on('error', (error) => {
      this.#lose(client, error);
    });
    client.on('end', () => {
      this.#lose(client, null);
    });
    try {
      const { rows } = await client.query<{ id: number }>(`select nextval('owner_id')::int as id`);
      const id = rows[0]?.id ?? 0;
      await client.query('select pg_advisory_lock($1, $2)', [this.#options.lockClass, id]);
      this.#id = id;
      this.#client = client;
    } catch (error) {
      await client.end().catch(this.#options.onTrouble);
      throw error;
    }
  }

  #lose(client: Client, error: Error | null): void {
    if (this.#client !== client) return;
    this.#client = null;
    if (this.#stopped) return;
    this.#options.onLost(error);
    void this.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const client = this.#client;
    this.#client = null;
    if (client !== null) await client.end().catch(this.#options.onTrouble);
  }
}
