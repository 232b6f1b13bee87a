/** Takes the mend of each row out, in a copy of the sources, and runs the tests of the row: one of them must fail. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRunFolder } from '../../infra/sandbox/run-folder.js';
import { copySources } from './copy-sources.js';
import type { Edit } from './rows.js';
import type { HeldRow } from './table.js';

export type Mutated = {
  readonly mark: string;
  readonly edit: Edit;
  /** `caught`: a test of the row failed. `missed`: none did, which is what must not be. */
  readonly end: 'caught' | 'missed';
  /** Names of the tests that failed. */
  readonly failed: readonly string[];
  readonly tookMs: number;
};

type Assertion = { readonly status: string; readonly fullName: string };
type Report = { readonly testResults: readonly { readonly assertionResults: readonly Assertion[]; readonly message: string }[] };

/** The tests that need no server are enough where a row has any; the others are taken where it has none. */
const filesOf = ({ tests }: HeldRow): readonly string[] => {
  const paths = tests.map(({ path }) => path);
  const quick = paths.filter((path) => path.endsWith('.unit.test.ts'));
  return quick.length > 0 ? quick : paths.filter((path) => path.endsWith('.int.test.ts'));
};

const failedTests = (folder: string, row: HeldRow): readonly string[] => {
  const out = join(folder, 'mutated.json');
  rmSync(out, { force: true });
  const words = [join(folder, 'node_modules/jest/bin/jest.js'), ...filesOf(row), '-t', `\\[${row.mark.replace('.', '\\.')}\\]`];
  const ran = spawnSync(process.execPath, [...words, '--json', `--outputFile=${out}`], { cwd: folder, encoding: 'utf8', timeout: 600_000 });
  if (!existsSync(out)) throw new Error(`the tests of ${row.mark} did not run: ${ran.stderr.slice(-1_000)}`);
  const { testResults } = JSON.parse(readFileSync(out, 'utf8')) as Report;
  return testResults.flatMap(({ assertionResults, message }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    // A file that does not even load holds nothing: the edit must leave code that runs.
    if (assertionResults.length === 0) throw new Error(`the tests do not load: ${message.slice(0, 500)}`);
    return failed;
  });
};

export const mutate = (root: string, rows: readonly HeldRow[], say: (done: Mutated) => void): readonly Mutated[] => {
  const folder = makeRunFolder('mutate');
  try {
    copySources(root, folder.path);
    const all: Mutated[] = [];
    for (const row of rows)
      for (const edit of row.mends) {
        const startedMs = Date.now();
        const path = join(folder.path, edit.file);
        const text = readFileSync(path, 'utf8');
        writeFileSync(
          path,
          text.replace(edit.find, () => edit.replace),
        );
        const failed = failedTests(folder.path, row);
        writeFileSync(path, text);
        const done: Mutated = {
          mark: row.mark,
          edit,
          end: failed.length > 0 ? 'caught' : 'missed',
          failed,
          tookMs: Date.now() - startedMs,
        };
        all.push(done);
        say(done);
      }
    return all;
  } finally {
    folder.remove();
  }
};
