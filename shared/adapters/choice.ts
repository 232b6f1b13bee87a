/** Which adapter stands behind a port, chosen by name in the environment. Adding one is one line in the port's `configured.ts`. */
import { z } from 'zod';
import type { EventReader } from '../../contracts/internal/event-reader.js';
import { credentialProblem } from '../kernel/secret.js';
import type { Outside } from './http/http.js';

export const address = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http(s) address')
  .transform((text) => text.replace(/\/+$/, ''));
/** What the other side has issued for us. A masked or shortened text would be refused there, at the first request that matters. */
export const secret = z
  .string()
  .superRefine((text, context) => {
    const problem = credentialProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ secret: true });

/** An adapter, the names it reads from the environment, and how it is made of them. */
export type Configurable<Port, Tenant> = {
  readonly environment: z.ZodRawShape;
  readonly make: (values: unknown, tenant: Tenant, outside: Outside) => Port;
  /** What it says by itself; none of one that is only asked. */
  readonly events: readonly EventReader[];
  /** What no single setting shows: problems, or none. Names and reasons, never values. */
  readonly check: (values: Readonly<Record<string, unknown>>) => readonly string[];
};

/** Every setting has a description: the list of names is generated from it. */
export const configurable = <Shape extends z.ZodRawShape, Port, Tenant>(
  environment: Shape,
  make: (values: z.output<z.ZodObject<Shape>>, tenant: Tenant, outside: Outside) => Port,
  events: readonly EventReader[] = [],
  check: Configurable<Port, Tenant>['check'] = () => [],
): Configurable<Port, Tenant> => ({
  environment,
  events,
  check,
  make: (values, tenant, outside) => make(z.object(environment).parse(values), tenant, outside),
});

export type Choice<Port, Tenant> = {
  /** Everything that may be set, the choice itself included. Of several adapters none has to be: `problems` looks at the chosen one. */
  readonly environment: z.ZodRawShape;
  /** The choice alone: for whoever hears an adapter and asks it nothing. */
  readonly choice: z.ZodRawShape;
  /** What the chosen adapter lacks. Names and reasons, never values. */
  readonly problems: (values: Readonly<Record<string, unknown>>) => readonly string[];
  readonly make: (values: Readonly<Record<string, unknown>>, tenant: Tenant, outside: Outside) => Port;
  /** How the events of the chosen one are read. */
  readonly events: (values: Readonly<Record<string, unknown>>) => readonly EventReader[];
  /** The same of all there are. */
  readonly allEvents: readonly EventReader[];
};

const optional = (field: z.ZodType): z.ZodType => field.optional().meta(field.meta() ?? {});

/** @param name of the environment variable that says which; the first is the default. */
export const choiceOf = <Port, Tenant>(
  name: string,
  what: string,
  adapters: Readonly<Record<string, Configurable<Port, Tenant>>>,
): Choice<Port, Tenant> => {
  const [first, ...others] = Object.keys(adapters);
  if (first === undefined) throw new RangeError(`${name} has nothing to choose from`);
  const isOnly = others.length === 0;
  const fields = Object.assign({}, ...Object.values(adapters).map(({ environment }) => environment)) as Record<string, z.ZodType>;
  const chosen = (values: Readonly<Record<string, unknown>>): Configurable<Port, Tenant> | undefined => {
    const word = values[name];
    return adapters[typeof word === 'string' && word !== '' ? word : first];
  };
  const choice = {
    [name]: z
      .enum([first, ...others])
      .default(first)
      .meta({ description: what }),
  };
  const chosenOne = (values: Readonly<Record<string, unknown>>): Configurable<Port, Tenant> => {
    const adapter = chosen(values);
    if (adapter === undefined) throw new RangeError(`${name} names no adapter`);
    return adapter;
  };
  return {
    choice,
    environment: {
      ...choice,
      ...Object.fromEntries(Object.entries(fields).map(([field, type]) => [field, isOnly ? type : optional(type)])),
    },
    problems: (values) => {
      // A word that is none of the names, and the names of a sole adapter, the schema itself refuses.
      const adapter = chosen(values);
      if (adapter === undefined) return [];
      if (isOnly) return adapter.check(values);
      const read = z.object(adapter.environment).safeParse(values);
      const missing = (field: string): boolean => values[field] === undefined;
      return read.success
        ? adapter.check(values)
        : read.error.issues.map(({ path, message }) =>
            missing(path.join('.')) ? `${path.join('.')} is missing` : `${path.join('.')}: ${message}`,
          );
    },
    make: (values, tenant, outside) => chosenOne(values).make(values, tenant, outside),
    events: (values) => chosenOne(values).events,
    allEvents: Object.values(adapters).flatMap(({ events }) => events),
  };
};
