/** Kafka, in memory: partitions, offsets, groups. Delivery is at least once; a batch in progress may lose its partition. */
import type { FetchedMessage } from '../../shared/runtime/kafka/consumer.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';
import type { Ground } from './ground.js';
import type { Life } from './scheduler.js';

const PARTITIONS = 2;
const MOST_PER_FETCH = 4;

type Stored = Omit<FetchedMessage, 'offset' | 'partition' | 'topic'> & { readonly value: Buffer };

export type Consumer = {
  readonly life: Life;
  readonly take: (batch: { topic: string; partition: number; messages: readonly FetchedMessage[] }) => Promise<void>;
};

/** One partition of one topic for one group. */
type Seat = {
  readonly topic: string;
  readonly partition: number;
  readonly log: Stored[];
  committed: number;
  position: number;
  member: Consumer | null;
  /** Stands for the present hold on the partition; who has another one commits nothing. */
  hold: object;
  reading: boolean;
};

class Group {
  readonly name: string;
  readonly seats: Seat[] = [];
  readonly members: Consumer[] = [];
  constructor(name: string) {
    this.name = name;
  }
}

export class Topics {
  readonly #ground: Ground;
  readonly #logs = new Map<string, readonly Stored[][]>();
  readonly #groups = new Map<string, Group>();
  /** Messages that can be fetched but were not committed yet, of all groups. */
  get lag(): number {
    let lag = 0;
    for (const group of this.#groups.values()) for (const seat of group.seats) lag += seat.log.length - seat.committed;
    return lag;
  }

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  #logsOf(topic: string): readonly Stored[][] {
    const known = this.#logs.get(topic);
    if (known !== undefined) return known;
    const made = Array.from({ length: PARTITIONS }, (): Stored[] => []);
    this.#logs.set(topic, made);
    return made;
  }

  subscribe(name: string, topics: readonly string[]): void {
    const group = new Group(name);
    for (const topic of topics)
      this.#logsOf(topic).forEach((log, partition) => {
        group.seats.push({ topic, partition, log, committed: 0, position: 0, member: null, hold: {}, reading: false });
      });
    this.#groups.set(name, group);
  }

  append(row: Pick<OutboxRow, 'topic' | 'key' | 'headers' | 'value'>): void {
    const partition = (row.key.length + row.key.charCodeAt(row.key.length - 1)) % PARTITIONS;
    const log = this.#logsOf(row.topic)[partition];
    log?.push({ key: row.key, headers: row.headers, value: Buffer.from(row.value), timestampMs: this.#ground.scheduler.nowMs });
    for (const group of this.#groups.values()) for (const seat of group.seats) if (seat.log === log) this.#poke(group, seat);
  }

  join(name: string, consumer: Consumer): void {
    const group = this.#groups.get(name);
    if (group === undefined || group.members.includes(consumer)) return;
    group.members.push(consumer);
    this.#share(group);
  }

  /** The group gives a member up: its partitions go to others, from the last committed offset. */
  leave(name: string, consumer: Consumer): void {
    const group = this.#groups.get(name);
    const at = group?.members.indexOf(consumer) ?? -1;
    if (group === undefined || at < 0) return;
    group.members.splice(at, 1);
    this.#share(group);
  }

  #share(group: Group): void {
    const { random } = this.#ground;
    group.seats.forEach((seat, index) => {
      const member = group.members[(index + random.between(0, 1)) % Math.max(1, group.members.length)] ?? null;
      if (member !== seat.member) this.#give(group, seat, member);
    });
  }

  #give(group: Group, seat: Seat, member: Consumer | null): void {
    seat.member = member;
    seat.position = seat.committed;
    seat.hold = {};
    seat.reading = false;
    this.#poke(group, seat);
  }

  #poke(group: Group, seat: Seat): void {
    const { member } = seat;
    if (member === null || seat.reading || seat.position >= seat.log.length) return;
    seat.reading = true;
    const { hold } = seat;
    const { scheduler, random } = this.#ground;
    scheduler.after(random.between(1, 30), member.life, () => {
      if (seat.hold === hold) void this.#deliver(group, seat, member, hold);
    });
  }

  async #deliver(group: Group, seat: Seat, member: Consumer, hold: object): Promise<void> {
    const { scheduler, random, faults, broken } = this.#ground;
    const { topic, partition, position } = seat;
    const until = Math.min(seat.log.length, position + random.between(1, MOST_PER_FETCH));
    const messages = seat.log.slice(position, until).map((one, index): FetchedMessage => ({
      topic,
      partition,
      offset: String(position + index),
      ...one,
    }));
    this.#ground.tell(member.life.name, () => `takes ${topic}/${String(partition)} ${String(position)}..${String(until - 1)}`);
    const commit = (): void => {
      if (seat.hold !== hold) return;
      seat.committed = until;
      seat.position = until;
    };
    if (broken?.offsetFirst === true) commit();
    if (group.members.length > 1 && faults.happens('partition-moved')) this.#move(group, seat);
    for (;;) {
      try {
        await member.take({ topic, partition, messages });
        break;
      } catch {
        await new Promise<void>((resolve) => scheduler.after(random.between(100, 400), member.life, resolve));
        if (seat.hold !== hold) return;
      }
    }
    scheduler.after(random.between(1, 10), member.life, () => {
      if (seat.hold !== hold) return;
      if (faults.happens('offset-lost')) this.#give(group, seat, seat.member);
      else commit();
      seat.reading = false;
      this.#poke(group, seat);
    });
  }

  #move(group: Group, seat: Seat): void {
    const other = group.members.find((member) => member !== seat.member) ?? seat.member;
    this.#ground.scheduler.after(this.#ground.random.between(1, 30), null, () => {
      if (seat.member !== null && other !== null && group.members.includes(other)) this.#give(group, seat, other);
    });
  }
}
