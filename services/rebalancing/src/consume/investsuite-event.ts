import { readEvent, type EventName, type InvestSuiteEvent } from '../../../../contracts/investsuite/events.js';
import { expectFiledUnder, type Envelope } from '../../../../contracts/internal/envelope.js';

/** The InvestSuite event inside our envelope. @throws when it is not the event its topic promises. */
export const investSuiteEvent = <Name extends EventName>(envelope: Envelope, name: Name): Extract<InvestSuiteEvent, { name: Name }> => {
  const read = readEvent(envelope.data, envelope.type);
  if (read.kind === 'malformed') throw new TypeError(`not an event of InvestSuite: ${read.problems.join('; ')}`);
  if (read.kind === 'unlisted' || read.event.name !== name) throw new TypeError(`not the event "${name}"`);
  return read.event as Extract<InvestSuiteEvent, { name: Name }>;
};

/** @throws when neither the envelope nor the event says whose it is, or they disagree. */
export const portfolioOf = (envelope: Envelope, said: string | null | undefined): string => {
  const portfolioId = envelope.portfolioId ?? said;
  if (portfolioId === null || portfolioId === undefined || portfolioId === '') throw new TypeError('the event names no portfolio');
  // Old bodies name none; one that names another is nobody's.
  if (said !== null && said !== undefined && said !== '') expectFiledUnder({ ...envelope, portfolioId }, said);
  return portfolioId;
};
