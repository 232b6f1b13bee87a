/** Customers' money travels encrypted: what the settings say about TLS, and what is wrong with it. */
import { oauthMissing } from '../../../contracts/oauth-settings.js';
import { TLS_PARTS } from '../../../contracts/tls-settings.js';
import { readDatabaseUrl } from '../postgres/database-url.js';

/** As they stand in the environment; unset ones are absent. */
type Values = Readonly<Record<string, unknown>>;

const isSet = (values: Values, system: string): boolean => TLS_PARTS.some((part) => values[`${system}_${part}`] !== undefined);
/** As it stands in the environment, or as it was read. */
const isTrue = (value: unknown): boolean => value === true || value === 'true';
const isPlaintextAllowed = (values: Values): boolean => isTrue(values['ALLOW_PLAINTEXT']);

/** Names whose value is an address without TLS. */
const plainAddresses = (values: Values): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => (name.endsWith('_URL') && /^http:/i.test(String(value)) ? [name] : []));

/** `KAFKA_SSL` where it is set. Else TLS, unless plaintext is allowed and no certificate of Kafka is named. */
export const kafkaSpeaksTls = (values: Values): boolean => {
  const said = values['KAFKA_SSL'];
  return said === undefined ? !isPlaintextAllowed(values) || isSet(values, 'KAFKA') : isTrue(said);
};

/** TLS, unless plaintext is allowed, no certificate of the database is named, and its address does not ask for TLS. */
export const databaseSpeaksTls = (values: Values, url: string): boolean =>
  !isPlaintextAllowed(values) || isSet(values, 'DATABASE') || readDatabaseUrl(url).address?.asksForTls === true;

/** Where ALLOW_PLAINTEXT has an effect now. Names only. */
export const plaintextOf = (values: Values & { readonly DATABASE_URL: string }): readonly string[] => [
  ...plainAddresses(values),
  ...(kafkaSpeaksTls(values) ? [] : ['KAFKA_BROKERS']),
  ...(databaseSpeaksTls(values, values.DATABASE_URL) ? [] : ['DATABASE_URL']),
];

const halfOfPair = (names: readonly string[], values: Values): readonly string[] =>
  names.flatMap((name) => {
    const system = /^(.+)_CLIENT_CERT_FILE$/.exec(name)?.[1];
    if (system === undefined) return [];
    const [cert, key] = [`${system}_CLIENT_CERT_FILE`, `${system}_CLIENT_KEY_FILE`];
    if ((values[cert] === undefined) === (values[key] === undefined)) return [];
    return [`${values[cert] === undefined ? cert : key} is missing: a certificate and its key go together`];
  });

const kafkaLoginMissing = (values: Values): readonly string[] => {
  const mechanism = values['KAFKA_SASL_MECHANISM'];
  if (mechanism === undefined) return [];
  const missing =
    mechanism === 'oauthbearer'
      ? oauthMissing('KAFKA', values)
      : ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'].filter((name) => values[name] === undefined);
  return missing.map((name) => `${name} is missing: KAFKA_SASL_MECHANISM needs it`);
};

/** @param names all that the process reads. */
export const transportProblems = (names: readonly string[], values: Values): readonly string[] => [
  ...halfOfPair(names, values),
  ...kafkaLoginMissing(values),
  ...(values['KAFKA_SSL'] === 'false' && isSet(values, 'KAFKA')
    ? ['KAFKA_SSL is false, and a certificate of Kafka is named: set one of the two']
    : []),
  ...(isPlaintextAllowed(values)
    ? []
    : [
        ...plainAddresses(values).map((name) => `${name} is http://: money needs https://. ALLOW_PLAINTEXT=true is for a sandbox`),
        ...(values['KAFKA_SSL'] === 'false' ? ['KAFKA_SSL is false: money needs TLS. ALLOW_PLAINTEXT=true is for a sandbox'] : []),
      ]),
];
