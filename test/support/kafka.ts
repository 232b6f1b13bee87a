import type { PasswordLogin } from '../../shared/runtime/kafka/client.js';
import type { Reached } from '../../shared/runtime/kafka/testing.js';

/** The Kafka that the jest set-up, or whoever runs the tests, names in the environment. */
export const reachedByEnvironment = (): Reached => {
  const { KAFKA_BROKERS, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = process.env;
  return {
    brokers: (KAFKA_BROKERS ?? '').split(','),
    ...(KAFKA_SASL_MECHANISM === undefined
      ? {}
      : {
          sasl: {
            mechanism: KAFKA_SASL_MECHANISM as PasswordLogin['mechanism'],
            username: KAFKA_SASL_USERNAME ?? '',
            password: KAFKA_SASL_PASSWORD ?? '',
          },
        }),
  };
};

/** The same, as settings of a service. */
export const kafkaSettings = ({ brokers, sasl }: Reached): Record<string, string> => ({
  KAFKA_BROKERS: brokers.join(','),
  ALLOW_PLAINTEXT: 'true',
  ...(sasl === undefined
    ? {}
    : { KAFKA_SASL_MECHANISM: sasl.mechanism, KAFKA_SASL_USERNAME: sasl.username, KAFKA_SASL_PASSWORD: sasl.password }),
});
