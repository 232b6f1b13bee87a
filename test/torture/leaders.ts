import { moveSomeLeaders } from '../../shared/runtime/kafka/moving-leaders.js';

/** What cannot be moved now, because nodes are down, is left as it is. Returns how many partitions were told to go elsewhere. */
export const moveLeaders = async (brokers: readonly string[], choice: number): Promise<number> => {
  try {
    return await moveSomeLeaders(
      {
        brokers,
        clientId: 'torture',
        ssl: false,
        topicPrefix: '',
        log: () => undefined,
      },
      choice,
    );
  } catch {
    return 0;
  }
};
