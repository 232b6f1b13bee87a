/**
 * The only settings of jest; package.json names this file, so `npx jest <path>` works from the root for every test.
 * Three levels by suffix: *.unit.test.ts needs nothing, *.int.test.ts gets one real Kafka and Postgres for the whole run,
 * *.e2e.test.ts runs the services as processes; each file starts a stack of its own, with servers that it may crash.
 * Jest runs the setup of a level only when it runs a test of that level.
 */
const { resolve } = require('node:path');
// globalSetup is loaded by Node's own require.
require('./ts-imports.cjs');
const rootDir = resolve(__dirname, '../..');

const common = {
  rootDir,
  testEnvironment: '<rootDir>/infra/tooling/jest-environment.cjs',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' }, sourceMaps: 'inline' },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['ts', 'js', 'json', 'cjs', 'mjs'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/infra/sandbox/.cache/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  clearMocks: true,
  restoreMocks: true,
};
const built = { globalSetup: '<rootDir>/test/support/global-setup-e2e.ts' };
const builtWithServers = {
  globalSetup: '<rootDir>/test/support/global-setup-int.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown-int.ts',
};

/** @type {import('jest').Config} */
module.exports = {
  rootDir,
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/**/*.unit.test.ts'] },
    { ...common, ...builtWithServers, displayName: 'int', testMatch: ['<rootDir>/**/*.int.test.ts'] },
    { ...common, ...built, displayName: 'e2e', testMatch: ['<rootDir>/**/*.e2e.test.ts'] },
  ],
  collectCoverageFrom: ['shared/kernel/**/*.ts', 'services/*/src/decide/**/*.ts', '!**/*.test.ts'],
  coverageDirectory: 'coverage',
  testTimeout: 60_000,
};
