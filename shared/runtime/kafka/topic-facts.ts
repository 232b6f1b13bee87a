import { ConfigResourceTypes } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { askAdmin, briefRetry } from './client.js';
import type { Inner, KafkaOptions } from './client.js';
import { asError } from './errors.js';
import { refusalOfTopic } from './refusals.js';

/** What a producer has to know of a topic. */
export type TopicFacts = {
  readonly partitions: number;
  /** The largest batch that the topic takes; null when the cluster does not tell us. */
  readonly mostBytes: number | null;
};

const KNOWN_FOR_MS = 300_000;
/** Somebody may be creating the topic, or giving us the right to it. */
const REFUSED_FOR_MS = 2_000;
const LIMIT = 'max.message.bytes';

type Known = { readonly facts: TopicFacts | Error; readonly untilMs: number };

const limitsOf = async (admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: [LIMIT] })),
  });
  return new Map(
    resources.flatMap(({ resourceName, configEntries }) => {
      const bytes = Number(configEntries.find(({ configName }) => configName === LIMIT)?.configValue);
      return Number.isSafeInteger(bytes) && bytes > 0 ? [[resourceName, bytes] as const] : [];
    }),
  );
};

/**
 * Facts of topics by their names on the cluster, remembered for five minutes or until they are forgotten. What cannot be looked up is an
 * error of that topic alone. One that does not exist, or that we may not write to, holds up no other.
 */
export class TopicFactsCache {
  readonly #options: KafkaOptions;
  readonly #own: Inner;
  readonly #known = new Map<string, Known>();
  #asking: Promise<void> = Promise.resolve();

  constructor(options: KafkaOptions, own: Inner) {
    this.#options = options;
    this.#own = own;
  }

  /** The broker's answer contradicts what is known. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  async of(topics: readonly string[], deadlineMs: number): Promise<ReadonlyMap<string, TopicFacts | Error>> {
    const names = [...new Set(topics)];
    const isFresh = (topic: string): boolean => (this.#known.get(topic)?.untilMs ?? 0) >= performance.now();
    if (!names.every(isFresh)) {
      // One at a time: many first sends at once ask once.
      const mine = this.#asking.then(() =>
        this.#refresh(
          names.filter((topic) => !isFresh(topic)),
          deadlineMs,
        ),
      );
      this.#asking = mine;
      await mine;
    }
    return new Map(
      names.map((topic) => [topic, this.#known.get(topic)?.facts ?? new Error(`nothing is known of the topic ${topic}`)] as const),
    );
  }

  /** Never rejects. */
  async #refresh(topics: readonly string[], deadlineMs: number): Promise<void> {
    if (topics.length === 0) return;
    try {
      await this.#ask(topics, deadlineMs);
    } catch (thrown) {
      const [only] = topics;
      if (only === undefined) return;
      const refusal = refusalOfTopic(thrown, only);
      // The answer names no topic: asked one by one, each gets its own.
      if (refusal !== null && topics.length > 1) for (const topic of topics) await this.#refresh([topic], deadlineMs);
      else
        for (const topic of topics)
          this.#failed(topic, topics.length === 1 && refusal !== null ? refusal : asError(thrown), refusal !== null);
    }
  }

  /** Old knowledge is better than none while Kafka is away: the number of partitions hardly ever changes. */
  #failed(topic: string, error: Error, isRefused: boolean): void {
    const known = this.#known.get(topic)?.facts;
    if (!isRefused && known !== undefined && !(known instanceof Error)) {
      this.#options.log('warn', 'kafka: using what is known of a topic so far', { topic, error: error.message });
      return;
    }
    this.#known.set(topic, { facts: error, untilMs: isRefused ? performance.now() + REFUSED_FOR_MS : 0 });
  }

  async #ask(topics: readonly string[], deadlineMs: number): Promise<void> {
    const what = `looking up ${topics.join(', ')}`;
    const found = await askAdmin(
      this.#options,
      { retry: briefRetry, deadlineMs, what },
      async (admin) => ({ ...(await admin.fetchTopicMetadata({ topics: [...topics] })), limits: await this.#limits(admin, topics) }),
      this.#own,
    );
    for (const { name, partitions } of found.topics)
      this.#known.set(name, {
        facts: { partitions: partitions.length, mostBytes: found.limits.get(name) ?? null },
        untilMs: performance.now() + KNOWN_FOR_MS,
      });
  }

  /** Not every cluster lets us ask: then the broker's refusals tell, one message at a time. */
  async #limits(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    try {
      return await limitsOf(admin, topics);
    } catch (thrown) {
      this.#options.log('warn', 'kafka: the limits of topics cannot be read; give this login the right to describe their settings', {
        topics,
        error: asError(thrown).message,
      });
      return new Map();
    }
  }
}
