import { UNSERVED, unservedSchemas } from '../contracts/internal/services.js';
import { ConfigurationError } from '../shared/runtime/process/config.js';
import { ownerDatabaseOf } from '../shared/runtime/process/owner-database.js';
import { engineSchemasOf, migrate } from './index.js';

/** EX_USAGE of sysexits.h. */
const USAGE = 64;
/** EX_CONFIG, as of every service. */
const CONFIG = 78;

const main = async (): Promise<void> => {
  const words = process.argv.slice(2);
  const strange = words.find((word) => word !== '--help');
  if (strange !== undefined) {
    process.stderr.write(`npm run migrate takes nothing but --help, not "${strange}".\n`);
    process.exitCode = USAGE;
    return;
  }
  if (words.includes('--help')) {
    process.stdout.write(
      'npm run migrate: brings the database named by MIGRATE_DATABASE_URL up to date (without it: DATABASE_URL; or either with _FILE). Forward only; safe to run twice and at the same time.\n',
    );
    return;
  }
  // Read as the services read it: MIGRATE_DATABASE_URL_FILE serves, too.
  const database = ownerDatabaseOf(process.env);
  const applied = await migrate(database);
  process.stdout.write(applied.length === 0 ? 'the database is up to date\n' : `applied: ${applied.join(', ')}\n`);
  for (const schema of unservedSchemas(await engineSchemasOf(database))) process.stderr.write(`warning: ${schema}: ${UNSERVED}\n`);
};

main().catch((error: unknown) => {
  const isConfiguration = error instanceof ConfigurationError;
  process.stderr.write(`${isConfiguration ? '' : 'the migration failed: '}${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = isConfiguration ? CONFIG : 1;
});
