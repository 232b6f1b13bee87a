/** What the system says by itself. No event is read yet: each is kept whole, and nothing is done because of it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { EventReader, ReadBody } from '../../../contracts/internal/event-reader.js';
import { printJson, type Json } from '../../../shared/kernel/json.js';

const read = (body: Json): ReadBody => ({
  kind: 'unlisted',
  // Where the sender writes its own id is not known yet. The same body is the same event.
  id: createHash('sha256').update(printJson(body)).digest('hex'),
  what: 'events of sample are not read yet',
  keep: true,
});

export const sampleEvents: readonly EventReader[] = [
  {
    sender: 'sample',
    path: 'sample',
    topics: [],
    documented: {
      operationId: 'takeSample',
      summary: 'Any event of sample, or an array of them',
      schema: { name: 'SampleEvent', body: z.unknown() },
    },
    read,
  },
];
