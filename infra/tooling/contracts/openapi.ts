/** What the two OpenAPI documents have in common. 3.1, so that schemas are JSON Schema 2020-12 as they stand. */
import type { Json } from './asyncapi.js';
import type { JsonSchema } from './json-schema.js';

export const schemaRef = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
export const jsonBody = (schema: JsonSchema): Json => ({ 'application/json': { schema } });
export const answer = (description: string, schema?: JsonSchema, headers?: Json): Json => ({
  description,
  ...(headers === undefined ? {} : { headers }),
  ...(schema === undefined ? {} : { content: jsonBody(schema) }),
});

/** One status of an operation and the stable codes of the problems it may carry. */
export const problemAnswer = (description: string, codes: readonly string[], headers?: Json): Json => ({
  description,
  ...(headers === undefined ? {} : { headers }),
  content: {
    'application/problem+json': {
      schema: { allOf: [schemaRef('Problem'), { type: 'object', properties: { code: { enum: codes } } }] },
    },
  },
});

export const retryAfter: Json = { 'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } } };

export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'RFC 9457. `code` is stable: callers may rely on it',
  required: ['type', 'status', 'code', 'title'],
  properties: {
    type: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    title: { type: 'string' },
    detail: { type: 'string' },
  },
};
