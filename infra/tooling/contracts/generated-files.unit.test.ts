import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { tenantSettings } from '../../../test/builders/tenant.js';
import { tenantNames } from '../../../contracts/internal/tenant-names.js';
import { projectRoot } from '../../sandbox/project-root.js';
import { generatedFiles } from './generated-files.js';

const read = (path: string): string | null => (path === 'package.json' ? '{ "version": "1.2.3" }' : null);
const files = new Map(generatedFiles(projectRoot, read).map(({ path, text }) => [path, text]));

const programsBelow = (folder: string): string[] =>
  readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === '.cache' || entry.name === 'node_modules' ? [] : programsBelow(path);
    return /(?<!\.test)\.ts$/.test(entry.name) ? [path] : [];
  });
const namesRead = (text: string): string[] =>
  [...text.matchAll(/env(?:ironment)?\['([A-Z][A-Z0-9_]+)'\]/g)].flatMap(([, name]) => name ?? []);

describe('generated files', () => {
  it('are the same each time', () => {
    expect(generatedFiles(projectRoot, read)).toEqual([...files].map(([path, text]) => ({ path, text })));
  });
  it('are marked as such for whoever reviews, unless people write in them too', () => {
    const marked = readFileSync(join(projectRoot, '.gitattributes'), 'utf8').split('\n');
    const whole = [...files.keys(), 'migrations/schema.sql'].filter((path) => !path.endsWith('.md'));
    expect(whole.filter((path) => !marked.includes(`${path} linguist-generated`))).toEqual([]);
  });
  it('show every flow of every service in its README', () => {
    const flows = readdirSync(join(projectRoot, 'services')).flatMap((service) => {
      const decide = join(projectRoot, 'services', service, 'src/decide');
      return readdirSync(decide, { withFileTypes: true })
        .filter(({ name }) => name.endsWith('.flow.ts'))
        .map(({ name }) => ({ readme: `services/${service}/README.md`, heading: `### ${name.replace('.flow.ts', '')}\n` }));
    });
    expect(flows.length).toBeGreaterThan(4);
    expect(flows.filter(({ readme, heading }) => files.get(readme)?.includes(heading) !== true)).toEqual([]);
  });
  it('take the readers of a topic from the services', () => {
    expect(files.get('contracts/internal/asyncapi.json')).toContain('"withdrawal.receive.payout.finished"');
    expect(files.get('contracts/internal/asyncapi.json')).toContain('"withdrawal.receive.operator.decision"');
  });
  it('hold every name of the environment and every setting of a tenant in the configuration page, and leave the README alone', () => {
    const page = files.get('infra/docs/configuration.md') ?? '';
    expect(page).toContain('| `DATABASE_URL` |');
    expect(Object.keys(tenantSettings.shape).filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
    expect([...files.keys()]).not.toContain('README.md');
  });
  it('keep what people wrote around the tables of the configuration page', () => {
    const marked = (name: string): string => `<!-- ${name}:begin -->\nstale row\n<!-- ${name}:end -->`;
    const written = `# Configuration\n\nBefore.\n\n${marked('config')}\n\nBetween.\n\n${marked('tenant')}\n\nAfter.\n`;
    const readPage = (path: string): string | null => (path === 'infra/docs/configuration.md' ? written : read(path));
    const page = generatedFiles(projectRoot, readPage).find(({ path }) => path === 'infra/docs/configuration.md')?.text ?? '';
    expect(page).toMatch(/Before\.[^]*DATABASE_URL[^]*Between\.[^]*brokerMode[^]*After\./);
    expect(page).not.toContain('stale row');
  });
  it('show every setting of a tenant at its default, and what has none to be filled in', () => {
    const example = files.get('infra/tenant.example.yaml') ?? '';
    const iban = 'NL91ABNA0417164300';
    const UNSET = /^# (\w+): {3}# without it: .*$/gm;
    const unset = [...example.matchAll(UNSET)].map(([, name]) => name);
    const used = example
      .replaceAll(UNSET, '')
      .replaceAll(/^# (?=(?: {2})*(?:- |[A-Za-z]+:(?: |$)))/gm, '')
      .replace(/^houseAccountIban:$/m, `houseAccountIban: ${iban}`)
      .replace(/^brokerMode:$/m, 'brokerMode: client');
    const settings = parseYaml(used) as Readonly<Record<string, unknown>>;
    expect(unset).toEqual(expect.arrayContaining(['requestLongestLifeMs', 'bankAccountId']));
    expect([...Object.keys(settings), ...unset].sort()).toEqual(Object.keys(tenantSettings.shape).sort());
    expect(tenantSettings.parse(settings)).toEqual(
      tenantSettings.parse({ brokerMode: 'client', portfolios: null, houseAccountIban: iban }),
    );
    expect(tenantSettings.safeParse(parseYaml(example)).error?.issues.map(({ path }) => path)).toEqual([['houseAccountIban']]);
  });
  it('list every name of a tenant, so that each service refuses all others', () => {
    const listed = [...(files.get('contracts/internal/tenant-names.ts') ?? '').matchAll(/^ {2}'(\w+)',$/gm)].map(([, name]) => name);
    expect(listed).toEqual(Object.keys(tenantSettings.shape).sort());
    expect(listed).toEqual(tenantNames);
  });
  it('name everything in .env.example that a program reads', () => {
    const names = new Set(
      ['services', 'shared', 'migrations', 'infra']
        .flatMap(programsBelow)
        .flatMap((path) => namesRead(readFileSync(join(projectRoot, path), 'utf8'))),
    );
    expect([...names]).toContain('DATABASE_URL');
    expect([...names].filter((name) => files.get('.env.example')?.includes(`${name}=`) !== true)).toEqual([]);
  });
});
