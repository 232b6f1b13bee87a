import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isServiceName, serviceNames } from '../../contracts/internal/services.js';
import { prefixOf } from '../../shared/runtime/process/config.js';
import { runMain } from '../sandbox/processes.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { addKey, addSealKey, makeKeySet, makeSealKeys, removeKey, SEAL_KEYS, sealWithKey, TRUSTED_KEYS, type MadeKey } from './key-set.js';

const HELP = `npm run keys [-- options]

Makes the keys that services sign their messages with: one private key file for each service, and ${TRUSTED_KEYS} with the public keys of all.
Also makes ${SEAL_KEYS}: the keys of sealed fields, the same file for all services.
Only the owner of the files can read them. Prints the settings to export, never a key. Give each service its own private key and no other.

  --folder DIR    where the files lie (default: keys)
  --add SERVICE   one more key for this service; the earlier ones still count
  --remove ID     this key counts no more, and its private key file goes
  --seal          makes ${SEAL_KEYS} alone, beside a set that an earlier release has made
  --add-seal-key  one more key of sealed fields; it opens, and does not seal yet
  --seal-with ID  from now on this key of sealed fields seals; the others still open
  --help          this text

To change a key without a stop: --add SERVICE; give everybody the new ${TRUSTED_KEYS} (it is read again within a second or two);
start the service with its new SIGNING_KEY_FILE; when its old messages are read, --remove the old key and hand out the file again.

To change the key of sealed fields without a stop: --add-seal-key; give everybody the new ${SEAL_KEYS} (it is read again within a second or two);
--seal-with the new key, and hand out the file again; then npm run reseal, which says from when on the old key may leave the file.
`;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const sayExports = (keys: readonly MadeKey[]): void => {
  for (const { service, file } of keys) say(`export ${prefixOf(service)}SIGNING_KEY_FILE=${file}`);
};

type SealWords = { readonly seal: boolean; readonly 'add-seal-key': boolean; readonly 'seal-with'?: string | undefined };

/** False when nothing was asked about the keys of sealed fields alone. */
const sealKeys = (folder: string, asked: SealWords): boolean => {
  const { 'add-seal-key': add, 'seal-with': first } = asked;
  if (asked.seal) say(`export SEAL_KEYS_FILE=${makeSealKeys(folder)}`);
  else if (add) say(`# ${addSealKey(folder)} opens where ${SEAL_KEYS} is read again; once that is everywhere, --seal-with it`);
  else if (first !== undefined) {
    sealWithKey(folder, first);
    say(`# ${first} seals where ${SEAL_KEYS} is read again; then npm run reseal`);
  } else return false;
  return true;
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string', default: 'keys' },
      add: { type: 'string' },
      remove: { type: 'string' },
      seal: { type: 'boolean', default: false },
      'add-seal-key': { type: 'boolean', default: false },
      'seal-with': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const folder = resolve(values.folder);
  if (sealKeys(folder, values)) return;
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
  say(`export SEAL_KEYS_FILE=${makeSealKeys(folder)}`);
  sayExports(made);
};

runMain(main);
