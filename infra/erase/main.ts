import { parseArgs } from 'node:util';
import { readConfig, commonConfig, ConfigurationError } from '../../shared/runtime/process/config.js';
import { ownerDatabaseOf } from '../../shared/runtime/process/owner-database.js';
import { runMain } from '../sandbox/processes.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { erase, eraseAgain, NotErased } from './erase.js';

const HELP = `npm run erase -- CUSTOMER --by NAME --why "..."

Erases one customer: the data keys of the customer's portfolios are forgotten, for ever. CUSTOMER is a portfolio, or an owner at InvestSuite.
Amounts, statuses, references and the audit log stay. Nothing is erased while anything of the customer is under way or waits for people.
It takes 75 seconds: services must have let go of the keys first. There is no way back.

Reads MIGRATE_DATABASE_URL (without it: DATABASE_URL) and ERASED_KEYS_FILE, the list that services read and that must be kept for ever.

  --by NAME    who erases, as in OPERATORS_FILE; it stands in the audit log
  --why TEXT   stands in the audit log, too: name nobody in it
  --again      after a restore: erases in this database whatever stands in the list
  --help       this text
`;
/** EX_CONFIG of sysexits.h, as of every service. */
const CONFIG = 78;
const NAME = /^[a-z][a-z0-9._-]{0,63}$/;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const options = () => {
  const { ERASED_KEYS_FILE: erasedKeysFile } = readConfig(commonConfig.pick({ ERASED_KEYS_FILE: true }), process.env);
  if (erasedKeysFile === undefined)
    throw new ConfigurationError(['ERASED_KEYS_FILE is missing: without it a restored database would bring the customer back']);
  return { database: ownerDatabaseOf(process.env), erasedKeysFile, say, nowMs: Date.now };
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    options: {
      by: { type: 'string' },
      why: { type: 'string' },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [customer, ...more] = positionals;
  const { by, why } = values;
  if (values.again) {
    if (customer !== undefined) throw new WrongUsage('--again takes no customer: it erases whatever stands in the list.');
    await eraseAgain(options());
    return;
  }
  if (customer === undefined || more.length > 0)
    throw new WrongUsage('Name one customer: npm run erase -- CUSTOMER --by NAME --why "...".');
  if (by === undefined || !NAME.test(by)) throw new WrongUsage('--by must be the name of an operator: lower case.');
  if (why === undefined || why.trim() === '') throw new WrongUsage('--why is missing.');
  await erase(options(), { customer, by, why });
};

runMain(() =>
  main().catch((error: unknown) => {
    if (!(error instanceof NotErased) && !(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof ConfigurationError ? CONFIG : 1;
  }),
);
