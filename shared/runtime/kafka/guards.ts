/**
 * The guards of this folder, by name. Production runs with `allGuards`. A guard's own test switches it off, to show that the fault it
 * holds back is still there. What each one is for: README.md.
 */
export type Guards = {
  /** One topic-partition in a produce request: kafkajs skips brokers that already answered, and repeats partitions that were fine. */
  readonly onePartitionPerRequest: boolean;
  /** The broker's answer must name exactly the partition that was sent, without an error. */
  readonly verifiedAnswer: boolean;
  /** A lane has one request under way, and starts the next when it is answered. */
  readonly oneInFlight: boolean;
  /** No idempotent producer: after a rejected send it can give another message the same sequence number. */
  readonly notIdempotent: boolean;
  /** The partition is fixed before the first try. */
  readonly explicitPartition: boolean;
  /** A rejected send says "unknown", whatever kafkajs says about trying again. */
  readonly rejectedIsUnknown: boolean;
  /** No timer of 1 ms per connection. */
  readonly noIdleTimer: boolean;
  /** What was left of an answer that was cut off is not read as the beginning of the next connection's. */
  readonly wholeAnswers: boolean;
  /** Every batch that a topic may hold is read, and one that cannot be read stops its own partition only. */
  readonly everyBatch: boolean;
  /** All retry settings are given to client, consumer and producer. */
  readonly explicitRetry: boolean;
  /** Without a committed offset: from the first message, not from the newest. */
  readonly fromBeginning: boolean;
  /** A failing handler is called again here; kafkajs never sees the error. */
  readonly waitInsideBatch: boolean;
  /** The offset is committed by the batch's own call, whose errors make kafkajs join again. */
  readonly commitInsideBatch: boolean;
  /** The offset is committed after the handler said "durable". */
  readonly commitAfterDurable: boolean;
  /** Membership is kept while a handler works, and a handler hears when it is lost. */
  readonly heartbeatWhileHandling: boolean;
  /** A handler that shows no life for too long ends the process. */
  readonly handlerWatchdog: boolean;
  /** A kafkajs loop that is silent while the broker answers ends the process. */
  readonly loopWatchdog: boolean;
  /** A consumer that kafkajs has given up ends the process. */
  readonly crashIsFatal: boolean;
  /** Stopping waits for run() first, and not longer than its deadline. */
  readonly boundedStop: boolean;
  /** At start, what is left of this instance's previous run leaves the group. */
  readonly evictPreviousRun: boolean;
  /** No topic of ours is compacted. */
  readonly neverCompacted: boolean;
};

export const allGuards: Guards = {
  onePartitionPerRequest: true,
  verifiedAnswer: true,
  oneInFlight: true,
  notIdempotent: true,
  explicitPartition: true,
  rejectedIsUnknown: true,
  noIdleTimer: true,
  wholeAnswers: true,
  everyBatch: true,
  explicitRetry: true,
  fromBeginning: true,
  waitInsideBatch: true,
  commitInsideBatch: true,
  commitAfterDurable: true,
  heartbeatWhileHandling: true,
  handlerWatchdog: true,
  loopWatchdog: true,
  crashIsFatal: true,
  boundedStop: true,
  evictPreviousRun: true,
  neverCompacted: true,
};
