import { describe, expect, it } from '@jest/globals';
import { printCatalogue, type Catalogue } from './schema-dump.js';

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
});
