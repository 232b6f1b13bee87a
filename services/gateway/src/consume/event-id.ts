import { createHash } from 'node:crypto';
import type { Source } from '../decide/forwarding.js';

/** What the envelope takes. */
const LONGEST_EVENT_ID = 200;

/** The sender's name and the sender's id; of an id too long for that its hash, the same whenever it comes. */
export const eventIdOf = (source: Source, id: string): string => {
  const named = `${source}:${id}`;
  return named.length <= LONGEST_EVENT_ID ? named : `${source}:long:${createHash('sha256').update(id).digest('hex')}`;
};
