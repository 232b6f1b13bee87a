/** What a broker's no means: to this message, to its topic, or nothing that we know. */
import { MessageRefused, MessageTooLarge, TopicRefused } from './errors.js';

const SIZE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
/** Nothing of the request is stored, and sending the same again brings the same answer. */
const CONTENT: ReadonlySet<string> = new Set(['INVALID_RECORD', 'INVALID_TIMESTAMP']);
/** No message of this topic is taken, until somebody mends the topic or our rights. */
const TOPIC: ReadonlySet<string> = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** kafkajs wraps what a broker said, several times over. */
const MOST_WRAPPERS = 6;

/** The broker's own word for it, `MESSAGE_TOO_LARGE` for example; null when it was not the broker who failed. */
const saidBy = (thrown: unknown): string | null => {
  let error: unknown = thrown;
  for (let depth = 0; depth < MOST_WRAPPERS && error instanceof Error; depth += 1) {
    const { type } = error as { readonly type?: unknown };
    if (typeof type === 'string') return type;
    error = error.cause;
  }
  return null;
};

/** The broker's definite no to a request; null when its outcome is unknown. Sending the request in parts tells which message it is about. */
export const refusalOfMessage = (thrown: unknown, topic: string): MessageRefused | MessageTooLarge | null => {
  const said = saidBy(thrown);
  if (said === null) return null;
  if (SIZE.has(said)) return new MessageTooLarge(`the broker says ${said} to a message for ${topic}`);
  return CONTENT.has(said) ? new MessageRefused(`the broker says ${said} to a message for ${topic}`) : null;
};

/** The broker's no to a topic as a whole. */
export const refusalOfTopic = (thrown: unknown, topic: string): TopicRefused | null => {
  const said = saidBy(thrown);
  return said !== null && TOPIC.has(said) ? new TopicRefused(`the broker says ${said} to the topic ${topic}`) : null;
};
