/**
 * Runs eslint.config.mjs over every file of ours: `node infra/tooling/style-rules.mjs`.
 * Flags: --root DIR (default: the repository), --fix, --json (print `[{ file, rule, line, message }]`). Other words are
 * files or globs to look at instead of everything.
 */
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ESLint } from 'eslint';
import { presentFolders, repositoryRoot } from './source-files.mjs';

/** Every broken rule. eslint's own parse errors count as the rule `parse`. */
export const checkStyle = async ({ root = repositoryRoot, fix = false, files = [] } = {}) => {
  // The configuration counts its globs, and finds tsconfig.json, from the folder eslint is started in.
  process.chdir(root);
  const eslint = new ESLint({
    cwd: root,
    fix,
    overrideConfigFile: join(import.meta.dirname, 'eslint.config.mjs'),
    errorOnUnmatchedPattern: false,
  });
  const results = await eslint.lintFiles(files.length > 0 ? files : presentFolders(root));
  if (fix) await ESLint.outputFixes(results);
  return {
    files: results.length,
    problems: results.flatMap((result) =>
      result.messages.map(({ ruleId, line, message }) => ({
        file: relative(root, result.filePath).replaceAll('\\', '/'),
        rule: ruleId ?? 'parse',
        line: line ?? 0,
        message,
      })),
    ),
  };
};

const say = (line) => process.stdout.write(`${line}\n`);

const main = async () => {
  const { values, positionals } = parseArgs({
    options: { root: { type: 'string' }, fix: { type: 'boolean' }, json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const report = await checkStyle({ ...values, files: positionals });
  if (values.json) say(JSON.stringify(report));
  else {
    for (const { file, line, rule, message } of report.problems) say(`${file}:${line} ${rule}: ${message}`);
    say(`style rules: ${report.files} files read, ${report.problems.length} problems`);
  }
  process.exitCode = report.problems.length === 0 && report.files > 0 ? 0 : 1;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
