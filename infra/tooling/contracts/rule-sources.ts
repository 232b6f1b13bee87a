/**
 * How a rule is written in the flow file. A rule made by a function of rules (`holdOrRefuse('why')`) has no name of its own;
 * the reader of the table gets the words that stand in the flow.
 */
import * as ts from 'typescript';

/** The expression that stands for this cell of this row, or null when it cannot be told. */
export type RuleSource = (row: string | null, cell: string) => string | null;

const nameOf = (node: ts.ObjectLiteralElementLike): string | null =>
  node.name !== undefined && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name)) ? node.name.text : null;

const called = (node: ts.Expression): boolean => ts.isCallExpression(node) || ts.isArrowFunction(node);

/** Every `name: f(...)` below a node, with the words of the call. */
const callsBelow = (node: ts.Node, cell: string, source: ts.SourceFile): string[] => {
  const own = ts.isPropertyAssignment(node) && nameOf(node) === cell && called(node.initializer) ? [node.initializer.getText(source)] : [];
  const found = [...own];
  ts.forEachChild(node, (child) => {
    found.push(...callsBelow(child, cell, source));
  });
  return found;
};

const rowsNamed = (node: ts.Node, row: string): ts.Node[] => {
  const found: ts.Node[] =
    ts.isPropertyAssignment(node) && nameOf(node) === row && ts.isObjectLiteralExpression(node.initializer) ? [node] : [];
  ts.forEachChild(node, (child) => {
    found.push(...rowsNamed(child, row));
  });
  return found;
};

export const ruleSources = (text: string): RuleSource => {
  const source = ts.createSourceFile('flow.ts', text, ts.ScriptTarget.ES2023, true);
  return (row, cell) => {
    const inRow = row === null ? [] : rowsNamed(source, row).flatMap((node) => callsBelow(node, cell, source));
    // A cell that several rows share stands outside of them.
    const candidates = new Set(inRow.length > 0 ? inRow : callsBelow(source, cell, source));
    const [only] = candidates;
    return candidates.size === 1 && only !== undefined ? only.replace(/\s+/g, ' ') : null;
  };
};
