/**
 * Kafka did not confirm what was asked. For a send the outcome is unknown: the messages may be stored, all or some of them. Send the same
 * event ids again; whoever takes them in knows them by their id.
 */
export class KafkaUnavailable extends Error {
  override readonly name = 'KafkaUnavailable';
}

/** A message is larger than a broker takes. Nothing was sent, and it never will be: trying again does not help. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
}

/** The broker's definite no to one message, for its content. Nothing of it is stored, and trying again does not help. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
}

/** The broker takes no message of this topic: it does not exist, or we may not write to it. Messages wait; other topics go on. */
export class TopicRefused extends Error {
  override readonly name = 'TopicRefused';
}

/** A handler's word: this partition is to be left alone for so long, and then fetched again from where it stands. Others go on. */
export class HoldPartition extends Error {
  override readonly name = 'HoldPartition';
  readonly forMs: number;
  constructor(message: string, forMs: number) {
    super(message);
    this.forMs = forMs;
  }
}

/** Bytes of a topic that cannot be read as what Kafka promises: a batch that is damaged, or in a form that nobody here knows. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}

/** The consumer cannot go on. The process must end, so that a fresh one takes over. */
export class ConsumerDied extends Error {
  override readonly name = 'ConsumerDied';
}

/** Kafka does not take our login: name, password or mechanism is wrong, or there is no such user. Trying again does not help by itself. */
export const isLoginRefused = (thrown: unknown): boolean => {
  for (let error = thrown; error instanceof Error; error = (error as { cause?: unknown }).cause)
    if (error.name === 'KafkaJSSASLAuthenticationError') return true;
  return false;
};

export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
