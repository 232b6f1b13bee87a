import { describe, expect, it } from '@jest/globals';
import { emittersOf, serviceNames, services, topicsReadWholeBy, topicsTakenBy } from '../../../contracts/internal/services.js';
import { topics } from '../../../contracts/internal/topics.js';
import { printPlan } from '../../../infra/topics/print.js';
import { KafkaUnavailable } from '../kafka/errors.js';
import { plannedAccess, plannedTopics, whyWaiting } from './topics.js';

const access = plannedAccess();
const usersWho = (operation: string, name: string): readonly string[] =>
  access
    .filter((one) => one.resource === 'topic' && one.name === name && one.operations.some((each) => each === operation))
    .map(({ user }) => user);

describe('the rights on topics', () => {
  it('let a topic be written by those who emit it, and read by those who take it, and by nobody else [A2]', () => {
    for (const topic of topics) {
      expect([topic, usersWho('Write', topic)]).toEqual([topic, [...emittersOf(topic)]]);
      const readers = serviceNames.filter((name) => [...topicsTakenBy(name), ...topicsReadWholeBy(name)].includes(topic));
      expect([topic, usersWho('Read', topic)]).toEqual([topic, readers]);
    }
    expect(usersWho('Write', 'operator.decision')).toEqual(['operator']);
  });
  it('let dead letters be written by those who take the topic, and read by none of the services', () => {
    for (const topic of topics) {
      expect(usersWho('Write', `${topic}.dlq`)).toEqual(serviceNames.filter((name) => topicsTakenBy(name).includes(topic)));
      expect(usersWho('Read', `${topic}.dlq`)).toEqual([]);
    }
  });
  it('give a group of its own to each service that reads', () => {
    const groups = access.filter(({ resource }) => resource === 'group').map(({ user, name }) => [user, name]);
    const onEngine = serviceNames.filter((name) => services[name].runs === 'engine').map((name) => [name, name]);
    const readers = serviceNames.filter((name) => topicsReadWholeBy(name).length > 0).map((name) => [name, `${name}-reads-`]);
    expect(groups).toEqual([...onEngine, ...readers]);
    expect(readers).toEqual([['operator', 'operator-reads-']]);
  });
  it('are printed as commands, with the prefix of the installation and the users of the cluster', () => {
    const text = printPlan(
      'x.',
      plannedTopics(3),
      plannedAccess((service) => (service === 'payout' ? 'pay-user' : service)),
    );
    expect(text).toContain(
      `--create --if-not-exists --topic 'x.payout.requested' --partitions 6 --replication-factor 3 --config cleanup.policy=delete`,
    );
    expect(text).toContain('--config min.insync.replicas=2');
    expect(text).toContain(`--allow-principal 'User:pay-user' --topic 'x.payout.finished' --operation Write --operation Describe`);
    expect(text).toContain(`--allow-principal 'User:pay-user' --group 'x.payout' --operation Read`);
    expect(text.split('\n').filter((line) => line.startsWith('kafka-topics.sh'))).toHaveLength(2 * topics.length);
  });
});

describe('a service that waits for Kafka', () => {
  it('says so when Kafka refuses its login, however deep the reason lies', () => {
    const refused = Object.assign(new Error('SASL SCRAM SHA-256 failed'), { name: 'KafkaJSSASLAuthenticationError' });
    const wrapped = new KafkaUnavailable('looking for topics', { cause: new Error('not retriable', { cause: refused }) });
    expect([refused, wrapped].map(whyWaiting)).toEqual(Array(2).fill(expect.stringContaining('Kafka refused our login')));
    expect(whyWaiting(new KafkaUnavailable('no answer'))).toBe('Kafka is not there yet; waiting');
    expect(whyWaiting('a word')).toBe('Kafka is not there yet; waiting');
  });
});
