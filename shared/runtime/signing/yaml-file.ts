import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';

/** Of a YAML or JSON file what the schema makes of it. @throws Error that says what is wrong with the file, never what stands in it. */
export const readYamlFile = <S extends z.ZodType>(path: string, schema: S): z.output<S> => {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(path, 'utf8'));
  } catch {
    throw new Error('cannot be read as YAML or JSON');
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(({ path: place, message }) => `${place.map(String).join('.')} ${message}`.trim()).join('; '));
};
