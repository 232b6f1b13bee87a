/** Once, at the upgrade to signed messages: up to where what lies on Kafka was written by the earlier build, which did not sign. */
import { Client } from 'pg';
import type { KafkaOptions } from '../../shared/runtime/kafka/client.js';
import { endOffsets } from '../../shared/runtime/kafka/topic-state.js';
import { placeOf, type DatabaseReached } from '../../shared/runtime/postgres/database.js';
import { topicsTaken } from '../../shared/runtime/process/topics.js';

export type Recorded = {
  readonly places: number;
  /** Partitions that had been recorded before: they stay as they are. */ readonly before: number;
};

/**
 * Every service is stopped. A second run changes nothing: what came between would count as old.
 * @param owner login of the owner of the tables. @throws when a topic or the table is missing; then nothing is recorded.
 */
export const recordUnsigned = async (kafka: KafkaOptions, owner: DatabaseReached): Promise<Recorded> => {
  const ends = await endOffsets(kafka, topicsTaken());
  const client = new Client({ ...placeOf(owner), application_name: 'topics' });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `insert into public.unsigned_until (topic, "partition", "offset")
       select * from unnest($1::text[], $2::int[], $3::bigint[]) on conflict do nothing`,
      [ends.map(({ topic }) => topic), ends.map(({ partition }) => partition), ends.map(({ offset }) => offset)],
    );
    return { places: rowCount ?? 0, before: ends.length - (rowCount ?? 0) };
  } finally {
    await client.end();
  }
};
