/**
 * Messages that the gateway of the first release has forwarded: `data` is the sender's body itself. Some may still wait in
 * an inbox, in quarantine or in Kafka, and a person may correct one of them. The senders of that release read them here:
 * whoever is chosen now, these three wrote them.
 */
import { majorVersionOf, type Envelope } from '../../contracts/internal/envelope.js';
import type { EventReader } from '../../contracts/internal/event-reader.js';
import { PENDING_WITHDRAWAL } from '../../contracts/internal/events.js';
import type { OutsideWords, WithdrawalRequest } from '../../contracts/internal/outside-events.js';
import { isOutsideTopic, versionOf } from '../../contracts/internal/topics.js';
import { driveWealthEvents } from './broker/drivewealth/events.js';
import { paymentsApiEvents } from './core-banking/payments-api/events.js';
import { investSuiteEvents } from './investsuite/events.js';

const READERS: readonly EventReader[] = [...investSuiteEvents, ...driveWealthEvents, ...paymentsApiEvents];

const inOurForm = (event: Envelope, words: OutsideWords['words'], version: string): Envelope => ({
  ...event,
  version,
  data: { ...words, original: event.data },
});

/** An event of an outside topic in our words, whichever release has written it. @throws TypeError when it is not what its topic promises. */
export const fromFirstRelease = (topic: string, event: Envelope): Envelope => {
  if (!isOutsideTopic(topic) || majorVersionOf(event) !== '1') return event;
  if (event.type === PENDING_WITHDRAWAL && event.portfolioId !== null) {
    const words: WithdrawalRequest = { portfolioId: event.portfolioId, level: null, currency: null };
    return inOurForm(event, words, versionOf(topic));
  }
  const reader = READERS.find(({ topics }) => topics.includes(topic));
  if (reader === undefined) throw new TypeError(`nobody reads events of ${topic}`);
  const read = reader.read(event.data, event.type);
  switch (read.kind) {
    case 'malformed':
      throw new TypeError(`not an event of ${reader.sender}: ${read.problems.join('; ')}`);
    case 'unlisted':
      throw new TypeError(`an event of ${reader.sender} of a kind or version that is not acted on`);
    case 'event':
      if (read.event.topic !== topic) throw new TypeError(`not an event of this topic, but of ${read.event.topic}`);
      return inOurForm(event, read.event.words, versionOf(topic));
  }
};
