import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ourFiles, readOurs, repositoryRoot } from './repository.js';

const EXAMPLE = '.env.example';
const NAME_IN_SCHEMA = /(?:^|[{,])\s*'?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'?\s*:/gm;
const NAME_IN_EXAMPLE = /^#?\s*([A-Z][A-Z0-9_]+)=/gm;

const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);

/** Names that a schema asks for and the example does not mention. `NAME_FILE` is implied by `NAME`. */
const undocumented = (schemas: readonly string[], example: string): string[] => {
  const known = new Set(matches(example, NAME_IN_EXAMPLE));
  const asked = new Set(schemas.flatMap((text) => matches(text, NAME_IN_SCHEMA)));
  return [...asked].filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, ''))).sort();
};

describe('the environment', () => {
  it('finds a name that the example leaves out', () => {
    const schema = "z.object({\n  DATABASE_URL: z.string(),\n  KAFKA_BROKERS: z.string(), 'KAFKA_SSL': z.string(),\n})";
    expect(undocumented([schema], 'DATABASE_URL=\n# KAFKA_SSL=false\n')).toEqual(['KAFKA_BROKERS']);
  });

  it('is listed in full in the example here', () => {
    const schemas = ourFiles(/^(services|shared)\/(.*\/)?config\.ts$/).map(({ text }) => text);
    const example = existsSync(join(repositoryRoot, EXAMPLE)) ? readOurs(EXAMPLE) : '';
    expect(undocumented(schemas, example)).toEqual([]);
  });
});
