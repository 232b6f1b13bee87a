import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './liveness.js';
import { startParent } from './parent-for-tests.js';
import { sweepRunFolders } from './run-folder.js';
import { waitUntil } from './wait-until.js';

const scratch = mkdtempSync(join(tmpdir(), 'orphans-test-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

interface Report {
  readonly pids: readonly number[];
  readonly folders: readonly string[];
}

const START_ONE_OF_EACH = `
  const sleeperOptions = { name: 'sleeper', entry: '${join(scratch, 'sleeper.js')}', env: {}, logFile: '${join(scratch, 'sleeper.log')}' };
  Promise.all([source('kafka/launcher').startKafka(), source('postgres').startPostgres(), source('processes').startProcess(sleeperOptions)]).then(
    ([kafka, postgres, sleeper]) => console.log(JSON.stringify({ pids: [...kafka.pids, postgres.pid, sleeper.pid], folders: [kafka.folder, postgres.folder] })));
`;

describe('kill -9 of the process that started the servers', () => {
  it('leaves no orphan, and the next start sweeps the folders', async () => {
    writeFileSync(join(scratch, 'sleeper.js'), 'setInterval(() => undefined, 1000);');
    const parent = await startParent(START_ONE_OF_EACH);
    const { pids, folders } = parent.report as Report;
    expect(pids.length).toBe(3);
    expect(pids.filter((pid) => isAlive(pid))).toEqual(pids);

    parent.kill('SIGKILL');

    const gone = waitUntil('all children gone', () => pids.every((pid) => !isAlive(pid)), { timeoutMs: 10_000 });
    await gone.catch(() => {
      throw new Error(`still alive: ${pids.filter((pid) => isAlive(pid)).join(' ')} of ${pids.join(' ')}`);
    });
    sweepRunFolders();
    expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  });
});
