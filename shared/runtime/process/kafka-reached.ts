import { requestToken } from '../../oauth/client-credentials.js';
import type { TlsFiles } from '../tls/tls-files.js';
import type { KafkaOptions, KafkaSasl } from '../kafka/client.js';
import { keptToken } from '../kafka/kept-token.js';
import type { CommonConfig } from './config.js';
import { kafkaSpeaksTls } from './transport.js';

type Name =
  | 'ALLOW_PLAINTEXT'
  | 'KAFKA_BROKERS'
  | 'KAFKA_SSL'
  | 'KAFKA_TOPIC_PREFIX'
  | `KAFKA_SASL_${'MECHANISM' | 'USERNAME' | 'PASSWORD'}`
  | `KAFKA_OAUTH_${'TOKEN_URL' | 'CLIENT_ID' | 'CLIENT_SECRET' | 'SCOPE'}`;
type Settings = Pick<CommonConfig, Name>;

/** What is missing was said at the start: an empty text cannot be met here. */
const saslOf = (settings: Settings, tls: Pick<TlsFiles, 'of'>): KafkaSasl | null => {
  const { KAFKA_SASL_MECHANISM: mechanism } = settings;
  if (mechanism === undefined) return null;
  if (mechanism !== 'oauthbearer')
    return { mechanism, username: settings.KAFKA_SASL_USERNAME ?? '', password: settings.KAFKA_SASL_PASSWORD ?? '' };
  const credentials = {
    tokenUrl: settings.KAFKA_OAUTH_TOKEN_URL ?? '',
    clientId: settings.KAFKA_OAUTH_CLIENT_ID ?? '',
    clientSecret: settings.KAFKA_OAUTH_CLIENT_SECRET ?? '',
    scope: settings.KAFKA_OAUTH_SCOPE,
    tls: tls.of('KAFKA_OAUTH'),
  };
  return { mechanism, token: keptToken({ request: (signal) => requestToken(credentials, signal), nowMs: Date.now }) };
};

/** Where Kafka is, and as whom we reach it. */
export const kafkaReached = (
  settings: Settings,
  tls: Pick<TlsFiles, 'of'>,
): Pick<KafkaOptions, 'brokers' | 'ssl' | 'tls' | 'sasl' | 'topicPrefix'> => {
  const sasl = saslOf(settings, tls);
  return {
    brokers: settings.KAFKA_BROKERS,
    ssl: kafkaSpeaksTls(settings),
    tls: tls.of('KAFKA'),
    ...(sasl === null ? {} : { sasl }),
    topicPrefix: settings.KAFKA_TOPIC_PREFIX,
  };
};
