/** What a service seals with: read once at its start, and watched. A service that could not open what others have sealed must not start. */
import type { Pool } from 'pg';
import { untilNoProblem } from '../postgres/until-no-problem.js';
import { ErasedKeys } from '../sealing/erased-keys.js';
import { SealKeysFile, type SealKeys } from '../sealing/seal-keys-file.js';
import { Sealer, type Sealing } from '../sealing/sealer.js';
import { ConfigurationError, type CommonConfig } from './config.js';
import type { Log } from './log.js';

const opened = <T>(open: () => T): T => {
  try {
    return open();
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : 'a file of keys cannot be read']);
  }
};

/** @throws ConfigurationError when a file cannot be used. */
export const sealingOf = (config: Pick<CommonConfig, 'SEAL_KEYS_FILE' | 'ERASED_KEYS_FILE'>, log: Log): Sealing => {
  const watch = (path: string, name: string) => ({
    path,
    nowMs: Date.now,
    onProblem: (problem: string): void => {
      log.error({ alarm: 'seal-keys', problem }, `${name} has changed and cannot be used: what it said before still counts`);
    },
    onChange: (): void => {
      log.info(`${name} was read again`);
    },
  });
  const file = opened(() => new SealKeysFile(watch(config.SEAL_KEYS_FILE, 'SEAL_KEYS_FILE')));
  const { ERASED_KEYS_FILE: path } = config;
  const erased = path === undefined ? null : opened(() => new ErasedKeys(watch(path, 'ERASED_KEYS_FILE')));
  const keys = (): SealKeys => file.now;
  return { keys, sealer: new Sealer(keys), isErased: (id) => erased?.has(id) ?? false };
};

const KEYS_OF_DATABASE = `
  with known as (insert into public.seal_key (id, mark) select * from unnest($1::text[], $2::text[]) on conflict do nothing returning id, mark)
  select id, mark from public.seal_key union select id, mark from known`;

/**
 * What is wrong with our keys, by what this database knows of the keys that were ever used; none when nothing is.
 * `ofDataKeys`: of a service that may look at the data keys.
 */
export const sealKeyProblems = async (
  pool: Pick<Pool, 'query'>,
  keys: SealKeys,
  { ofDataKeys }: { readonly ofDataKeys: boolean },
): Promise<readonly string[]> => {
  const { rows: known } = await pool.query<{ id: string; mark: string }>(KEYS_OF_DATABASE, [
    keys.all.map(({ id }) => id),
    keys.all.map(({ mark }) => mark),
  ]);
  const others = known.filter(({ id, mark }) => {
    const own = keys.withId(id);
    return own !== null && own.mark !== mark;
  });
  const { rows: used } = ofDataKeys
    ? await pool.query<{ id: string; count: string }>('select wrapped_by as id, count(*) as count from public.data_key group by 1')
    : { rows: [] };
  return [
    ...others.map(({ id }) => `SEAL_KEYS_FILE: the key "${id}" is another one than the one of this id that has sealed before`),
    ...used
      .filter(({ id }) => keys.withId(id) === null)
      .map(({ id, count }) => `SEAL_KEYS_FILE lacks the key "${id}", which ${count} data keys of this database are wrapped with`),
  ];
};

/** Waits while the database is away. @throws ConfigurationError when it knows other keys than ours. */
export const untilKeysFit = (pool: Pool, keys: SealKeys, of: { readonly ofDataKeys: boolean }, log: Log): Promise<void> =>
  untilNoProblem(log, () => sealKeyProblems(pool, keys, of));
