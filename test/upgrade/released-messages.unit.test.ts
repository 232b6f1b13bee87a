/** Messages of an earlier release wait on topics, in inboxes and in outboxes: they are read today as they were then. */
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../contracts/internal/envelope.js';
import { ownEvents } from '../../contracts/internal/events.js';
import { everyConsume, everyFlow, releasedMessages } from './released.js';

const messages = releasedMessages();
/** The heads of the log came later. */
const LATER: readonly string[] = ['audit.head'];
const ownTopics = (Object.keys(ownEvents) as (keyof typeof ownEvents)[]).filter((topic) => !LATER.includes(topic));
/** Nobody had signed them: they are refused, and people ask again. */
const UNSIGNED = 'operator.decision';

describe('messages of an earlier release', () => {
  it('are kept of every topic of ours', () => {
    expect(ownTopics.filter((topic) => !messages.some((one) => one.topic === topic))).toEqual([]);
  });
  for (const topic of ownTopics)
    it(`on ${topic} are what the topic promises${topic === UNSIGNED ? ', or are refused: nobody has signed them [A4]' : ''}`, () => {
      for (const { value } of messages.filter((one) => one.topic === topic)) {
        const event = parseEnvelope(value);
        expect(ownEvents[topic].safeParse(event.data)).toMatchObject({ success: topic !== UNSIGNED });
      }
    });
  for (const topic of new Set(everyConsume.map((consume) => consume.topic)))
    it(`on ${topic} become inputs, or are passed over for a stated reason`, () => {
      const heardBy = everyConsume.filter((consume) => consume.topic === topic);
      for (const { value } of messages.filter((one) => one.topic === topic)) {
        const arrivals = heardBy.map((consume) => consume.read(parseEnvelope(value)));
        for (const arrival of arrivals) if ('ignored' in arrival) expect(arrival.ignored).not.toBe('');
      }
    });
  it('become inputs of flows that take them', () => {
    const inputs = messages.flatMap(({ topic, value }) =>
      topic === null
        ? []
        : everyConsume
            .filter((consume) => consume.topic === topic)
            .flatMap((consume) => {
              const arrival = consume.read(parseEnvelope(value));
              return 'deliver' in arrival
                ? [`${arrival.deliver.flow} ${arrival.deliver.input.type}`]
                : 'deliverTo' in arrival
                  ? [arrival.deliverTo.input.type]
                  : [];
            }),
    );
    expect([...new Set(inputs)].sort()).toEqual([
      'PayoutFinished',
      'optimisation OptimizationReady',
      'payout PayoutRequested',
      'portfolio ChangeRequested',
      'portfolio LevelAnnounced',
      'withdrawal CashSettled',
      'withdrawal DivestAmountUpdated',
      'withdrawal PortfolioChanged',
    ]);
  });
  it('that one journey told another are inputs of a flow that is there', () => {
    const flows = new Map(everyFlow([]).map(({ flow }) => [flow.name, flow]));
    const told = messages.filter((one) => one.topic === null);
    expect(told.length).toBeGreaterThan(0);
    for (const { value } of told) {
      const { tells, input } = JSON.parse(value) as { readonly tells: string; readonly input: { readonly type: string } };
      expect(Object.keys(flows.get(tells)?.opens ?? {})).toContain(input.type);
    }
  });
});
