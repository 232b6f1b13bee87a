/** A file of a sample becomes a file of the product: its names, its imports and its links. */
import { posix } from 'node:path';
import * as ts from 'typescript';
import { WrongUsage } from '../sandbox/wrong-usage.js';
import type { Names } from './names.js';
import type { Tree } from './tree.js';

/** Paths from the root: where a file of the sample is, and where its twin goes. */
export type Move = { readonly source: string; readonly target: string };
export type Written = { readonly path: string; readonly text: string };

const RELATIVE = /((?:from|import) '|\]\()(\.{1,2}\/[^')#]+)/g;

/** `sample` stands in a sample for the name: in code in the form that fits, in texts and paths as it was given. */
export const inWords = (text: string, names: Names): string =>
  text
    .replaceAll('SAMPLE', names.constant)
    .replaceAll('Sample', names.pascal)
    .replace(/\bsample(?=[A-Z])/g, names.camel)
    .replace(/\bsample\b/g, names.kebab);

const withExtension = (specifier: string, extension: string): string => specifier.replace(/\.(js|ts)$/, extension);

/** The same file, seen from the new place. */
const moved = (specifier: string, { source, target }: Move, moves: ReadonlyMap<string, string>): string => {
  const isImport = specifier.endsWith('.js');
  const from = posix.join(posix.dirname(source), isImport ? withExtension(specifier, '.ts') : specifier);
  const path = posix.relative(posix.dirname(target), moves.get(from) ?? from);
  const relative = path.startsWith('.') || !isImport ? path : `./${path}`;
  return isImport ? withExtension(relative, '.js') : relative;
};

export const render = (tree: Tree, moves: readonly Move[], names: Names): readonly Written[] => {
  const targets = new Map(moves.map(({ source, target }) => [source, target]));
  return moves.map((move) => {
    let end = 0;
    let text = '';
    const original = tree.read(move.source);
    for (const { index, 0: whole, 1: opening = '', 2: specifier = '' } of original.matchAll(RELATIVE)) {
      text += `${inWords(original.slice(end, index), names)}${opening}${moved(specifier, move, targets)}`;
      end = index + whole.length;
    }
    return { path: move.target, text: text + inWords(original.slice(end), names) };
  });
};

/** Replaces what stands in a text once. */
export const once = (text: string, what: string, by: string): string => {
  if (text.split(what).length !== 2) throw new Error(`"${what}" has to stand in the sample once`);
  return text.replace(what, () => by);
};

const identifiersIn = (text: string): ReadonlySet<string> => {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2023, true, ts.LanguageVariant.Standard, text);
  const found = new Set<string>();
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan())
    if (token === ts.SyntaxKind.Identifier) found.add(scanner.getTokenText());
  return found;
};

/** @throws WrongUsage when the name would give one name to two things of the sample, `Step` for a service `step`. */
export const checkForClashes = (tree: Tree, moves: readonly Move[], names: Names): void => {
  for (const { source } of moves.filter((move) => move.source.endsWith('.ts'))) {
    const all = identifiersIn(tree.read(source));
    const clash = [...all].map((one) => [one, inWords(one, names)] as const).find(([one, made]) => one !== made && all.has(made));
    if (clash !== undefined)
      throw new WrongUsage(
        `"${names.kebab}" cannot be the name: ${clash[1]} would mean two things in ${posix.basename(source)} of the sample.`,
      );
  }
};
