import { describe, expect, it } from '@jest/globals';
import { Lanes, type Item } from './lanes.js';

const input = (lane: string, eventId: string): Item => ({
  kind: 'input',
  lane,
  tries: 0,
  eventId,
  source: null,
  to: { journeyId: 'j' },
  input: { type: 'Wished' },
  original: null,
});
const answer = (lane: string, effectId: string): Item => ({
  kind: 'effect',
  lane,
  tries: 0,
  journeyId: 'j',
  effectId,
  event: { type: 'Orphaned' },
  eventId: null,
});
const names = (items: readonly Item[]): string[] =>
  items.map((item) => (item.kind === 'input' ? item.eventId : item.kind === 'look-again' ? 'look' : item.effectId));
const of = (...items: Item[]): Lanes => {
  const lanes = new Lanes();
  for (const item of items) lanes.push(item);
  return lanes;
};

describe('lanes', () => {
  it('give one item a lane, many lanes at once, in order, each lane only after its release', () => {
    const lanes = of(input('a', 'a1'), input('a', 'a2'), input('b', 'b1'), input('a', 'a3'));
    expect(lanes.size).toBe(4);
    expect(names(lanes.take(9))).toEqual(['a1', 'b1']);
    expect([lanes.size, lanes.busy]).toEqual([2, 2]);
    expect(lanes.take(9)).toEqual([]);
    lanes.release('a');
    expect(names(lanes.take(9))).toEqual(['a2']);
    lanes.release('a');
    lanes.release('b');
    expect(names(lanes.take(9))).toEqual(['a3']);
    lanes.release('a');
    expect([lanes.size, lanes.busy, lanes.take(9).length]).toEqual([0, 0, 0]);
    lanes.release('unknown');
    expect(lanes.busy).toBe(0);
  });
  it('let answers go before inputs, also in a lane that is busy', () => {
    const lanes = of(input('a', 'a1'), input('a', 'a2'));
    lanes.take(1);
    lanes.push(answer('a', 'e1'));
    expect(lanes.take(9)).toEqual([]);
    lanes.release('a');
    expect(names(lanes.take(9))).toEqual(['e1']);
  });
  it('give no more than is asked for', () => {
    const lanes = of(...['a', 'b', 'c'].map((lane) => input(lane, lane)));
    expect(names(lanes.take(2))).toEqual(['a', 'b']);
    expect(names(lanes.take(2))).toEqual(['c']);
  });
  it('drop the inputs of a blocked lane and keep its answers', () => {
    const lanes = of(input('a', 'a1'), answer('a', 'e1'), input('a', 'a2'), input('b', 'b1'));
    expect(names(lanes.dropInputs('a'))).toEqual(['a1', 'a2']);
    expect(lanes.size).toBe(2);
    expect(names(lanes.take(9))).toEqual(['e1', 'b1']);
    expect(lanes.dropInputs('none')).toEqual([]);
    expect(lanes.dropInputs('a')).toEqual([]);
  });
  it('are usable again after all of a lane was dropped, busy or not', () => {
    const lanes = of(input('a', 'a1'));
    lanes.dropInputs('a');
    expect([lanes.size, lanes.take(9).length]).toEqual([0, 0]);
    lanes.push(input('a', 'a2'));
    expect(names(lanes.take(9))).toEqual(['a2']);
    lanes.push(input('a', 'a3'));
    lanes.dropInputs('a');
    lanes.push(input('a', 'a4'));
    expect(lanes.take(9)).toEqual([]);
    lanes.release('a');
    expect(names(lanes.take(9))).toEqual(['a4']);
  });
});
