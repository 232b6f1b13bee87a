/**
 * Erases one customer: forgets the data keys of the customer's portfolios. Nobody can open what was sealed with them any more, in no copy of the
 * database either. Books, references, history and the audit log stay, and can be verified as before.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { engineServiceNames, schemaOf } from '../../contracts/internal/services.js';
import { isoOf } from '../../shared/kernel/instant.js';
import { askOf, SEALS_FOR_MS, type Ask } from '../../shared/runtime/sealing/portfolio-keys.js';
import { appendErasedKeys, readErasedKeys } from '../../shared/runtime/sealing/erased-keys.js';
import { forgetJourneys, forgetMessages } from '../../shared/runtime/sealing/forget.js';
import { engineSchemasOf } from '../../migrations/index.js';
import { placeOf, type DatabaseReached } from '../../shared/runtime/postgres/database.js';

/** Why nobody was erased. */
export class NotErased extends Error {
  override readonly name = 'NotErased';
}

export type EraseOptions = {
  /** The owner's login. */
  readonly database: DatabaseReached;
  readonly erasedKeysFile: string;
  readonly say: (line: string) => void;
  readonly nowMs: () => number;
  /** Longer than a service may still seal with a key that it has read, and a statement may take. */
  readonly closingMs?: number;
};
export type Whom = {
  /** A portfolio, or the owner of portfolios at InvestSuite. */ readonly customer: string;
  readonly by: string;
  readonly why: string;
};

const STATEMENT_MS = 15_000;

const engineServicesIn = async (database: DatabaseReached) => {
  const schemas = await engineSchemasOf(database);
  return engineServiceNames.filter((name) => schemas.includes(schemaOf(name)));
};
type Service = (typeof engineServiceNames)[number];

const portfoliosOf = async (ask: Ask, services: readonly Service[], customer: string): Promise<readonly string[]> => {
  const found = services.map(
    (service) => `select portfolio_id from ${schemaOf(service)}.journey
      where portfolio_id = $1 or state ->> 'ownerId' = $1 or state -> 'portfolio' ->> 'ownerId' = $1`,
  );
  const rows = await ask<{ portfolio_id: string }>(
    `${found.join(' union ')} union select portfolio_id from public.data_key where portfolio_id = $1`,
    [customer],
  );
  return rows.map(({ portfolio_id }) => portfolio_id);
};

/** What still needs the customer: an open journey that does not only rest, or a message that waits for people. */
const underWay = async (ask: Ask, services: readonly Service[], portfolioIds: readonly string[]): Promise<readonly string[]> => {
  const found = services.map(
    (service) => `
      select '${service} ' || flow || ' ' || id as what from ${schemaOf(service)}.journey where portfolio_id = any($1::text[]) and not ended
        and (overdue_at is null or overdue_at < now() + interval '10 years' or held is not null)
      union all select '${service} event ' || event_id from ${schemaOf(service)}.inbox where portfolio_id = any($1::text[]) and handled_at is null
      union all select '${service} message ' || event_id from ${schemaOf(service)}.quarantine where portfolio_id = any($1::text[]) and resolved_at is null`,
  );
  const rows = await ask<{ what: string }>(`${found.join(' union all ')} limit 20`, [portfolioIds]);
  return rows.map(({ what }) => what);
};

const expectNothingUnderWay = async (ask: Ask, services: readonly Service[], portfolioIds: readonly string[]): Promise<void> => {
  const left = await underWay(ask, services, portfolioIds);
  if (left.length > 0) throw new NotErased(`nobody was erased: this is under way or waits for people: ${left.join('; ')}`);
};

/** What stands in rows itself: from before anything was sealed, and copies of messages. */
const forgetRows = async (ask: Ask, services: readonly Service[], portfolioIds: readonly string[]): Promise<number> => {
  let count = 0;
  for (const service of services)
    count += (await forgetJourneys(ask, service, { portfolioIds })) + (await forgetMessages(ask, service, portfolioIds));
  return count;
};

const connected = async <T>(database: DatabaseReached, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ ...placeOf(database), application_name: 'erase' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** Returns how many data keys were erased. @throws NotErased. */
export const erase = (options: EraseOptions, { customer, by, why }: Whom): Promise<number> =>
  connected(options.database, async (client) => {
    const { erasedKeysFile, say, nowMs, closingMs = SEALS_FOR_MS + STATEMENT_MS } = options;
    const ask = askOf(client);
    const services = await engineServicesIn(options.database);
    const portfolioIds = await portfoliosOf(ask, services, customer);
    if (portfolioIds.length === 0) throw new NotErased(`nothing is kept of "${customer}": name a portfolio, or an owner at InvestSuite`);
    await expectNothingUnderWay(ask, services, portfolioIds);
    const keys = await ask<{ id: string; portfolio_id: string }>(
      'update public.data_key set closing_at = now() where portfolio_id = any($1::text[]) returning id, portfolio_id',
      [portfolioIds],
    );
    say(`${String(keys.length)} data keys of ${String(portfolioIds.length)} portfolios seal nothing new from now on`);
    try {
      // A service may still seal with a key that it has read a moment ago.
      await pause(closingMs);
      await expectNothingUnderWay(ask, services, portfolioIds);
    } catch (error) {
      await ask('update public.data_key set closing_at = null where id = any($1::text[])', [keys.map(({ id }) => id)]);
      throw error;
    }
    // First where no restored database can take it back.
    const at = isoOf(nowMs());
    appendErasedKeys(
      erasedKeysFile,
      keys.map(({ id, portfolio_id }) => ({ dataKey: id, portfolioId: portfolio_id, at })),
    );
    await client.query('begin');
    await ask('delete from public.data_key where id = any($1::text[])', [keys.map(({ id }) => id)]);
    const rows = await forgetRows(ask, services, portfolioIds);
    for (const portfolioId of portfolioIds)
      await ask('select operator.write_line($1, $2, $3, $4)', [
        ...[by, 'erased a customer', portfolioId],
        JSON.stringify({ why, dataKeys: keys.filter((key) => key.portfolio_id === portfolioId).map(({ id }) => id) }),
      ]);
    await client.query('commit');
    say(`erased: ${String(keys.length)} data keys, and what ${String(rows)} rows said in clear`);
    return keys.length;
  });

/** After a restore: what was erased before is erased in this database, too. Returns how many data keys it had brought back. */
export const eraseAgain = (options: EraseOptions): Promise<number> =>
  connected(options.database, async (client) => {
    const ask = askOf(client);
    const erased = readErasedKeys(options.erasedKeysFile);
    const services = await engineServicesIn(options.database);
    const back = await ask<{ portfolio_id: string }>('delete from public.data_key where id = any($1::text[]) returning portfolio_id', [
      erased.map(({ dataKey }) => dataKey),
    ]);
    const portfolioIds = [...new Set(erased.map(({ portfolioId }) => portfolioId))];
    // A portfolio may have come back as a customer since: what is sealed with a newer key is not touched.
    const known = await ask<{ portfolio_id: string }>('select portfolio_id from public.data_key where portfolio_id = any($1::text[])', [
      portfolioIds,
    ]);
    const newer = new Set(known.map(({ portfolio_id }) => portfolio_id));
    const rows = await forgetRows(
      ask,
      services,
      portfolioIds.filter((id) => !newer.has(id)),
    );
    options.say(`${String(back.length)} erased data keys had come back and are gone; ${String(rows)} rows were cleared`);
    return back.length;
  });
