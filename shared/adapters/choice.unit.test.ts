import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { EventReader } from '../../contracts/internal/event-reader.js';
import { publicTls } from '../../test/builders/tls.js';
import { address, choiceOf, configurable, secret } from './choice.js';

type Port = { readonly at: string };
const heard = (path: string) => [{ path } as unknown as EventReader];
const one = configurable({ ONE_URL: address.meta({ description: 'one' }), ONE_TOKEN: secret }, (values): Port => ({ at: values.ONE_URL }));
const two = configurable({ TWO_URL: address.meta({ description: 'two' }) }, (values): Port => ({ at: values.TWO_URL }), heard('two'));
const outside = { log: (): void => undefined, tls: publicTls };

describe('a choice of one adapter', () => {
  const choice = choiceOf<Port, null>('SIDE', 'which side', { one });
  const schema = z.object(choice.environment);

  it('demands what the adapter reads, in the schema alone', () => {
    expect(schema.safeParse({}).error?.issues.map(({ path }) => path.join('.'))).toEqual(['ONE_URL', 'ONE_TOKEN']);
    expect(choice.problems({})).toEqual([]);
  });

  it('makes it without being told', () => {
    const read = schema.parse({ ONE_URL: 'http://one.example/v1/', ONE_TOKEN: 'hush-hush-hush' });
    expect(read['SIDE']).toBe('one');
    expect(choice.make(read, null, outside)).toEqual({ at: 'http://one.example/v1' });
  });
});

describe('a choice of two', () => {
  const choice = choiceOf<Port, null>('SIDE', 'which side', { one, two });
  const schema = z.object(choice.environment);

  it('demands what the chosen one reads, and only that', () => {
    expect(schema.safeParse({ SIDE: 'two' }).success).toBe(true);
    expect(choice.problems({})).toEqual(['ONE_URL is missing', 'ONE_TOKEN is missing']);
    expect(choice.problems({ SIDE: 'two', TWO_URL: 'nowhere' })).toEqual(['TWO_URL: must be an http(s) address']);
    expect(choice.problems({ SIDE: 'two', TWO_URL: 'http://two.example' })).toEqual([]);
  });

  it('makes the chosen one, and keeps what is said of each name', () => {
    expect(choice.make(schema.parse({ SIDE: 'two', TWO_URL: 'http://two.example/' }), null, outside)).toEqual({ at: 'http://two.example' });
    expect((choice.environment['ONE_URL'] as z.ZodType).meta()).toMatchObject({ description: 'one' });
  });

  it('hears the chosen one, and of all there are says who can be heard', () => {
    expect(choice.events({ SIDE: 'two' })).toEqual(heard('two'));
    expect(choice.events({ SIDE: 'one' })).toEqual([]);
    expect(choice.allEvents).toEqual(heard('two'));
    expect(() => choice.events({ SIDE: 'three' })).toThrow('names no adapter');
  });

  it('can be made by name alone, without what any of them reads', () => {
    const alone = z.object(choice.choice);
    expect(alone.parse({})).toEqual({ SIDE: 'one' });
    expect(alone.safeParse({ SIDE: 'three' }).success).toBe(false);
  });

  it('refuses a name that there is not', () => {
    expect(schema.safeParse({ SIDE: 'three' }).success).toBe(false);
    expect(() => choice.make({ SIDE: 'three' }, null, outside)).toThrow('names no adapter');
    expect(() => choiceOf('SIDE', 'which side', {})).toThrow('nothing to choose from');
  });
});
