/**
 * Checks dependency-cruiser.cjs against every TypeScript file of ours: `node infra/tooling/import-rules.mjs`.
 * With a TypeScript it cannot drive, the cruiser reads no file and says "no violations"; so a file that was not read is
 * a failure here.
 * Flags: --root DIR (default: the repository), --config FILE, --json (print `{ modules, unread, violations }`).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { presentFolders, repositoryRoot, sourceFiles } from './source-files.mjs';

const cruiser = join(repositoryRoot, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** Runs the cruiser. Returns which of our files it did not read, and every broken rule with its two ends. */
export const checkImports = ({ root = repositoryRoot, config = join(import.meta.dirname, 'dependency-cruiser.cjs') } = {}) => {
  const run = spawnSync(process.execPath, [cruiser, '--config', config, '--output-type', 'json', ...presentFolders(root)], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (!run.stdout.startsWith('{')) throw new Error(`the cruiser did not answer (exit ${run.status}): ${run.stderr || run.stdout}`);
  const report = JSON.parse(run.stdout);
  const read = new Set(report.modules.map((module) => module.source));
  const files = sourceFiles(root, ['.ts']);
  return {
    modules: files.filter((file) => read.has(file)).length,
    unread: files.filter((file) => !read.has(file)),
    violations: report.summary.violations.map(({ rule, from, to, cycle }) => ({
      rule: rule.name,
      from,
      to: cycle === undefined ? to : cycle.map((step) => step.name ?? step).join(' -> '),
    })),
  };
};

const say = (line) => process.stdout.write(`${line}\n`);

const main = () => {
  const { values } = parseArgs({ options: { root: { type: 'string' }, config: { type: 'string' }, json: { type: 'boolean' } } });
  const report = checkImports(values);
  if (values.json) say(JSON.stringify(report));
  else {
    for (const file of report.unread) say(`not read by the cruiser: ${file}`);
    for (const { rule, from, to } of report.violations) say(`${rule}: ${from} -> ${to}`);
    say(`import rules: ${report.modules} files read, ${report.violations.length} violations, ${report.unread.length} not read`);
  }
  process.exitCode = report.violations.length + report.unread.length === 0 && report.modules > 0 ? 0 : 1;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
