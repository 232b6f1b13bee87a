/** Where a message goes: items for journeys, notifications about effects, inputs for whoever an effect's reference belongs to, or nowhere. */
import type { Tagged } from '../../../kernel/flow.js';
import type { Item, OriginalMessage } from '../steps/lanes.js';
import type { Read } from './read-message.js';

/** Why a notification is handled as it is taken in. */
export const NEWS = 'news: the other side is asked';

export type Routed = {
  readonly note: string | null;
  readonly items: readonly Item[];
  readonly notifications: readonly string[];
  readonly byReference: readonly ByReference[];
};
type ByReference = { readonly reference: string; readonly input: Tagged; readonly source: string; readonly original: OriginalMessage };

export const route = (read: Extract<Read, { kind: 'good' }>, original: OriginalMessage): Routed => {
  const source = `${original.topic}/${String(original.partition)}/${original.offset}`;
  const items: Item[] = [];
  const notifications: string[] = [];
  const byReference: ByReference[] = [];
  const notes: string[] = [];
  for (const arrival of read.arrivals) {
    if ('ignored' in arrival) notes.push(arrival.ignored);
    else if ('notification' in arrival) notifications.push(arrival.notification);
    else if ('deliverByReference' in arrival) byReference.push({ source, original, ...arrival.deliverByReference });
    else
      items.push({
        kind: 'input',
        lane: arrival.portfolioId,
        eventId: read.eventId,
        source,
        input: 'deliverTo' in arrival ? arrival.deliverTo.input : arrival.deliver.input,
        original,
        tries: 0,
        to:
          'deliverTo' in arrival
            ? { journeyId: arrival.deliverTo.journeyId, isReply: true }
            : { flow: arrival.deliver.flow, subject: arrival.deliver.subject },
      });
  }
  if (items.length + byReference.length > 0) return { note: null, items, notifications, byReference };
  return {
    note: notifications.length > 0 ? NEWS : notes.join('; ') || 'no business of this service',
    items,
    notifications: notifications,
    byReference,
  };
};
