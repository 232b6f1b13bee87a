import { describe, expect, it } from '@jest/globals';
import { eventsOf, firstNamed } from './forwarding.js';

describe('a body', () => {
  it('is one event or an array of them', () => {
    expect(eventsOf({ id: 'a' })).toEqual([{ id: 'a' }]);
    expect(eventsOf([{ id: 'a' }, { id: 'b' }])).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(eventsOf([])).toEqual([]);
  });
  it('is about the first that it names', () => {
    expect(firstNamed('last', null, 'a', 'b')).toBe('a');
    expect(firstNamed('last', '', undefined, 'b')).toBe('b');
    expect(firstNamed('last', '', null)).toBe('last');
  });
});
