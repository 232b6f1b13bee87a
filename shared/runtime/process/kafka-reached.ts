import type { KafkaOptions } from '../kafka/client.js';
import type { CommonConfig } from './config.js';

type Settings = Pick<
  CommonConfig,
  'KAFKA_BROKERS' | 'KAFKA_SSL' | 'KAFKA_SASL_MECHANISM' | 'KAFKA_SASL_USERNAME' | 'KAFKA_SASL_PASSWORD' | 'KAFKA_TOPIC_PREFIX'
>;

/** Where Kafka is, and as whom we reach it. */
export const kafkaReached = (settings: Settings): Pick<KafkaOptions, 'brokers' | 'ssl' | 'sasl' | 'topicPrefix'> => ({
  brokers: settings.KAFKA_BROKERS,
  ssl: settings.KAFKA_SSL,
  ...(settings.KAFKA_SASL_MECHANISM === undefined
    ? {}
    : {
        sasl: {
          mechanism: settings.KAFKA_SASL_MECHANISM,
          username: settings.KAFKA_SASL_USERNAME ?? '',
          password: settings.KAFKA_SASL_PASSWORD ?? '',
        },
      }),
  topicPrefix: settings.KAFKA_TOPIC_PREFIX,
});
