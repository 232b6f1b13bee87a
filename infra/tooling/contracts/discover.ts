/** Finds what services declare, by the fixed places of their files: a new service needs no entry here. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import type { Binding, Consume } from '../../../shared/runtime/engine/definition.js';
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

export type FoundConfig = {
  readonly service: string;
  readonly config: z.ZodObject;
  /** What it reads of the tenant's file; null where it reads nothing of it. */
  readonly tenant: z.ZodObject | null;
};

/** Every `config`, and `tenant`, of `services/<name>/src/config.ts`. */
export const configsOf = (root: string): FoundConfig[] =>
  serviceNames(root).flatMap((service) => {
    const file = `services/${service}/src/config`;
    if (!existsSync(join(root, `${file}.ts`))) return [];
    const { config, tenant } = exportsOf(file);
    if (!(config instanceof z.ZodObject)) throw new Error(`${file}.ts does not export its schema as \`config\``);
    return [{ service, config, tenant: tenant instanceof z.ZodObject ? tenant : null }];
  });

export type FoundWire = {
  readonly service: string;
  /** All that its wire.ts exports under a name that ends in `Consumes`. */
  readonly consumes: readonly Consume[];
  /** Its functions whose name ends in `Binding`: a flow with its effects, given ports, settings and a clock. */
  readonly bindings: readonly ((...words: readonly unknown[]) => Binding)[];
};

/** Every `services/<name>/src/wire.ts` of a service on the engine. */
export const wiresOf = (root: string): FoundWire[] =>
  serviceNames(root).flatMap((service) => {
    const file = `services/${service}/src/wire`;
    if (!existsSync(join(root, `${file}.ts`))) return [];
    const exported = Object.entries(exportsOf(file));
    const ending = (end: string): unknown[] => exported.filter(([name]) => name.endsWith(end)).map(([, value]) => value);
    const consumes = (ending('Consumes') as (readonly Consume[])[]).flat();
    const bindings = ending('Binding') as FoundWire['bindings'];
    return consumes.length === 0 && bindings.length === 0 ? [] : [{ service, consumes, bindings }];
  });
