/** kafkajs behind its guards, held to the contract. */
import { describe } from '@jest/globals';
import { ensureTopics, pingKafka } from '../../shared/runtime/kafka/admin.js';
import { startConsumer } from '../../shared/runtime/kafka/consumer.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import { readTopic } from '../../shared/runtime/kafka/read-topic.js';
import { optionsFor } from '../../shared/runtime/kafka/testing.js';
import { endOffsets, topicState } from '../../shared/runtime/kafka/topic-state.js';
import { reachedByEnvironment } from '../support/kafka.js';
import { kafkaDriverContract } from './driver.contract.js';

describe('kafkajs', () => {
  kafkaDriverContract({ startProducer, startConsumer, ensureTopics, pingKafka, readTopic, topicState, endOffsets }, (brokers) =>
    optionsFor(brokers === undefined ? reachedByEnvironment() : { ...reachedByEnvironment(), brokers }),
  );
});
