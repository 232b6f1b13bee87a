/** Finds what services declare, by the fixed places of their files: a new service needs no entry here. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import type { PrintableFlow } from './flow-table.js';

/** The compiled twin (or the source, under a loader that takes TypeScript) stands in the same place below this folder. */
const codeRoot = join(__dirname, '../../..');
const load = createRequire(__filename);
const exportsOf = (path: string): Readonly<Record<string, unknown>> => load(join(codeRoot, path)) as Readonly<Record<string, unknown>>;

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

export const serviceNames = (root: string): string[] => namesIn(join(root, 'services'));

export type FoundFlow = { readonly service: string; readonly file: string; readonly text: string; readonly flow: PrintableFlow };

const isFlow = (value: unknown): value is PrintableFlow =>
  typeof value === 'object' && value !== null && 'rows' in value && 'opens' in value;

/** Every `services/<name>/src/decide/*.flow.ts`, by service and file name. */
export const flowsOf = (root: string): FoundFlow[] =>
  serviceNames(root).flatMap((service) =>
    namesIn(join(root, 'services', service, 'src/decide'))
      .filter((file) => file.endsWith('.flow.ts'))
      .flatMap((name) => {
        const file = `services/${service}/src/decide/${name}`;
        const text = readFileSync(join(root, file), 'utf8');
        return Object.values(exportsOf(file.slice(0, -'.ts'.length)))
          .filter(isFlow)
          .map((flow) => ({ service, file, text, flow }));
      }),
  );

export type FoundConfig = { readonly service: string; readonly config: z.ZodObject };

/** Every `config` of `services/<name>/src/config.ts`. */
export const configsOf = (root: string): FoundConfig[] =>
  serviceNames(root).flatMap((service) => {
    const file = `services/${service}/src/config`;
    if (!existsSync(join(root, `${file}.ts`))) return [];
    const { config } = exportsOf(file);
    if (!(config instanceof z.ZodObject)) throw new Error(`${file}.ts does not export its schema as \`config\``);
    return [{ service, config }];
  });

/** Every service on the engine reads what people decide; it is not in its own list. */
const READ_BY_THE_ENGINE = 'operator.decision';

/** Services by topic they read: the lists that their wire.ts exports under a name that ends in `Consumes`. */
export const readersOf = (root: string): ReadonlyMap<string, readonly string[]> => {
  const readers = new Map<string, string[]>();
  for (const service of serviceNames(root)) {
    const file = `services/${service}/src/wire`;
    if (!existsSync(join(root, `${file}.ts`))) continue;
    const lists = Object.entries(exportsOf(file)).flatMap(([name, value]) =>
      name.endsWith('Consumes') ? (value as { topic: string }[]) : [],
    );
    if (lists.length === 0) continue;
    for (const topic of new Set([...lists.map((one) => one.topic), READ_BY_THE_ENGINE]))
      readers.set(topic, [...(readers.get(topic) ?? []), service]);
  }
  return readers;
};
