/** Under which terms we may ship what we ship. */
import { markdownTable } from '../tooling/contracts/marked.js';
import type { Part } from './shipped.js';

/** They ask for their text and names to be kept, and for nothing of ours. A new one is added here by a person who has read it. */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
];

/** SPDX: of words joined by OR one is enough, of words joined by AND all are needed. Anything else is not allowed. */
export const isAllowed = (expression: string): boolean => {
  const text = expression.trim().replace(/^\((.*)\)$/, '$1');
  if (/[()]/.test(text)) return false;
  return text.split(/ or /i).some((either) => either.split(/ and /i).every((one) => ALLOWED.includes(one.trim())));
};

/** One line for each part that may not be shipped. */
export const licenceProblems = (parts: readonly Part[]): readonly string[] =>
  parts
    .filter(({ licence }) => !isAllowed(licence))
    .map(({ name, version, licence }) => `${name} ${version}: ${licence === '' ? 'no licence is said' : `${licence} is not allowed`}`);

const HEAD = `# Licences

What the services are shipped with, by [infra/supply](../supply/README.md). \`npm run contracts\` writes this page from package-lock.json.
\`npm run lint\` fails when a package has a licence that [licences.ts](../supply/licences.ts) does not allow.
Binaries for other machines stand here, too: an installation gets the one of its own.
`;

export const licencePage = (parts: readonly Part[]): string => {
  const counts = new Map<string, number>();
  for (const { licence } of parts) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const totals = [...counts].sort(([one], [other]) => one.localeCompare(other, 'en'));
  return [
    HEAD,
    markdownTable(
      ['licence', 'packages'],
      totals.map(([licence, count]) => [licence, String(count)]),
    ),
    '',
    markdownTable(
      ['package', 'version', 'licence'],
      parts.map(({ name, version, licence }) => [name, version, licence]),
    ),
    '',
  ].join('\n');
};
