import { optionsOf, type Reached } from '../../shared/runtime/kafka/testing.js';
import { moveSomeLeaders } from '../../shared/runtime/kafka/moving-leaders.js';

/** What cannot be moved now, because nodes are down, is left as it is. Returns how many partitions were told to go elsewhere. */
export const moveLeaders = async (reached: Reached, choice: number): Promise<number> => {
  try {
    return await moveSomeLeaders(optionsOf(reached, 'torture'), choice);
  } catch {
    return 0;
  }
};
