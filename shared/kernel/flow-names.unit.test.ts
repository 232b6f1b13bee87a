import { describe, expect, it } from '@jest/globals';
import { go, hold, named } from './flow.js';

describe('a rule that is made by another function', () => {
  it('says what it does when it is asked for its name, and does it', () => {
    expect([go('Paid').name, go('Paid')()]).toEqual(['to Paid', { to: 'Paid' }]);
    expect([hold('look at it').name, hold('look at it')()]).toEqual(['hold: look at it', { hold: 'look at it' }]);
  });
  it('gets a name without being changed', () => {
    const rule = (a: string, b: string): string => a + b;
    const same = named('joined', rule);
    expect(same).toBe(rule);
    expect([same.name, same.length, same('x', 'y')]).toEqual(['joined', 2, 'xy']);
  });
});
