/** Everything that can be generated without a server. */
import { licencePage } from '../../supply/licences.js';
import { shippedOf, type Lock, type Manifest } from '../../supply/shipped.js';
import { asyncApi } from './asyncapi.js';
import { configsOf, flowsOf, type FoundFlow } from './discover.js';
import {
  ownFirst,
  printConfigTable,
  printExample,
  printTenantExample,
  printTenantNames,
  printTenantTable,
  settingsOf,
  together,
} from './environment.js';
import { printFlow } from './flow-table.js';
import { replaceMarked } from './marked.js';
import { coreBankingOpenApi } from './openapi-core-banking.js';
import { openApi } from './openapi-middleware.js';
import { ruleSources } from './rule-sources.js';
import { toolSettings } from './tool-settings.js';

export type GeneratedFile = { readonly path: string; readonly text: string };
/** The text of a file of the project, null when it is not there. */
export type ReadFile = (path: string) => string | null;

/** The page of all settings; its two tables are generated, its sentences are not. */
const CONFIGURATION_PAGE = 'infra/docs/configuration.md';

const json = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

const serviceReadmes = (flows: readonly FoundFlow[], read: ReadFile): GeneratedFile[] =>
  [...new Set(flows.map(({ service }) => service))].map((service) => {
    const path = `services/${service}/README.md`;
    const tables = flows.filter((found) => found.service === service).map(({ flow, text }) => printFlow(flow, ruleSources(text)));
    return { path, text: replaceMarked(read(path) ?? `# ${service}\n`, 'flow', 'Flow', tables.join('\n\n')) };
  });

/** None without a list of what is installed. */
const licences = (read: ReadFile): GeneratedFile[] => {
  const [manifest, lock] = [read('package.json'), read('package-lock.json')];
  if (manifest === null || lock === null) return [];
  const { parts } = shippedOf(JSON.parse(manifest) as Manifest, JSON.parse(lock) as Lock);
  return [{ path: 'infra/docs/licences.md', text: licencePage(parts) }];
};

const versionOf = (read: ReadFile): string => {
  const { version } = JSON.parse(read('package.json') ?? '{}') as { version?: string };
  if (version === undefined) throw new Error('package.json has no version');
  return version;
};

export const generatedFiles = (root: string, read: ReadFile): GeneratedFile[] => {
  const version = versionOf(read);
  const configs = configsOf(root);
  const services = configs.map(({ service }) => service);
  const settings = together([...configs.flatMap(({ service, config }) => settingsOf(config, service)), ...toolSettings]);
  const parts = configs.flatMap(({ service, tenant }) => (tenant === null ? [] : [{ service, tenant }]));
  const tenant = ownFirst(together(parts.flatMap((part) => settingsOf(part.tenant, part.service))));
  const defaults = Object.assign({}, ...parts.map((part) => part.tenant.parse({}))) as Readonly<Record<string, unknown>>;
  const withNames = replaceMarked(
    read(CONFIGURATION_PAGE) ?? '# Configuration\n',
    'config',
    'Environment',
    printConfigTable(settings, services),
  );
  return [
    ...serviceReadmes(flowsOf(root), read),
    { path: 'contracts/internal/asyncapi.json', text: json(asyncApi(version)) },
    { path: 'contracts/openapi.json', text: json(openApi(version)) },
    { path: 'contracts/core-banking/openapi.json', text: json(coreBankingOpenApi(version)) },
    ...licences(read),
    { path: '.env.example', text: printExample(settings, services) },
    { path: 'infra/tenant.example.yaml', text: printTenantExample(tenant, defaults) },
    { path: 'contracts/internal/tenant-names.ts', text: printTenantNames(tenant) },
    { path: CONFIGURATION_PAGE, text: replaceMarked(withNames, 'tenant', 'Tenant file', printTenantTable(tenant)) },
  ];
};
