import { describe, expect, it } from '@jest/globals';
import { eventIdOf, eventsOf } from './forwarding.js';

describe('a body', () => {
  it('is one event or an array of them', () => {
    expect(eventsOf({ id: 'a' })).toEqual([{ id: 'a' }]);
    expect(eventsOf([{ id: 'a' }, { id: 'b' }])).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(eventsOf([])).toEqual([]);
  });
  it('may carry an id that another sender uses too', () => {
    expect(eventIdOf('investsuite', '1')).not.toBe(eventIdOf('core-banking', '1'));
  });
});
