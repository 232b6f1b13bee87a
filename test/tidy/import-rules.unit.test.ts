import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { repositoryRoot } from './repository.js';
import { makeSkeleton, type Said, type Skeleton } from './skeleton.js';

type Report = {
  readonly modules: number;
  readonly unread: readonly string[];
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
};

/** A small tree that breaks no rule and uses every import that is allowed. */
const allowed: Readonly<Record<string, string>> = {
  'shared/kernel/word.ts': 'export type Word = string;\nexport const word: Word = "";\n',
  'shared/kernel/word.unit.test.ts': "import { it } from '@jest/globals';\nimport { word } from './word.js';\nit(word, () => word);\n",
  'contracts/tokens.ts':
    "import { z } from 'zod';\nimport type { Word } from '../shared/kernel/word.js';\nexport const token = z.string();\nexport type T = Word;\n",
  'contracts/internal/topics.ts': "import { token } from '../tokens.js';\nexport const topic = token;\n",
  'contracts/broker/http.ts': "import { token } from '../tokens.js';\nexport const order = token;\n",
  'shared/ports/broker.ts':
    "import type { Word } from '../kernel/word.js';\nexport type Broker = { ask(): Word };\nexport const broker = 1;\n",
  'shared/adapters/http/client.ts': "import axios from 'axios';\nimport { Agent } from 'node:http';\nexport const http = [axios, Agent];\n",
  'shared/adapters/broker/alpha/adapter.ts':
    "import { order } from '../../../../contracts/broker/http.js';\nimport { http } from '../../http/client.js';\nimport type { Broker } from '../../../ports/broker.js';\nexport type A = Broker;\nexport const alpha = [order, http];\n",
  'shared/adapters/core-banking/adapter.ts': 'export const bank = 1;\n',
  'shared/runtime/kafka/client.ts': "import { Kafka } from 'kafkajs';\nexport const kafka = Kafka;\n",
  'shared/runtime/engine/definition.ts': 'export type Definition = number;\n',
  'services/one/src/effect/ask.ts':
    "import type { Definition } from '../../../../shared/runtime/engine/definition.js';\nexport type Ask = Definition;\n",
  'shared/runtime/database.ts':
    "import pg from 'pg';\nimport { topic } from '../../contracts/internal/topics.js';\nexport const database = [pg, topic];\n",
  'services/one/src/decide/one.ts':
    "import { z } from 'zod';\nimport { topic } from '../../../../contracts/internal/topics.js';\nimport { word } from '../../../../shared/kernel/word.js';\nexport const one = [z, topic, word];\n",
  'services/one/src/decide/one.flow.ts': "import { one } from './one.js';\nexport const flow = one;\n",
  'services/one/src/effect/pay.ts':
    "import type { Broker } from '../../../../shared/ports/broker.js';\nimport { one } from '../decide/one.js';\nexport type B = Broker;\nexport const pay = one;\n",
  'services/one/src/consume/request.ts': "import type { Request } from 'express';\nexport type Asked = Request;\n",
  'services/one/src/consume/event.ts': "import { one } from '../decide/one.js';\nexport const event = one;\n",
  'services/one/src/store/one.store.ts':
    "import { database } from '../../../../shared/runtime/database.js';\nexport const store = database;\n",
  'services/one/src/wire.ts':
    "import { alpha } from '../../../shared/adapters/broker/alpha/adapter.js';\nimport { flow } from './decide/one.flow.js';\nimport { pay } from './effect/pay.js';\nimport { event } from './consume/event.js';\nimport { store } from './store/one.store.js';\nexport const wire = [alpha, flow, pay, event, store];\n",
  'services/two/src/decide/two.ts': 'export const two = 1;\n',
  'migrations/0001-first.ts': "import type { Knex } from 'knex';\nexport const up = (knex: Knex): unknown => knex;\n",
  'migrations/0002-second-text.ts': 'export const text = "select 1";\n',
  'migrations/0002-second.ts':
    "import type { Knex } from 'knex';\nimport { text } from './0002-second-text.js';\nimport { forEach } from './engine-schemas.js';\nexport const up = (knex: Knex): unknown => [knex, text, forEach];\n",
  'migrations/engine-schemas.ts': "import type { Knex } from 'knex';\nexport const forEach = (knex: Knex): unknown => knex;\n",
  'migrations/add-engine-schema.ts': "import { up } from './0002-second.js';\nexport const add = up;\n",
  'migrations/0003-third.ts': "import { add } from './add-engine-schema.js';\nexport const up = add;\n",
  'migrations/main.ts':
    "import { topic } from '../contracts/internal/topics.js';\nimport { database } from '../shared/runtime/database.js';\nimport { up } from './0003-third.js';\nexport const main = [topic, database, up];\n",
  'infra/tooling/contracts/describe.ts': "import { order } from '../../../contracts/broker/http.js';\nexport const described = order;\n",
  'infra/tooling/generate.ts': "import { flow } from '../../services/one/src/decide/one.flow.js';\nexport const generate = flow;\n",
  'test/simulators/shared/book.ts':
    "import express from 'express';\nimport { word } from '../../../shared/kernel/word.js';\nexport const book = [express, word];\n",
  'test/simulators/broker/server.ts':
    "import { createServer } from 'node:http';\nimport { order } from '../../../contracts/broker/http.js';\nimport { book } from '../shared/book.js';\nexport const server = [createServer, order, book];\n",
  'test/simulators/bank/books.ts': 'export const books = 1;\n',
  'test/world/world.ts': "import { books } from '../simulators/bank/books.js';\nexport const world = books;\n",
  'infra/demo/main.ts': "import { world } from '../../test/world/world.js';\nexport const main = world;\n",
};

const importing = (name: string, from: string): string => `import { ${name} } from '${from}';\nexport const planted = ${name};\n`;

/** For each rule, files to add to the tree above: this rule fires for them, and no other. */
const planted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no-cycles': {
    'services/one/src/decide/left.ts': importing('right', './right.js') + 'export const left = 1;\n',
    'services/one/src/decide/right.ts':
      "import type { left } from './left.js';\nexport const right = 1;\nexport type Left = typeof left;\n",
  },
  unresolvable: { 'shared/runtime/lost.ts': importing('nothing', './nowhere.js') },
  'declared-dependencies-only': { 'infra/tooling/undeclared.ts': importing('parse', 'acorn') },
  'no-dev-dependency-in-production': { 'shared/runtime/development.ts': importing('assert', 'fast-check') },
  'kernel-is-the-floor': { 'shared/kernel/outward.ts': importing('createHash', 'node:crypto') },
  'contracts-know-nobody': { 'contracts/internal/outward.ts': importing('broker', '../../shared/ports/broker.js') },
  'ports-are-words': {
    'shared/ports/wired.ts': "import type { order } from '../../contracts/broker/http.js';\nexport type Wired = typeof order;\n",
  },
  'adapters-see-ports-not-services': { 'shared/adapters/broker/alpha/stored.ts': importing('database', '../../../runtime/database.js') },
  'adapters-do-not-share': { 'shared/adapters/broker/alpha/shared.ts': importing('bank', '../../core-banking/adapter.js') },
  'runtime-is-domain-free': { 'shared/runtime/partial.ts': importing('order', '../../contracts/broker/http.js') },
  'provider-words-stay-in-adapters': {
    'services/one/src/consume/foreign.ts': importing('order', '../../../../contracts/broker/http.js'),
    'services/gateway/src/wire.ts': importing('order', '../../../contracts/broker/http.js'),
    'contracts/internal/borrowed.ts': importing('order', '../broker/http.js'),
    'infra/demo/foreign.ts': importing('order', '../../contracts/broker/http.js'),
  },
  'services-are-islands': { 'services/one/src/bridge.ts': importing('two', '../../two/src/decide/two.js') },
  'decide-is-pure': {
    'services/one/src/decide/impure.ts':
      "import type { Broker } from '../../../../shared/ports/broker.js';\nexport type Impure = Broker;\n",
  },
  'consume-does-not-act': { 'services/one/src/consume/acting.ts': importing('broker', '../../../../shared/ports/broker.js') },
  'effect-is-a-leaf': {
    'services/one/src/effect/choosing.ts': importing('flow', '../decide/one.flow.js'),
    'services/one/src/effect/storing.ts': importing('database', '../../../../shared/runtime/database.js'),
  },
  'store-does-not-decide': { 'services/one/src/store/deciding.ts': importing('flow', '../decide/one.flow.js') },
  'only-wire-sees-adapters': { 'services/one/src/main.ts': importing('alpha', '../../../shared/adapters/broker/alpha/adapter.js') },
  'config-sees-names-only': { 'services/one/src/config.ts': importing('alpha', '../../../shared/adapters/broker/alpha/adapter.js') },
  'http-client-only-in-adapters': { 'services/one/src/effect/calling.ts': importing('AxiosError', 'axios') },
  'kafkajs-in-one-folder': { 'test/support/raw-kafka.ts': importing('Kafka', 'kafkajs') },
  'infra-libs-only-in-runtime': Object.fromEntries(
    ['pg', 'knex', 'express', 'node-cron', 'pino', 'prom-client'].map((name) => [
      `services/one/src/store/own-${name}.ts`,
      `import * as library from '${name}';\nexport const planted = library;\n`,
    ]),
  ),
  'simulators-are-independent': {
    'test/simulators/broker/mapped.ts': importing('alpha', '../../../shared/adapters/broker/alpha/adapter.js'),
  },
  'simulators-do-not-share': { 'test/simulators/broker/borrowed.ts': importing('books', '../bank/books.js') },
  'migrations-are-frozen': { 'migrations/0004-fourth.ts': importing('up', './0003-third.js') },
  'migrations-read-no-code': {
    'migrations/0005-fifth.ts': importing('topic', '../contracts/internal/topics.js'),
    'migrations/0006-sixth-text.ts': importing('database', '../shared/runtime/database.js'),
    'migrations/shared-text.ts': importing('word', '../shared/kernel/word.js'),
  },
  'production-never-sees-test': { 'services/one/src/tested.ts': importing('server', '../../../test/simulators/broker/server.js') },
  'production-never-sees-infra': { 'services/one/src/tooled.ts': importing('generate', '../../../infra/tooling/generate.js') },
  'demo-is-no-library': { 'test/world/shown.ts': importing('main', '../../infra/demo/main.js') },
  'of-infra-only-the-demo-sees-test': { 'infra/tooling/worldly.ts': importing('world', '../../test/world/world.js') },
};

const declaredRules = (): string[] => {
  const config = createRequire(__filename)(join(repositoryRoot, 'infra/tooling/dependency-cruiser.cjs')) as {
    readonly forbidden: readonly { readonly name: string; readonly severity: string }[];
  };
  return config.forbidden.filter((rule) => rule.severity === 'error').map((rule) => rule.name);
};

const reportOf = (said: Said): Report => {
  if (!said.stdout.startsWith('{')) throw new Error(`import-rules.mjs did not answer: ${said.stdout}${said.stderr}`);
  return JSON.parse(said.stdout) as Report;
};

describe('the import rules', () => {
  const files = Object.assign({}, allowed, ...Object.values(planted)) as Record<string, string>;
  let skeleton: Skeleton;
  let said: Said;
  let report: Report;

  beforeAll(async () => {
    skeleton = makeSkeleton(files);
    said = await skeleton.run('import-rules.mjs', '--json');
    report = reportOf(said);
  });
  afterAll(() => {
    skeleton.remove();
  });

  it('each have a planted violation', () => {
    expect(declaredRules().sort()).toEqual(Object.keys(planted).sort());
  });

  it.each(Object.keys(planted))('%s fires for its violation, and alone', (rule) => {
    const added = Object.keys(planted[rule] ?? {});
    const fired = report.violations.filter(({ from }) => added.includes(from));
    expect([...new Set(fired.map((violation) => violation.rule))]).toEqual([rule]);
    // A cycle is told once, for all files on it.
    expect(added.filter((file) => !fired.some(({ from, to }) => from === file || to.includes(file)))).toEqual([]);
  });

  it('leave what is allowed alone', () => {
    expect(report.violations.filter(({ from }) => from in allowed)).toEqual([]);
  });

  it('fail the run, every file having been read', () => {
    expect(said.exitCode).toBe(1);
    expect(report.unread).toEqual([]);
    expect(report.modules).toBe(Object.keys(files).length);
  });

  it('fail when a file was not read', async () => {
    const blind = join(skeleton.root, 'blind.cjs');
    writeFileSync(
      blind,
      "module.exports = { forbidden: [], options: { tsPreCompilationDeps: true, exclude: { path: '^contracts/' } } };\n",
    );
    const blinded = await skeleton.run('import-rules.mjs', '--json', '--config', blind);
    expect(blinded.exitCode).toBe(1);
    expect(reportOf(blinded).violations).toEqual([]);
    expect(reportOf(blinded).unread).toContain('contracts/tokens.ts');
  });
});
