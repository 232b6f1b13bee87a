import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ourFiles, readOurs, repositoryRoot, type SourceFile } from './repository.js';

const LINK = /\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const OUTSIDE = /^(https?:|mailto:)/;

const withoutCode = (text: string): string => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchors that a Markdown page has: its headings, as code hosts turn them into fragments. */
const anchors = (text: string): string[] =>
  [...text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading = '']) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

type Tree = { exists(path: string): boolean; read(path: string): string };

/** Links to files and headings of ours that lead nowhere. */
const brokenLinks = ({ path, text }: SourceFile, tree: Tree): string[] =>
  [...withoutCode(text).matchAll(LINK)].flatMap(([, link = '']) => {
    if (OUTSIDE.test(link)) return [];
    const [target = '', fragment] = decodeURIComponent(link).split('#');
    const file = target === '' ? path : join(dirname(path), target);
    if (file.startsWith('..') || !tree.exists(file)) return [`${path}: ${link} leads nowhere`];
    const isLine = /^L\d+/.test(fragment ?? '');
    if (fragment === undefined || isLine || !file.endsWith('.md')) return [];
    return anchors(tree.read(file)).includes(fragment) ? [] : [`${path}: ${link} has no such heading`];
  });

describe('a link', () => {
  const pages: Readonly<Record<string, string>> = { 'infra/a.md': '# First *part*\n', 'README.md': '' };
  const tree: Tree = { exists: (path) => path in pages, read: (path) => pages[path] ?? '' };
  const broken = (text: string): string[] => brokenLinks({ path: 'infra/b.md', text }, tree);

  it.each(['[a](gone.md)', '[a](a.md#second)', '[a](../../outside.md)'])('like %s is found', (text) => {
    expect(broken(text)).toHaveLength(1);
  });

  it.each(['[a](a.md#first-part)', '[a](../README.md)', '[a](https://example.org)', '`[a](gone.md)`'])('like %s passes', (text) => {
    expect(broken(text)).toEqual([]);
  });

  it('leads somewhere in every page here', () => {
    const real: Tree = { exists: (path) => existsSync(join(repositoryRoot, path)), read: readOurs };
    const root = real.exists('README.md') ? [{ path: 'README.md', text: readOurs('README.md') }] : [];
    expect([...root, ...ourFiles(/\.md$/)].flatMap((page) => brokenLinks(page, real))).toEqual([]);
  });
});
