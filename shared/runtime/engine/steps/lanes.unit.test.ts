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
  it('finish what has begun before they begin more', () => {
    const lanes = of(input('a', 'a1'), input('b', 'b1'), answer('c', 'c1'), answer('d', 'd1'));
    // An answer makes its lane one that goes on, whatever waited there before.
    lanes.push(answer('b', 'b2'));
    expect(names(lanes.take(2))).toEqual(['c1', 'd1']);
    expect(names(lanes.take(9))).toEqual(['b2', 'a1']);
    lanes.release('b');
    lanes.push(answer('e', 'e1'));
    expect(names(lanes.take(9))).toEqual(['e1', 'b1']);
  });
  it('let answers without end not keep a new one out', () => {
    const many = Array.from({ length: 200 }, (_, index) => String(index));
    const lanes = of(...many.map((name) => input(`new-${name}`, `i${name}`)), ...many.map((name) => answer(`old-${name}`, `e${name}`)));
    const taken = lanes.take(100);
    expect(taken).toHaveLength(100);
    expect(names(taken.filter((item) => item.kind === 'input'))).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
    // Nothing is left free for new ones that do not wait.
    const without = of(...many.map((name) => answer(`old-${name}`, `e${name}`)));
    expect(without.take(100)).toHaveLength(100);
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
