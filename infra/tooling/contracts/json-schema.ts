/** zod -> JSON Schema 2020-12, as the sender writes it: before our transforms. */
import { z } from 'zod';
import { JsonNumber } from '../../../shared/kernel/json.js';

export type JsonSchema = { readonly [key: string]: unknown };

/** Left out where it stands for nothing but the limits of a programming language. */
const withoutSafeLimits = (schema: Record<string, unknown>): void => {
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
};

/** What cannot be said in JSON Schema (a check of ours, a value of any shape) is left open, never an error. */
export const jsonSchemaOf = (schema: z.ZodType): JsonSchema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Our parser keeps a number token with its digits in an object of its own; on the wire it is a number.
      if ((zodSchema._zod.bag as { readonly Class?: unknown }).Class === JsonNumber) jsonSchema.type = 'number';
      withoutSafeLimits(jsonSchema);
    },
  });
  return rest;
};
