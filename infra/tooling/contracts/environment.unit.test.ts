import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  ownFirst,
  printConfigTable,
  printExample,
  printTenantNames,
  printTenantTable,
  settingsOf,
  together,
  type Setting,
} from './environment.js';

const common = {
  KAFKA_BROKERS: z.string().meta({ description: 'where' }),
  KAFKA_SSL: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false)
    .meta({ description: 'whether' }),
  HTTP_PORT: z.coerce.number().int().min(0).max(9).default(7).meta({ description: 'a | b' }),
};
const one = z.object({ ...common, DATABASE_URL: z.string().meta({ secret: true, description: 'which' }) });
const two = z.object(common);
const settings = together([...settingsOf(one, 'one'), ...settingsOf(two, 'two')]);
const named = (name: string): Setting => settings.find((setting) => setting.name === name)!;

describe('a setting', () => {
  it('is read from its schema', () => {
    expect(named('HTTP_PORT')).toEqual({
      name: 'HTTP_PORT',
      description: 'a | b',
      required: false,
      fallback: '7',
      without: null,
      secret: false,
      allowed: '0 to 9',
      readBy: ['one', 'two'],
    });
    expect(named('KAFKA_SSL')).toMatchObject({ required: false, fallback: 'false', allowed: 'true, false' });
    expect(named('DATABASE_URL')).toMatchObject({ required: true, fallback: null, secret: true, readBy: ['one'] });
  });
  it('without a description, or with two of them, is refused', () => {
    expect(() => settingsOf(z.object({ NAME: z.string() }), 'one')).toThrow('NAME of one has no description');
    const other = settingsOf(z.object({ HTTP_PORT: z.string().meta({ description: 'else' }) }), 'three');
    expect(() => together([...settings, ...other])).toThrow('HTTP_PORT is described in two ways');
  });
});

describe('the example', () => {
  const lines = printExample(settings, ['one', 'two']).split('\n');
  it('asks for what must be set, shows defaults behind a #, and marks secrets', () => {
    expect(lines).toEqual(expect.arrayContaining(['KAFKA_BROKERS=', '# KAFKA_SSL=false', '# HTTP_PORT=7', 'DATABASE_URL=']));
    expect(lines[lines.indexOf('DATABASE_URL=') - 1]).toBe('# which. (secret) Read by: one.');
    expect(lines[lines.indexOf('# HTTP_PORT=7') - 1]).toBe('# a | b. [0 to 9] Read by: every service.');
  });
  it('explains NAME_FILE', () => {
    expect(lines.join('\n')).toContain('NAME_FILE');
  });
  it('puts a name into the group that fits best', () => {
    const jars: Setting = { ...named('KAFKA_SSL'), name: 'KAFKA_JARS_BASE_URL' };
    const groups = printExample([...settings, jars], ['one', 'two']).split('# --- ');
    expect(groups.find((group) => group.startsWith('Sandbox'))).toContain('KAFKA_JARS_BASE_URL');
    expect(groups.find((group) => group.startsWith('Kafka'))).not.toContain('KAFKA_JARS_BASE_URL');
  });
});

describe('the tables', () => {
  it('say what must be set and keep bars inside their cells', () => {
    const table = printConfigTable(settings, ['one', 'two']);
    expect(table).toContain('| `DATABASE_URL` | which (secret) | - | **must be set** | one |');
    expect(table).toContain('| `HTTP_PORT` | a \\| b | 0 to 9 | `7` | every service |');
    expect(printTenantTable(settings)).toContain('| `KAFKA_SSL` | whether | true, false | `false` | one, two |');
  });
  it('show what one service reads alone first', () => {
    expect(ownFirst(settings).map(({ name }) => name)).toEqual(['DATABASE_URL', 'KAFKA_BROKERS', 'KAFKA_SSL', 'HTTP_PORT']);
  });
  it('and list the names of the file in a source of ours', () => {
    expect(printTenantNames(settings)).toContain("= [\n  'DATABASE_URL',\n  'HTTP_PORT',\n  'KAFKA_BROKERS',\n  'KAFKA_SSL',\n];\n");
  });
});
