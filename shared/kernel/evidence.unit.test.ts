import { describe, expect, it } from '@jest/globals';
import { idFromEvidence } from './evidence.js';

describe('the id in the evidence of people', () => {
  it('is its first word: what stands behind it is for people [A8]', () => {
    expect(idFromEvidence('PMT-1 on the statement (anna, approved by ben)')).toBe('PMT-1');
    expect(idFromEvidence('  PMT-1\tseen')).toBe('PMT-1');
    expect(idFromEvidence('PMT-1')).toBe('PMT-1');
    expect(idFromEvidence('')).toBe('');
  });
  it('is never longer than an event can carry', () => {
    expect(idFromEvidence('x'.repeat(300))).toBe('x'.repeat(128));
  });
});
