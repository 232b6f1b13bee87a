import { describe, expect, it } from '@jest/globals';
import { eventIdOf } from './event-id.js';

describe('an event id', () => {
  it('carries the sender: another may use the same one', () => {
    expect(eventIdOf('investsuite', '1')).not.toBe(eventIdOf('core-banking', '1'));
  });
  it('fits the envelope however long it is, and stays the same', () => {
    const long = eventIdOf('core-banking', 'x'.repeat(188));
    expect(long.length).toBeLessThanOrEqual(200);
    expect(eventIdOf('core-banking', 'x'.repeat(188))).toBe(long);
    expect(eventIdOf('core-banking', 'x'.repeat(189))).not.toBe(long);
    expect(eventIdOf('core-banking', 'x'.repeat(187))).toBe(`core-banking:${'x'.repeat(187)}`);
  });
});
