/** How long files and classes are. */
import type { SourceFile } from './repository.js';

const CLASS = /^(\s*)(?:export )?(?:abstract )?(?:const \w+ = )?class (\w+)?/;

export const isTest = (path: string): boolean => path.startsWith('test/') || path.endsWith('.test.ts');

export const lineCount = (text: string): number => text.split('\n').length - (text === '' || text.endsWith('\n') ? 1 : 0);

/**
 * Each class with its lines, braces included. It ends where a line holds its closing brace: that is at the depth where the class began,
 * for prettier lays out every file.
 */
export const classSizes = ({ path, text }: SourceFile): Record<string, number> => {
  const lines = text.split('\n');
  const sizes: Record<string, number> = {};
  lines.forEach((line, start) => {
    const [, indent = '', name = 'without a name'] = CLASS.exec(line) ?? [];
    if (!CLASS.test(line)) return;
    const end = /\{\s*\}[;,)]*$/.test(line) ? start : lines.findIndex((one, at) => at > start && one.startsWith(`${indent}}`));
    if (end < 0) throw new Error(`${path}: class ${name} does not end`);
    sizes[`${path} ${name}`] = end - start + 1;
  });
  return sizes;
};
