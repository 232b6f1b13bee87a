import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startParent } from '../parent-for-tests.js';
import { projectRoot } from '../project-root.js';
import { ensureJars, readJarList } from './jars.js';

let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'jars-test-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** A repository on this machine: serves the real jars, and counts the requests. */
const startRepository = async (libs: string, spoil = ''): Promise<{ url: string; asked: () => number; server: Server }> => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const path = (request.url ?? '').slice('/repo/'.length);
    const bytes = readFileSync(join(libs, path));
    response.end(path.includes(spoil) && spoil !== '' ? bytes.subarray(1) : bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo/`, asked: () => asked, server };
};

const fetchInOwnProcess = async (url: string): Promise<{ code: unknown; stderr: string }> => {
  const script = `source('kafka/jars').ensureJars((line) => console.error(line)).then((cache) => console.log(JSON.stringify(cache.folder)));`;
  const parent = await startParent(script, { KAFKA_JARS_BASE_URL: url, SANDBOX_CACHE: scratch });
  return { code: parent.report, stderr: parent.stderr() };
};

const realLibs = async (): Promise<string> => join((await ensureJars(() => undefined)).folder, 'libs');
const jars = readJarList(readFileSync(join(projectRoot, 'infra/sandbox/kafka/jars.sha256'), 'utf8'));

describe('the jars of Kafka', () => {
  it('are fetched once by three cold starts at the same time, with the right bytes and no lock left', async () => {
    const repository = await startRepository(await realLibs());
    const results = await Promise.all([1, 2, 3].map(async () => fetchInOwnProcess(repository.url)));
    repository.server.close();
    expect(results.map(({ stderr }) => stderr).join('')).toMatch(/^Fetching the jars of Kafka[^\n]*\n$/);
    const [folder] = readdirSync(scratch);
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => join(scratch, folder ?? '')));
    expect(repository.asked()).toBe(jars.length);
    expect(readdirSync(join(scratch, folder ?? ''))).toEqual(['libs']);
    const hashes = jars.map(({ path }) =>
      createHash('sha256')
        .update(readFileSync(join(scratch, folder ?? '', 'libs', path)))
        .digest('hex'),
    );
    expect(hashes).toEqual(jars.map(({ sha256 }) => sha256));
  });

  it('are not taken when their bytes are not the committed ones', async () => {
    const repository = await startRepository(await realLibs(), 'kafka-clients');
    const { code, stderr } = await fetchInOwnProcess(repository.url);
    repository.server.close();
    expect(code).toBeUndefined();
    expect(stderr).toMatch(/kafka-clients-[0-9.]+\.jar has sha256 [0-9a-f]{64}, and jars\.sha256 says/);
    expect(readdirSync(join(scratch, readdirSync(scratch)[0] ?? ''))).toEqual([]);
  });

  it('are fetched again after a process died over it and left its lock and half of a download', async () => {
    const first = await startRepository(await realLibs());
    const { code } = await fetchInOwnProcess(first.url);
    const folder = code as string;
    rmSync(join(folder, 'libs'), { recursive: true });
    // A pid that cannot be: the highest possible is 4194304.
    writeFileSync(join(folder, 'lock'), '4999999 1');
    mkdirSync(join(folder, 'libs.tmp-4999999'));
    const again = await fetchInOwnProcess(first.url);
    first.server.close();
    expect(again.code).toBe(folder);
    expect([existsSync(join(folder, 'libs.tmp-4999999')), existsSync(join(folder, 'lock'))]).toEqual([false, false]);
  });
});
