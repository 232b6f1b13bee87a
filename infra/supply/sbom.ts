/** `npm run sbom`: the list of all parts that are shipped, as CycloneDX. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from '../sandbox/processes.js';
import { projectRoot } from '../sandbox/project-root.js';
import { npm, writeManifests } from './npm.js';
import { readShipped } from './read-shipped.js';

const HELP = `npm run sbom [-- options]

Prints the list of all packages that are shipped, with versions, hashes and licences: CycloneDX, JSON. Development tools and the
sandbox are not in it. Read from package-lock.json; nobody is asked.

  --out FILE   writes it into this file instead
  --help       this text
`;

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean', default: false } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const above = mkdtempSync(join(tmpdir(), 'sbom-'));
  // npm calls the whole by the name of its folder.
  const folder = join(above, 'client-middleware');
  try {
    mkdirSync(folder);
    writeManifests(folder, readShipped(projectRoot));
    const list = await npm(folder, ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application']);
    if (values.out === undefined) process.stdout.write(list);
    else writeFileSync(resolve(values.out), list);
  } finally {
    rmSync(above, { recursive: true, force: true });
  }
};

runMain(main);
