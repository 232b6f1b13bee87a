import { createHash } from 'node:crypto';

/** What the envelope takes. */
const LONGEST_EVENT_ID = 200;

/** The sender's name and the sender's id; of an id too long for that its hash, the same whenever it comes. */
export const eventIdOf = (sender: string, id: string): string => {
  const named = `${sender}:${id}`;
  return named.length <= LONGEST_EVENT_ID ? named : `${sender}:long:${createHash('sha256').update(id).digest('hex')}`;
};
