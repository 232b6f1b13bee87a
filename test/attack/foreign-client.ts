/** Kafka as somebody uses it who has none of our code: kafkajs as it comes, without the guards of ours. */
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes, type Admin } from 'kafkajs';
import { stockConfig, type Reached } from '../../shared/runtime/kafka/testing.js';

/** Whatever the wire allows: kafkajs' own type says less. */
export type ForeignMessage = {
  readonly key: string | null;
  readonly value: unknown;
  readonly headers?: object;
  readonly partition?: number;
};

export class ForeignClient {
  readonly #kafka: Kafka;
  #producer: ReturnType<Kafka['producer']> | null = null;

  constructor(reached: Reached, clientId: string) {
    this.#kafka = new Kafka({ ...stockConfig(reached), clientId, logLevel: logLevel.NOTHING, retry: { retries: 1 } });
  }

  /** @throws when Kafka refuses it. */
  async send(topic: string, messages: readonly ForeignMessage[]): Promise<void> {
    if (this.#producer === null) {
      this.#producer = this.#kafka.producer({ retry: { retries: 0 } });
      await this.#producer.connect();
    }
    await this.#producer.send({ topic, messages: messages as unknown as { value: string }[], acks: -1 });
  }
  async stop(): Promise<void> {
    await this.#producer?.disconnect();
  }

  async #asAdmin<T>(does: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      return await does(admin);
    } finally {
      await admin.disconnect();
    }
  }
  /** Which of these it may look at. */
  maySee(wanted: { readonly topics: readonly string[]; readonly groups: readonly string[] }): Promise<readonly string[]> {
    return this.#asAdmin(async (admin) => {
      const seen: string[] = [];
      const attempt = (name: string, asked: Promise<unknown>): Promise<unknown> =>
        asked.then(
          () => seen.push(name),
          () => undefined,
        );
      for (const topic of wanted.topics) await attempt(`topic ${topic}`, admin.fetchTopicOffsets(topic));
      for (const groupId of wanted.groups) await attempt(`group ${groupId}`, admin.fetchOffsets({ groupId }));
      return seen;
    });
  }
  /** Takes the right to write from a user. Returns how many rights are left. */
  closeTopic(user: string, topic: string): Promise<number> {
    const filter = {
      ...{ resourceType: AclResourceTypes.TOPIC, resourceName: topic, resourcePatternType: ResourcePatternTypes.LITERAL },
      ...{ principal: `User:${user}`, host: '*', operation: AclOperationTypes.WRITE, permissionType: AclPermissionTypes.ALLOW },
    };
    return this.#asAdmin(async (admin) => {
      await admin.deleteAcls({ filters: [filter] });
      return (await admin.describeAcls(filter)).resources.length;
    });
  }
}
