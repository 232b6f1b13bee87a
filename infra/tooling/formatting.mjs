/**
 * prettier.json over every file that people write as code: `node infra/tooling/formatting.mjs [--fix] [--root DIR]`.
 * Markdown tables are laid out by hand or generated, JSON is recorded or generated: both are left alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as prettier from 'prettier';
import { repositoryRoot, sourceFiles } from './source-files.mjs';

const options = JSON.parse(readFileSync(join(import.meta.dirname, 'prettier.json'), 'utf8'));

const formatted = async (text, filepath) => {
  try {
    return await prettier.format(text, { ...options, filepath });
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
};

/** The files that are not formatted (after `fix`: those that could not be, as they do not parse). */
export const checkFormatting = async ({ root = repositoryRoot, fix = false } = {}) => {
  const files = sourceFiles(root, ['.ts', '.mjs', '.cjs']);
  const unformatted = [];
  for (const file of files) {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    const result = await formatted(text, path);
    if (result === text) continue;
    if (fix && result !== null) writeFileSync(path, result);
    else unformatted.push(file);
  }
  return { files: files.length, unformatted };
};

const main = async () => {
  const { values } = parseArgs({ options: { root: { type: 'string' }, fix: { type: 'boolean' } } });
  const { files, unformatted } = await checkFormatting(values);
  for (const file of unformatted) process.stdout.write(`not formatted: ${file}\n`);
  process.stdout.write(`formatting: ${files} files read, ${unformatted.length} not formatted\n`);
  process.exitCode = unformatted.length === 0 && files > 0 ? 0 : 1;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
