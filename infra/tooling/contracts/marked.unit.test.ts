import { describe, expect, it } from '@jest/globals';
import { markdownTable, replaceMarked } from './marked.js';

describe('the marked part of a page', () => {
  it('is replaced, and nothing else', () => {
    const page = '# One\n\n<!-- flow:begin -->\nold\n<!-- flow:end -->\n\n## More\n';
    const replaced = replaceMarked(page, 'flow', 'Flow', 'new\n');
    expect(replaced).toBe('# One\n\n<!-- flow:begin -->\nnew\n<!-- flow:end -->\n\n## More\n');
    expect(replaceMarked(replaced, 'flow', 'Flow', 'new')).toBe(replaced);
  });
  it('is put at the end of a page that has no marks', () => {
    expect(replaceMarked('# One\n', 'flow', 'Flow', 'new')).toBe('# One\n\n## Flow\n\n<!-- flow:begin -->\nnew\n<!-- flow:end -->\n');
  });
  it.each(['<!-- flow:begin -->', '<!-- flow:end --><!-- flow:begin -->', '<!-- flow:begin --><!-- flow:begin --><!-- flow:end -->'])(
    'is not guessed in %s',
    (page) => {
      expect(() => replaceMarked(page, 'flow', 'Flow', 'new')).toThrow('once each');
    },
  );
});

describe('a Markdown table', () => {
  it('keeps bars and line breaks inside their cells', () => {
    expect(markdownTable(['a', 'b'], [['x | y', 'one\n  two']])).toBe('| a | b |\n| --- | --- |\n| x \\| y | one two |');
  });
});
