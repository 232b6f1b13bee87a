import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../sandbox/project-root.js';
import { isAllowed, licencePage, licenceProblems } from './licences.js';
import { readShipped } from './read-shipped.js';

describe('a licence', () => {
  it.each(['MIT', 'Apache-2.0 AND MIT', '(MIT OR GPL-3.0-only)', 'MIT or MPL-2.0', 'BlueOak-1.0.0'])('%s is allowed', (text) => {
    expect(isAllowed(text)).toBe(true);
  });
  it.each([
    'AGPL-3.0-only',
    'GPL-2.0',
    'SSPL-1.0',
    'BUSL-1.1',
    'UNLICENSED',
    'SEE LICENSE IN LICENSE',
    '',
    'MIT AND GPL-3.0-only',
    'Proprietary',
    'mit',
  ])('%j is not', (text) => {
    expect(isAllowed(text)).toBe(false);
  });
  it('that is not allowed is said by the name of its package', () => {
    expect(
      licenceProblems([
        { name: 'good', version: '1.0.0', licence: 'MIT' },
        { name: 'copyleft', version: '2.0.0', licence: 'AGPL-3.0-only' },
        { name: 'silent', version: '3.0.0', licence: '' },
      ]),
    ).toEqual(['copyleft 2.0.0: AGPL-3.0-only is not allowed', 'silent 3.0.0: no licence is said']);
  });
  it('is allowed, of all that is shipped here', () => {
    const { parts } = readShipped(projectRoot);
    expect(parts.length).toBeGreaterThan(100);
    expect(licenceProblems(parts)).toEqual([]);
  });
  it('stands in the page, beside its package', () => {
    expect(licencePage([{ name: 'good', version: '1.0.0', licence: 'MIT' }])).toContain('| good | 1.0.0 | MIT |');
  });
});
