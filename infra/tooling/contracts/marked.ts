/** Text between `<!-- name:begin -->` and `<!-- name:end -->` of a page is generated; the rest belongs to its writer. */
const marks = (name: string): { readonly begin: string; readonly end: string } => ({
  begin: `<!-- ${name}:begin -->`,
  end: `<!-- ${name}:end -->`,
});

/**
 * The page with the marked part replaced. A page without the marks gets a section of this title with them at its end.
 * @throws Error when a mark stands alone, twice, or the end comes first.
 */
export const replaceMarked = (page: string, name: string, title: string, content: string): string => {
  const { begin, end } = marks(name);
  const counts = [begin, end].map((mark) => page.split(mark).length - 1);
  const block = `${begin}\n${content.trim()}\n${end}`;
  if (counts.every((count) => count === 0)) return `${page.trimEnd()}\n\n## ${title}\n\n${block}\n`.trimStart();
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (counts.some((count) => count !== 1) || to < from)
    throw new Error(`the marks ${begin} and ${end} must stand once each, in this order`);
  return `${page.slice(0, from)}${block}${page.slice(to + end.length)}`;
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');

/** A Markdown table. A bar inside a cell is escaped, a line break becomes a space. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
