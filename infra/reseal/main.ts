import { commonConfig, ConfigurationError, readConfig } from '../../shared/runtime/process/config.js';
import { ownerDatabaseOf } from '../../shared/runtime/process/owner-database.js';
import { readSealKeys } from '../../shared/runtime/sealing/seal-keys-file.js';
import { SealKeyMissing } from '../../shared/runtime/sealing/sealer.js';
import { runMain } from '../sandbox/processes.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { reseal } from './reseal.js';

const HELP = `npm run reseal

Seals anew with the first key of SEAL_KEYS_FILE what an older key has sealed, and seals what releases before have left in clear.
Services may run meanwhile; every instance must be of this release. Safe to run twice. Says what an older key is still needed for.
Reads MIGRATE_DATABASE_URL (without it: DATABASE_URL) and SEAL_KEYS_FILE.
`;
/** EX_CONFIG of sysexits.h, as of every service. */
const CONFIG = 78;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const main = async (): Promise<void> => {
  const [word] = process.argv.slice(2);
  if (word === '--help') {
    process.stdout.write(HELP);
    return;
  }
  if (word !== undefined) throw new WrongUsage(`npm run reseal takes nothing but --help, not "${word}".`);
  const { SEAL_KEYS_FILE: path } = readConfig(commonConfig.pick({ SEAL_KEYS_FILE: true }), process.env);
  const keys = readSealKeys(path);
  const done = await reseal(ownerDatabaseOf(process.env), keys);
  say(
    `sealed anew: ${String(done.dataKeys)} data keys, ${String(done.rows)} rows that were in clear, ${String(done.messages)} kept messages`,
  );
  for (const [id, count] of Object.entries(done.stillNeeded))
    say(
      `the key "${id}" is still needed for ${String(count)} texts; those of inbox and outbox go after 60 days, those on topics with Kafka's retention`,
    );
};

runMain(() =>
  main().catch((error: unknown) => {
    if (!(error instanceof SealKeyMissing) && !(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = CONFIG;
  }),
);
