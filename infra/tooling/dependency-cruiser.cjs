/**
 * Who may import whom. Each rule says why. test/tidy/import-rules.unit.test.ts plants a violation of every rule declared
 * here and expects exactly that rule to fire, so a rule whose paths have gone stale cannot pass for ever.
 * Paths are relative to the root; `$1` is what the first group of `from.path` matched.
 */
const test = '\\.test\\.ts$';
const service = '^services/([^/]+)/src';
const library = (...names) => `node_modules/(@types/)?(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no first file to read. Type imports count.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      comment: 'A rule cannot judge what it cannot find.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      comment: 'A package that only came along with another one may be gone tomorrow.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      comment: 'It is not installed where the service runs.',
      from: { path: '^(services|shared|contracts|migrations)/', pathNot: test },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'kernel-is-the-floor',
      severity: 'error',
      comment: 'kernel has no dependency at all, inside or outside.',
      from: { path: '^shared/kernel/', pathNot: test },
      to: { pathNot: '^shared/kernel/' },
    },
    {
      name: 'contracts-know-nobody',
      severity: 'error',
      comment: 'contracts: zod and kernel only.',
      from: { path: '^contracts/', pathNot: test },
      to: { pathNot: ['^contracts/', '^shared/kernel/', library('zod')] },
    },
    {
      name: 'ports-are-words',
      severity: 'error',
      comment: 'A port speaks kernel words, never a wire format or a library.',
      from: { path: '^shared/ports/', pathNot: test },
      to: { pathNot: ['^shared/ports/', '^shared/kernel/'] },
    },
    {
      name: 'adapters-see-ports-not-services',
      severity: 'error',
      comment: 'An adapter turns one port into one system. It knows nothing of who calls it.',
      from: { path: '^shared/adapters/', pathNot: test },
      to: { path: ['^services/', '^shared/runtime/', '^migrations/'] },
    },
    {
      name: 'adapters-do-not-share',
      severity: 'error',
      comment: 'One system per adapter: two systems never mean quite the same. Only the HTTP client itself is common.',
      from: { path: '^shared/adapters/([^/]+)/' },
      to: { path: '^shared/adapters/[^/]+/', pathNot: ['^shared/adapters/$1/', '^shared/adapters/http/'] },
    },
    {
      name: 'runtime-is-domain-free',
      severity: 'error',
      comment: 'The engine runs any flow. It knows our own envelope and topics, no outside system.',
      from: { path: '^shared/runtime/', pathNot: test },
      to: { path: ['^services/', '^shared/adapters/', '^shared/ports/', '^contracts/(investsuite|broker|core-banking)/'] },
    },
    {
      name: 'provider-words-stay-in-adapters',
      severity: 'error',
      comment:
        'What an outside system sends is read by its adapter, once. Services, the gateway among them, and our own contracts speak our words. Generators describe both.',
      from: { path: ['^services/', '^contracts/internal/', '^migrations/', '^infra/'], pathNot: '^infra/tooling/contracts/' },
      to: { path: '^contracts/(investsuite|broker|core-banking)/' },
    },
    {
      name: 'services-are-islands',
      severity: 'error',
      comment: 'Services meet in contracts/internal over Kafka, never by import.',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'decide-is-pure',
      severity: 'error',
      comment: 'decide: kernel, our own contracts and itself. zod only describes the stored state.',
      from: { path: `${service}/decide/`, pathNot: test },
      to: { pathNot: ['^services/$1/src/decide/', '^shared/kernel/', '^contracts/internal/', '^contracts/tokens\\.ts$', library('zod')] },
    },
    {
      name: 'consume-does-not-act',
      severity: 'error',
      comment: 'Arrival records; it never calls an outside system.',
      from: { path: `${service}/consume/`, pathNot: test },
      to: { path: ['^shared/ports/', `${service}/effect/`, `${service}/store/`] },
    },
    {
      name: 'effect-is-a-leaf',
      severity: 'error',
      comment: 'An effect calls one port and reports the outcome; it does not choose what is next. The engine tells it what an effect is.',
      from: { path: `${service}/effect/`, pathNot: test },
      to: {
        path: ['^shared/runtime/', `${service}/consume/`, `${service}/store/`, '\\.flow\\.ts$'],
        pathNot: '^shared/runtime/engine/definition\\.ts$',
      },
    },
    {
      name: 'store-does-not-decide',
      severity: 'error',
      comment: 'A store reads and writes; what follows is said by the flow.',
      from: { path: `${service}/store/`, pathNot: test },
      to: { path: ['^shared/ports/', `${service}/consume/`, `${service}/effect/`, '\\.flow\\.ts$'] },
    },
    {
      name: 'only-wire-sees-adapters',
      severity: 'error',
      comment: 'One file per service says which real system stands behind a port.',
      from: { path: '^services/', pathNot: ['/src/(wire|config)\\.ts$', test] },
      to: { path: '^shared/adapters/' },
    },
    {
      name: 'config-sees-names-only',
      severity: 'error',
      comment: 'What a service reads from the environment depends on the adapters there are; it sees the list of them and no adapter.',
      from: { path: '^services/[^/]+/src/config\\.ts$' },
      to: { path: '^shared/adapters/', pathNot: '^shared/adapters/[^/]+/configured\\.ts$' },
    },
    {
      name: 'http-client-only-in-adapters',
      severity: 'error',
      comment: 'Only an adapter knows what a lost answer of its system means.',
      from: { pathNot: ['^shared/adapters/', '^test/', test] },
      to: { path: library('axios') },
    },
    {
      name: 'kafkajs-in-one-folder',
      severity: 'error',
      comment:
        'Used raw it loses messages; the wrapper guards every known way. Tests and tools go through it too. Two exceptions: the sender whose losses are counted beside ours must be kafkajs as it comes, and an attacker does not use our code.',
      from: { pathNot: ['^shared/runtime/kafka/', '^test/torture/stock-kafkajs\\.ts$', '^test/attack/foreign-client\\.ts$'] },
      to: { path: library('kafkajs') },
    },
    {
      name: 'infra-libs-only-in-runtime',
      severity: 'error',
      comment:
        'Database, HTTP server, cron and logger are set up once, with their guards. Naming their types is harmless (eslint sees to lines that import both).',
      from: { path: ['^services/', '^contracts/', '^shared/'], pathNot: ['^shared/runtime/', test] },
      to: { path: library('pg', 'knex', 'express', 'node-cron', 'pino', 'prom-client'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'simulators-are-independent',
      severity: 'error',
      comment: 'A simulator that shared our mapping would share its mistakes: contracts, kernel and libraries only.',
      from: { path: '^test/simulators/', pathNot: test },
      to: { pathNot: ['^test/simulators/', '^contracts/', '^shared/kernel/', 'node_modules/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'simulators-do-not-share',
      severity: 'error',
      comment: 'The books of two systems are compared with each other; they must not be kept by the same code.',
      from: { path: '^test/simulators/([^/]+)/', pathNot: test },
      to: { path: '^test/simulators/[^/]+/', pathNot: ['^test/simulators/$1/', '^test/simulators/shared/'] },
    },
    {
      name: 'migrations-are-frozen',
      severity: 'error',
      comment:
        "What ran once must make the same for ever: a migration sees the pieces that carry its own number, and the two files that later ones use to reach the engine's schemas.",
      from: { path: '^migrations/(\\d{4})-' },
      to: { path: '^migrations/', pathNot: ['^migrations/$1-', '^migrations/(engine-schemas|add-engine-schema)\\.ts$'] },
    },
    {
      name: 'migrations-read-no-code',
      severity: 'error',
      comment:
        'A list or a text of the product changes with the product, and a database that has run the migration does not. Only running them touches other code.',
      from: { path: '^migrations/', pathNot: ['^migrations/(index|main)\\.ts$', test] },
      to: { pathNot: ['^migrations/', library('knex')] },
    },
    {
      name: 'production-never-sees-test',
      severity: 'error',
      comment: 'What proves the product is not part of it.',
      from: { path: '^(services|shared|contracts|migrations)/', pathNot: test },
      to: { path: '^test/' },
    },
    {
      name: 'production-never-sees-infra',
      severity: 'error',
      comment: 'Tools and the sandbox are not shipped.',
      from: { path: '^(services|shared|contracts|migrations)/', pathNot: test },
      to: { path: '^infra/' },
    },
    {
      name: 'demo-is-no-library',
      severity: 'error',
      comment: 'What the demo shares with torture, bench and tests lives in test/world, where it is tested.',
      from: { pathNot: '^infra/demo/' },
      to: { path: '^infra/demo/' },
    },
    {
      name: 'of-infra-only-the-demo-sees-test',
      severity: 'error',
      comment: 'The sandbox and the tools start what is in test as processes; the demo drives the world of the tests.',
      from: { path: '^infra/', pathNot: ['^infra/demo/', test] },
      to: { path: '^test/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // Only folders of ours: an excluded `dist/` inside a library would hide every import of that library.
    exclude: { path: ['^(dist|coverage)/', '^infra/sandbox/\\.cache/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'types', 'default'] },
  },
};
