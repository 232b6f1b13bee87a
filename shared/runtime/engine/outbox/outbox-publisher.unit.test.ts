import { describe, expect, it } from '@jest/globals';
import { OutboxPublisher } from './outbox-publisher.js';
import type { OutboxRow } from '../store/store.js';

const row = (eventId: string, key = 'k'): OutboxRow => ({ eventId, topic: 't', key, headers: {}, value: '{}' });
const ids = (rows: readonly OutboxRow[]): string[] => rows.map((one) => one.eventId);

/** A topic whose publications the test lets through or fails, one by one. */
const stage = () => {
  const published: string[][] = [];
  const marked: string[][] = [];
  const troubles: unknown[] = [];
  const timers: (() => void)[] = [];
  const gates: { readonly pass: () => void; readonly fail: (error: Error) => void }[] = [];
  let markFails: Error | null = null;
  const outboxPublisher = new OutboxPublisher(
    {
      markSent: async (eventIds) => {
        if (markFails !== null) throw markFails;
        marked.push([...eventIds]);
      },
      setAside: () => Promise.reject(new Error('nothing is refused here')),
    },
    async (rows) => {
      published.push(ids(rows));
      await new Promise<void>((pass, fail) => gates.push({ pass, fail }));
      return [];
    },
    (error) => troubles.push(error),
    (_waitMs, run) => {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
  );
  const turn = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    outboxPublisher: outboxPublisher,
    published,
    marked,
    troubles,
    failMarking: (error: Error | null): void => {
      markFails = error;
    },
    /** The time until what was said is marked is over. */
    mark: async (): Promise<void> => {
      for (const run of timers.splice(0)) run();
      await turn();
    },
    pass: async (): Promise<void> => {
      gates.shift()?.pass();
      await turn();
    },
    fail: async (error: Error): Promise<void> => {
      gates.shift()?.fail(error);
      await turn();
    },
  };
};

describe('what steps have said', () => {
  it('goes out in order, one publication at a time; many are marked together, a little later', async () => {
    const { outboxPublisher, published, marked, pass, mark } = stage();
    outboxPublisher.publish([row('a'), row('b')]);
    outboxPublisher.publish([row('c')]);
    expect(published).toEqual([['a', 'b']]);
    await pass();
    expect(published).toEqual([['a', 'b'], ['c']]);
    await pass();
    expect(marked).toEqual([]);
    await mark();
    expect(marked).toEqual([['a', 'b', 'c']]);
    outboxPublisher.publish([row('d')]);
    await pass();
    await mark();
    expect(marked).toEqual([['a', 'b', 'c'], ['d']]);
  });
  it('is not said twice while it is in progress, and again when the sweep still finds it afterwards', async () => {
    const { outboxPublisher, published, pass, mark } = stage();
    outboxPublisher.publish([row('a')]);
    outboxPublisher.publish([row('b'), row('a'), row('b')]);
    await pass();
    outboxPublisher.publish([row('b'), row('a')]);
    await pass();
    expect(published).toEqual([['a'], ['b']]);
    await mark();
    outboxPublisher.publish([row('a')]);
    expect(published).toEqual([['a'], ['b'], ['a']]);
  });
  it('stays unmarked when it could not be published or marked, and other keys go on', async () => {
    const { outboxPublisher, published, marked, troubles, pass, fail, mark, failMarking } = stage();
    outboxPublisher.publish([row('a')]);
    outboxPublisher.publish([row('b', 'other')]);
    await fail(new Error('Kafka is away'));
    failMarking(new Error('Postgres is away'));
    await pass();
    await mark();
    expect([published, marked, troubles]).toEqual([[['a'], ['b']], [], [new Error('Kafka is away'), new Error('Postgres is away')]]);
    failMarking(null);
    await outboxPublisher.publishMissed(async () => ({ rows: [row('a'), row('b', 'other')], all: true }));
    await pass();
    await mark();
    expect(marked).toEqual([['a', 'b']]);
  });
  it('says nothing newer of a key before what it has missed', async () => {
    const { outboxPublisher, published, pass, fail } = stage();
    const look = (ids: readonly string[], all = true) =>
      outboxPublisher.publishMissed(async () => ({ rows: ids.map((id) => row(id)), all }));
    outboxPublisher.publish([row('a')]);
    outboxPublisher.publish([row('b')]);
    await fail(new Error('Kafka is away'));
    outboxPublisher.publish([row('c')]);
    expect([published, outboxPublisher.isBehind]).toEqual([[['a']], true]);
    await look(['a'], false);
    outboxPublisher.publish([row('d')]);
    await outboxPublisher.publishMissed(async () => {
      // While the sweep looks it cannot know whether its look holds this one.
      outboxPublisher.publish([row('e')]);
      return { rows: [row('a'), row('b'), row('c'), row('d')], all: true };
    });
    expect(outboxPublisher.isBehind).toBe(true);
    await look(['a', 'b', 'c', 'd', 'e']);
    expect(outboxPublisher.isBehind).toBe(false);
    outboxPublisher.publish([row('f')]);
    await pass();
    await pass();
    expect(published).toEqual([['a'], ['a'], ['b', 'c', 'd', 'e', 'f']]);
    await pass();
  });
  it('is bounded: no publication of more than a thousand', async () => {
    const { outboxPublisher, published, pass } = stage();
    outboxPublisher.publish(Array.from({ length: 1_500 }, (_, n) => row(String(n))));
    await pass();
    expect(published.map((one) => one.length)).toEqual([1_000, 500]);
  });
  it('finishes what is under way when it stops, and leaves the rest in the outbox', async () => {
    const { outboxPublisher, published, marked, pass } = stage();
    outboxPublisher.publish([row('a')]);
    outboxPublisher.publish([row('b')]);
    const stopped = outboxPublisher.stop();
    await pass();
    await stopped;
    outboxPublisher.publish([row('c')]);
    expect([published, marked]).toEqual([[['a']], [['a']]]);
  });
});

describe('a row that can never be published', () => {
  /** A Kafka that refuses these ids, for ever or for now; of a dead letter, only the whole one. */
  const refusing = (refused: readonly string[], isForever: boolean) => {
    const said: OutboxRow[] = [];
    const marked: string[] = [];
    const aside: string[] = [];
    const alarms: string[] = [];
    const publish = (rows: readonly OutboxRow[]) => {
      const not = rows.filter(({ eventId, value }) => refused.includes(eventId) && value !== '');
      said.push(...rows.filter((one) => !not.includes(one)));
      return Promise.resolve(not.map(({ eventId }) => ({ eventId, error: new Error('MESSAGE_TOO_LARGE'), isForever })));
    };
    const store = {
      markSent: (ids: readonly string[]): Promise<void> => Promise.resolve(void marked.push(...ids)),
      setAside: (rows: readonly { readonly eventId: string; readonly reason: string }[]): Promise<void> =>
        Promise.resolve(void aside.push(...rows.map(({ eventId, reason }) => `${eventId}: ${reason}`))),
    };
    const outboxPublisher = new OutboxPublisher(
      store,
      publish,
      () => undefined,
      () => () => undefined,
      ({ eventId }) => alarms.push(eventId),
    );
    return { outboxPublisher, said, marked, aside, alarms };
  };
  const rowOf = (eventId: string, topic = 'payout.requested'): OutboxRow => ({
    eventId,
    topic,
    key: 'p',
    headers: { h: '1' },
    value: '{}',
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('goes to quarantine with an alarm, and later rows of its key go on [B14]', async () => {
    const { outboxPublisher, said, marked, aside, alarms } = refusing(['bad'], true);
    outboxPublisher.publish(['a', 'b', 'bad', 'c'].map((id) => rowOf(id)));
    await turn();
    outboxPublisher.publish([rowOf('d')]);
    await turn();
    expect(outboxPublisher.isBehind).toBe(false);
    await outboxPublisher.stop();
    expect(said.map(({ eventId }) => eventId)).toEqual(['a', 'b', 'c', 'd']);
    expect([marked, aside, alarms]).toEqual([['a', 'b', 'c', 'd'], ['bad: MESSAGE_TOO_LARGE'], ['bad']]);
  });
  it('is sent without what made it large where it is a dead letter: the whole lies in quarantine already [B14]', async () => {
    const { outboxPublisher, said, marked, aside } = refusing(['e1.dlq.1'], true);
    outboxPublisher.publish([{ ...rowOf('e1.dlq.1', 'payout.requested.dlq'), headers: { h: '1', 'dlq-reason': 'x' } }]);
    await turn();
    await outboxPublisher.stop();
    expect(said).toMatchObject([{ value: '', headers: { 'dlq-reason': 'x', 'dlq-value': expect.stringContaining('left out') } }]);
    expect([marked, aside]).toEqual([['e1.dlq.1'], []]);
  });
  it('is left to the sweep while its topic is refused, and what goes to other topics is marked as sent [B14]', async () => {
    const { outboxPublisher, marked, aside } = refusing(['bad'], false);
    outboxPublisher.publish([rowOf('a'), rowOf('bad', 'portfolio.changed'), rowOf('b')]);
    await turn();
    expect(outboxPublisher.isBehind).toBe(true);
    await outboxPublisher.stop();
    expect([marked, aside]).toEqual([['a', 'b'], []]);
  });
});
