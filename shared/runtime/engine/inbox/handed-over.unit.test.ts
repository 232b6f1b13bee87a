import { describe, expect, it } from '@jest/globals';
import { readOwnRow } from './handed-over.js';

const answer = (event: object): string => JSON.stringify({ answers: 'j:Pay', journeyId: 'j', isEarlier: false, event });

describe('a row of our own', () => {
  it.each([
    ['a message to another journey', JSON.stringify({ tells: 'order', subject: 'O1', input: { type: 'OrderDecided' } })],
    ['an answer', answer({ type: 'Answered' })],
    ['what an inquiry found', answer({ type: 'Inquired' })],
    ['an effect without an owner', answer({ type: 'Orphaned' })],
    ['a notification', JSON.stringify({ notifies: 'j:Pay', journeyId: 'j', earlier: null })],
  ])('is read: %s', (_what, value) => {
    expect(readOwnRow(value)).toEqual(JSON.parse(value));
  });
  it('of a later form is left to a newer instance', () => {
    expect(readOwnRow(JSON.stringify({ form: 2, asksFor: 'something new' }))).toBeNull();
  });
  it.each([
    ['nothing', 'null'],
    ['no object', '3'],
    ['broken text', '{'],
    ['no form', '{}'],
    ['a misspelt flow', JSON.stringify({ tell: 'order', subject: 'O1', input: { type: 'OrderDecided' } })],
    ['an input without a type', JSON.stringify({ tells: 'order', subject: 'O1', input: {} })],
    ['a word of a person, which is never handed over', answer({ type: 'PersonSaid', said: 'send-again' })],
    ['two forms at once', JSON.stringify({ tells: 'order', subject: 'O1', input: { type: 'X' }, notifies: 'j:Pay', journeyId: 'j' })],
  ])('cannot be read: %s', (_what, value) => {
    expect(() => readOwnRow(value)).toThrow();
  });
});
