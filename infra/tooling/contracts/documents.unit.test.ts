import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { deadLetterTopic, outsideTopics, topics } from '../../../contracts/internal/topics.js';
import { decimalToken } from '../../../contracts/tokens.js';
import { routesOf } from '../../../services/gateway/src/wire.js';
import { asyncApi } from './asyncapi.js';
import { jsonSchemaOf } from './json-schema.js';
import { coreBankingOpenApi } from './openapi-core-banking.js';
import { WEBHOOK_PROBLEMS, openApi } from './openapi-middleware.js';

type Tree = { readonly [key: string]: Tree };
const tree = (document: object): Tree => document as Tree;
const root = join(__dirname, '../../..');

const references = (node: unknown): string[] => {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === '$ref' && typeof value === 'string' ? [value] : references(value)));
};
const leadsSomewhere = (document: object, reference: string): boolean =>
  reference
    .split('/')
    .slice(1)
    .reduce<unknown>((node, part) => (node as Tree | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document) !==
  undefined;

describe('JSON Schema of ours', () => {
  it('says what is on the wire: a number or text, not what our parser makes of it', () => {
    expect(jsonSchemaOf(z.object({ amount: decimalToken }))).toMatchObject({ properties: { amount: { type: ['number', 'string'] } } });
  });
  it('leaves out the limits of a programming language', () => {
    expect(jsonSchemaOf(z.number().int())).toEqual({ type: 'integer' });
  });
});

describe('the AsyncAPI document', () => {
  const document = asyncApi('1.2.3');

  it('is valid', async () => {
    const { document: read, diagnostics } = await new Parser().parse(JSON.stringify(document));
    expect(diagnostics.filter(({ severity }) => severity < 2)).toEqual([]);
    expect(read?.channels().all()).toHaveLength(2 * topics.length);
  });
  it('is judged by a parser that refuses a broken one', async () => {
    const { operations: _, ...rest } = document;
    const broken = { ...rest, operations: { odd: { action: 'shout', channel: { $ref: '#/channels/gone' } } } };
    const { diagnostics } = await new Parser().parse(JSON.stringify(broken));
    expect(diagnostics.some(({ severity }) => severity === 0)).toBe(true);
  });
  it('has every topic and its dead letters, with key, headers and content', () => {
    const { channels, components } = tree(document);
    expect(Object.keys(channels!).sort()).toEqual(topics.flatMap((topic) => [topic, deadLetterTopic(topic)]).sort());
    for (const topic of topics) {
      expect(components?.['messages']?.[topic]).toMatchObject({
        headers: { $ref: '#/components/schemas/headers' },
        payload: {
          allOf: [{ $ref: '#/components/schemas/envelope' }, { properties: { data: { $ref: `#/components/schemas/${topic}.content` } } }],
        },
        bindings: { kafka: { key: { type: 'string' } } },
      });
    }
    expect(components?.['schemas']?.['envelope']?.['required']).toEqual(['id', 'type', 'version', 'occurredAt', 'portfolioId', 'data']);
    expect(components?.['schemas']?.['payout.requested.content']?.['required']).toContain('amount');
  });
  it('says the envelope once, and the body of a sender beside our words', () => {
    const written = JSON.stringify(document);
    expect(written.split('"occurredAt":').length).toBe(2);
    for (const topic of outsideTopics)
      expect(tree(document)['components']?.['schemas']?.[`${topic}.content`]).toMatchObject({
        allOf: [{}, { $ref: '#/components/schemas/original' }],
      });
    // A provider's own words stand in nobody's content.
    for (const word of ['divest_amount', 'paymentID', 'instructedAmount']) expect(written).not.toContain(word);
    expect(references(document).filter((reference) => !leadsSomewhere(document, reference))).toEqual([]);
  });
  it('says who reads', () => {
    expect(Object.keys(tree(document)['operations']!)).toEqual(
      expect.arrayContaining(['withdrawal.send.payout.requested', 'payout.receive.payout.requested', 'payout.send.payout.requested.dlq']),
    );
  });
});

describe.each([
  ['of the middleware', openApi('1.2.3')],
  ['of core banking', coreBankingOpenApi('1.2.3')],
])('the OpenAPI document %s', (_name, document) => {
  const { paths, webhooks, components } = tree(document);
  const operations = [...Object.entries(paths!), ...Object.entries(webhooks ?? {})].flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

  it('refers to nothing that is missing', () => {
    const all = references(document);
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter((reference) => !leadsSomewhere(document, reference))).toEqual([]);
  });
  it('names every operation once and says what it answers', () => {
    const ids = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations) expect(Object.keys(operation['responses']!).length).toBeGreaterThan(0);
  });
  it('describes every parameter of its paths', () => {
    for (const { path, operation } of operations) {
      const parameters = (operation['parameters'] ?? []) as unknown as { name: string; in: string }[];
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(wanted);
    }
  });
  it('names only security schemes that it has', () => {
    const named = [document, ...operations.map(({ operation }) => operation)].flatMap(
      ({ security }) => (security as object[] | undefined)?.flatMap((one) => Object.keys(one)) ?? [],
    );
    expect(named.filter((name) => components?.['securitySchemes']?.[name] === undefined)).toEqual([]);
  });
});

describe('the OpenAPI document of the middleware', () => {
  const gateway = (file: string): string => readFileSync(join(root, 'services/gateway/src', file), 'utf8');
  const { paths } = tree(openApi('1.2.3'));

  it('has every route of the gateway', () => {
    const secrets = ['a secret'];
    const routes = routesOf({
      BROKER: 'drivewealth',
      CORE_BANKING: 'payments-api',
      WEBHOOK_SECRETS_INVESTSUITE: secrets,
      WEBHOOK_SECRETS_BROKER: secrets,
      WEBHOOK_SECRETS_CORE_BANKING: secrets,
    }).map(({ path }) => path);
    expect(routes.length).toBeGreaterThan(3);
    expect(routes.filter((path) => paths?.[path] === undefined)).toEqual([]);
    const documented = Object.keys(paths!).filter((path) => path.startsWith('/webhooks/'));
    // Of brokers and banks that are not chosen here the gateway has no route.
    expect(documented.filter((path) => !routes.includes(path) && !/^\/webhooks\/(broker|core-banking)\//.test(path))).toEqual([]);
  });
  it('has every problem code that a webhook is answered with', () => {
    const webhook = gateway('consume/webhook.ts');
    const [signature = '', ...http] = ['webhook-signature', 'server', 'body'].map((name) =>
      readFileSync(join(root, `shared/runtime/http/${name}.ts`), 'utf8'),
    );
    // What no route answers, an address that cannot be read, and what breaks belong to no operation.
    const ofNoOperation = new Set(['not-found', 'bad-request', 'internal']);
    const said = [
      ...[...`${webhook}${http.join('')}`.matchAll(/code: '([a-z-]+)'/g)].map(([, code]) => code),
      ...[...webhook.matchAll(/#keepAndRefuse\(.*?'([a-z-]+)'/g)].map(([, code]) => code),
      ...[...signature.matchAll(/refuse\('([a-z-]+)'\)/g)].map(([, code]) => code),
    ];
    expect([...new Set(said)].filter((code) => !ofNoOperation.has(code ?? '')).sort()).toEqual(
      Object.values(WEBHOOK_PROBLEMS)
        .flatMap(({ codes }) => codes)
        .sort(),
    );
  });
});
