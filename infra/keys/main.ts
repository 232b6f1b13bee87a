import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isServiceName, serviceNames } from '../../contracts/internal/services.js';
import { prefixOf } from '../../shared/runtime/process/config.js';
import { runMain } from '../sandbox/processes.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { addKey, makeKeySet, removeKey, TRUSTED_KEYS, type MadeKey } from './key-set.js';

const HELP = `npm run keys [-- options]

Makes the keys that services sign their messages with: one private key file for each service, and ${TRUSTED_KEYS} with the public keys of all.
Only the owner of the files can read them. Prints the settings to export, never a key. Give each service its own private key and no other.

  --folder DIR    where the files lie (default: keys)
  --add SERVICE   one more key for this service; the earlier ones still count
  --remove ID     this key counts no more, and its private key file goes
  --help          this text

To change a key without a stop: --add SERVICE; give everybody the new ${TRUSTED_KEYS} (it is read again within a second or two);
start the service with its new SIGNING_KEY_FILE; when its old messages are read, --remove the old key and hand out the file again.
`;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const sayExports = (keys: readonly MadeKey[]): void => {
  for (const { service, file } of keys) say(`export ${prefixOf(service)}SIGNING_KEY_FILE=${file}`);
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string', default: 'keys' },
      add: { type: 'string' },
      remove: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const folder = resolve(values.folder);
  if (values.add !== undefined && values.remove !== undefined) throw new WrongUsage('--add and --remove are two steps: one at a time.');
  if (values.remove !== undefined) {
    say(`# ${values.remove} of ${removeKey(folder, values.remove)} counts no more where ${TRUSTED_KEYS} is read again`);
    return;
  }
  if (values.add !== undefined) {
    if (!isServiceName(values.add)) throw new WrongUsage(`There is no service "${values.add}"; there are ${serviceNames.join(', ')}.`);
    const made = addKey(folder, values.add);
    say(`# First hand out ${TRUSTED_KEYS}; then start ${values.add} with:`);
    sayExports([made]);
    return;
  }
  const made = makeKeySet(folder, serviceNames);
  say(`export TRUSTED_KEYS_FILE=${resolve(folder, TRUSTED_KEYS)}`);
  sayExports(made);
};

runMain(main);
