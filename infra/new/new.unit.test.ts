import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../sandbox/project-root.js';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import { planAdapter } from './adapter.js';
import { editOf, PlaceNotFound } from './edits.js';
import { checkSchemaName, freePrefix, namesOf } from './names.js';
import { checkForClashes, render } from './render.js';
import { planService } from './service.js';
import { treeAt, type Tree } from './tree.js';

const here = treeAt(projectRoot);
/** The project with some files changed. */
const changed = (texts: Readonly<Record<string, string>>): Tree => ({ ...here, read: (path) => texts[path] ?? here.read(path) });
const replaced = (path: string, from: string, to: string): Tree => {
  const text = here.read(path);
  if (!text.includes(from)) throw new Error(`${path} does not hold "${from}": this test tests nothing`);
  return changed({ [path]: text.replaceAll(from, to) });
};
const of = (files: Readonly<Record<string, string>>): Tree => ({
  exists: (path) => path in files,
  read: (path) => files[path] ?? '',
  names: () => [],
});

describe('a name', () => {
  it('has a form for each place', () => {
    expect(namesOf('fee-collection2')).toEqual({
      kebab: 'fee-collection2',
      camel: 'feeCollection2',
      pascal: 'FeeCollection2',
      constant: 'FEE_COLLECTION2',
      snake: 'fee_collection2',
    });
  });
  it.each(['', 'Fee', 'fee_collection', '-fee', 'fee-', 'fee--x', '1st', '../fee', 'fee data', 'customer-data', 'f'.repeat(31)])(
    'is not "%s"',
    (name) => {
      expect(() => namesOf(name)).toThrow(WrongUsage);
    },
  );
  it.each(['user', 'order', 'table', 'public', 'pg-cache', 'current-role', 'information-schema'])('of a schema is not "%s"', (name) => {
    expect(() => {
      checkSchemaName(namesOf(name));
    }).toThrow('Postgres keeps');
  });
  it('opens the ids of no other flow', () => {
    const names = namesOf('pay-back');
    expect(freePrefix(names, new Set())).toBe('pa');
    expect(freePrefix(names, new Set(['pa', 'py']))).toBe('pb');
    const withTwo = Array.from({ length: 26 }, (_, at) => `p${String.fromCharCode(97 + at)}`);
    expect(freePrefix(names, new Set(withTwo))).toBe('paa');
  });
});

describe('a file of a sample', () => {
  const moves = [
    { source: 'infra/new/sample-x/decide/sample.flow.ts', target: 'services/pay-back/src/decide/pay-back.flow.ts' },
    { source: 'infra/new/sample-x/common.ts', target: 'services/pay-back/src/decide/common.ts' },
  ];
  const text = (source: string): string => {
    const files = { 'infra/new/sample-x/decide/sample.flow.ts': source, 'infra/new/sample-x/common.ts': '' };
    return render(of(files), moves, namesOf('pay-back'))[0]?.text ?? '';
  };
  it('gets the name in code, in texts and in the environment', () => {
    expect(text("const sampleFlow: Sample = createSample('sample', SAMPLE_TOKEN); // of sample, no resample")).toBe(
      "const payBackFlow: PayBack = createPayBack('pay-back', PAY_BACK_TOKEN); // of pay-back, no resample",
    );
  });
  it.each([
    ["import { flow } from '../../../../shared/kernel/flow.js';", "import { flow } from '../../../../shared/kernel/flow.js';"],
    ["import { one } from '../common.js';", "import { one } from './common.js';"],
    ['see [the common part](../common.ts).', 'see [the common part](common.ts).'],
    ['see [it](../../../../test/README.md#add).', 'see [it](../../../../test/README.md#add).'],
  ])('sees from its new place what it saw: %s', (source, expected) => {
    expect(text(source)).toBe(expected);
  });
  it('is not written under a name that gives one name to two things', () => {
    const files = of({ 'infra/new/sample-x/decide/sample.flow.ts': "// Flow\nimport type { Step } from './a.js';\ntype Sample = Step;" });
    expect(() => {
      checkForClashes(files, moves, namesOf('step'));
    }).toThrow('Step would mean two things in sample.flow.ts');
    checkForClashes(files, moves, namesOf('flow'));
  });
});

describe('a list', () => {
  const tree = of({ 'list.ts': 'one,\ntwo,\nthree,\n' });
  const edit = (at: RegExp, place: 'before' | 'after' | 'after the last') =>
    editOf(tree, 'list.ts', [{ what: 'the line', text: 'new', at, place }]).after;
  it('gets one line more at a place that is there once', () => {
    expect(edit(/^three/gm, 'before')).toBe('one,\ntwo,\nnewthree,\n');
    expect(edit(/^two,/gm, 'after')).toBe('one,\ntwo,new\nthree,\n');
    expect(edit(/^t\w+,$/gm, 'after the last')).toBe('one,\ntwo,\nthree,new\n');
  });
  it('is not touched where the place is missing, or there twice', () => {
    expect(() => edit(/^four/gm, 'before')).toThrow(PlaceNotFound);
    expect(() => edit(/^four/gm, 'after the last')).toThrow(PlaceNotFound);
    expect(() => edit(/^t/gm, 'after')).toThrow(PlaceNotFound);
    expect(() => editOf(tree, 'gone.ts', [])).toThrow(PlaceNotFound);
  });
});

describe('a new service', () => {
  const plan = planService(here, 'unit-trial');
  it('is a folder, a migration, and a line in each list', () => {
    expect(plan.files.map(({ path }) => path).sort()).toEqual([
      expect.stringMatching(/^migrations\/\d{4}-unit-trial-schema\.ts$/),
      'services/unit-trial/README.md',
      'services/unit-trial/src/config.ts',
      'services/unit-trial/src/consume/portfolio-status-changed.ts',
      'services/unit-trial/src/decide/unit-trial.flow.ts',
      'services/unit-trial/src/decide/unit-trial.rules.ts',
      'services/unit-trial/src/decide/unit-trial.ts',
      'services/unit-trial/src/decide/unit-trial.unit.test.ts',
      'services/unit-trial/src/effect/read-portfolio.ts',
      'services/unit-trial/src/main.ts',
      'services/unit-trial/src/wire.ts',
    ]);
    expect(plan.edits.map(({ path }) => path)).toEqual(['contracts/internal/services.ts', 'migrations/index.ts']);
  });
  it('has the next number, and a schema that Postgres takes', () => {
    const [migration = ''] = plan.files.flatMap(({ path }) => /^migrations\/(.*)\.ts$/.exec(path)?.[1] ?? []);
    const numbers = here.names('migrations').flatMap((name) => /^\d{4}/.exec(name)?.[0] ?? []);
    expect(Number(migration.slice(0, 4))).toBe(Math.max(...numbers.map(Number)) + 1);
    expect(plan.files.find(({ path }) => path.startsWith('migrations/'))?.text).toContain("addEngineSchema(knex, 'unit_trial')");
    expect(plan.edits[1]?.after).toContain(`  { name: '${migration}', up: unitTrialSchema.up },\n];`);
  });
  it('says nothing of the sample any more', () => {
    expect(plan.files.filter(({ text }) => /sample|as never/i.test(text)).map(({ path }) => path)).toEqual([]);
  });
  it.each([
    ['payout', 'is there already'],
    ['lost-request', 'name of a flow'],
    ['step', 'would mean two things'],
    ['user', 'Postgres keeps'],
  ])('is not called %s', (name, why) => {
    expect(() => planService(here, name)).toThrow(why);
    expect(() => planService(here, name)).toThrow(WrongUsage);
  });
  it('is not planned where a list has another form', () => {
    expect(() => planService(replaced('contracts/internal/services.ts', '  operator: {', '  people: {'), 'unit-trial')).toThrow(
      PlaceNotFound,
    );
    expect(() => planService(replaced('migrations/index.ts', '  { name:', '  { named:'), 'unit-trial')).toThrow(PlaceNotFound);
  });
});

describe.each(['broker', 'core-banking'])('a new adapter of the kind %s', (kind) => {
  const plan = planAdapter(here, kind, 'unit-trade');
  it('is a folder, a kit, and a line in each list', () => {
    const folder = `shared/adapters/${kind}/unit-trade`;
    expect(plan.files.map(({ path }) => path).sort()).toEqual([
      ...['README.md', 'abilities.ts', 'adapter.ts', 'adapter.unit.test.ts', 'client.ts', 'configured.ts', 'events.ts', 'unbuilt.ts'].map(
        (name) => `${folder}/${name}`,
      ),
      'test/conformance/unit-trade.kit.ts',
    ]);
    expect(plan.edits.map(({ path }) => path)).toEqual([`shared/adapters/${kind}/configured.ts`, 'test/conformance/adapters.ts']);
    for (const { before, after } of plan.edits) expect(after.match(/^ {2}'unit-trade': .*$/gm)).toHaveLength(before === after ? 0 : 1);
    expect(plan.files.filter(({ text }) => /sample/i.test(text)).map(({ path }) => path)).toEqual([]);
  });
  it('is not planned where a list has another form', () => {
    const list = `shared/adapters/${kind}/configured.ts`;
    expect(() => planAdapter(replaced(list, 'const choice', 'const choices'), kind, 'unit-trade')).toThrow(PlaceNotFound);
    expect(() => planAdapter(replaced('test/conformance/adapters.ts', 'Adapters:', 'Kits:'), kind, 'unit-trade')).toThrow(PlaceNotFound);
  });
});

describe('a new adapter', () => {
  it.each([
    ['broker', 'drivewealth', 'is there already'],
    ['broker', 'tenant', 'is there already'],
    ['core-banking', 'payments-api', 'is there already'],
    ['broker', 'payments-api', 'is there already'],
    ['broker', 'core-banking', 'reads CORE_BANKING_BASE_URL already'],
    ['core-banking', 'deposit', 'the sender or the address of the events'],
    ['investsuite', 'unit-trade', 'There is no kind of adapter "investsuite"'],
    ['toString', 'unit-trade', 'There is no kind of adapter'],
  ])('%s %s is refused', (kind, name, why) => {
    expect(() => planAdapter(here, kind, name)).toThrow(why);
    expect(() => planAdapter(here, kind, name)).toThrow(WrongUsage);
  });
});
