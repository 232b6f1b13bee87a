import { describe, expect, it } from '@jest/globals';
import { engineSection, printCatalogue, type Catalogue } from './schema-dump.js';

const catalogue: Catalogue = {
  schemas: ['payout', 'public'],
  functions: [{ schema: 'payout', text: 'CREATE FUNCTION payout.f() ...\n' }],
  types: [{ schema: 'payout', text: 'create type payout.pair as (a text)' }],
  sequences: [{ schema: 'payout', name: 'owner_id', type: 'integer' }],
  tables: [
    {
      schema: 'payout',
      name: 'inbox',
      options: 'fillfactor=70',
      columns: [
        { name: 'seq', type: 'bigint', notNull: true, generated: 'always', fallback: null },
        { name: 'at', type: 'timestamp with time zone', notNull: false, generated: null, fallback: 'now()' },
      ],
      constraints: ['constraint inbox_pkey PRIMARY KEY (seq)'],
    },
  ],
  indexes: [{ schema: 'payout', text: 'CREATE INDEX i ON payout.inbox USING btree (at)' }],
  triggers: [],
  grants: [{ schema: 'payout', what: 'usage on schema payout', to: 'cmw_payout' }],
  engineSchemas: [],
};

describe('the dump of a schema', () => {
  it('prints everything of one schema together', () => {
    expect(printCatalogue(catalogue).split('\n').slice(2)).toEqual([
      ...[
        '-- payout',
        '',
        'create schema payout;',
        '',
        'create sequence payout.owner_id as integer;',
        '',
        'create type payout.pair as (a text);',
        '',
        'CREATE FUNCTION payout.f() ...;',
        '',
      ],
      ...[
        'create table payout.inbox (',
        '  seq bigint generated always as identity not null,',
        '  at timestamp with time zone default now(),',
      ],
      ...[
        '  constraint inbox_pkey PRIMARY KEY (seq)',
        ') with (fillfactor=70);',
        '',
        'CREATE INDEX i ON payout.inbox USING btree (at);',
        '',
      ],
      ...['grant usage on schema payout to cmw_payout;', '', '-- public', ''],
    ]);
  });

  describe('of the engine', () => {
    const renamed = <T>(things: readonly T[]): readonly T[] =>
      JSON.parse(JSON.stringify(things).replaceAll('payout', 'refund')) as readonly T[];
    const both: Catalogue = {
      schemas: ['payout', 'public', 'refund'],
      functions: [...catalogue.functions, ...renamed(catalogue.functions)],
      types: [...catalogue.types, ...renamed(catalogue.types)],
      sequences: [...catalogue.sequences, ...renamed(catalogue.sequences)],
      tables: [...catalogue.tables, ...renamed(catalogue.tables)],
      indexes: [...catalogue.indexes, ...renamed(catalogue.indexes)],
      triggers: [],
      grants: [...catalogue.grants, ...renamed(catalogue.grants)],
      engineSchemas: ['payout', 'refund'],
    };

    it('stands once for all services', () => {
      const text = printCatalogue(both);
      expect(text).toContain('-- service: the schema of each service on the engine (payout, refund), all of them the same');
      expect(text.match(/create table/g)).toEqual(['create table']);
      expect(text).toContain('create table service.inbox (');
      expect(text).toContain('grant usage on schema service to cmw_service;');
      expect(text.replace(/^--.*$/gm, '')).not.toMatch(/payout|refund/);
    });

    it('is the same for a service that is called as one of its tables', () => {
      const inbox = JSON.parse(JSON.stringify(both).replaceAll('refund', 'inbox')) as Catalogue;
      expect(engineSection(inbox)).toBe(engineSection(both));
    });

    it.each<[string, Partial<Catalogue>]>([
      ['an index less', { indexes: catalogue.indexes }],
      ['another right', { grants: [...catalogue.grants, { schema: 'refund', what: 'usage on schema refund', to: 'cmw_operator' }] }],
      ['a table less', { tables: catalogue.tables }],
    ])('is refused when one service has %s', (_what, change) => {
      expect(() => engineSection({ ...both, ...change })).toThrow("the engine's schemas payout and refund differ");
    });
  });
});
