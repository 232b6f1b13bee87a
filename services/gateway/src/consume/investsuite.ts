import { readEvent, type InvestSuiteEvent } from '../../../../contracts/investsuite/events.js';
import type { Json } from '../../../../shared/kernel/json.js';
import { firstNamed, type Sorted } from '../decide/forwarding.js';
import { eventIdOf } from './event-id.js';

/** InvestSuite's portfolio id, where the event names one. */
const portfolioOf = (event: InvestSuiteEvent): string | null => {
  switch (event.name) {
    case 'portfolio.creation':
    case 'portfolio.status-update':
    case 'portfolio.withdrawal-request':
      return event.data.id;
    case 'optimisations.status-update':
    case 'optimisations.owner-choice-update':
      return firstNamed('', event.data.portfolio_id) || null;
  }
};

const TYPES: Readonly<Record<InvestSuiteEvent['name'], string>> = {
  'portfolio.creation': 'portfolios.creation',
  'portfolio.status-update': 'portfolios.status-update',
  'portfolio.withdrawal-request': 'portfolios.divest-amount-update',
  'optimisations.status-update': 'optimizations.status-update',
  'optimisations.owner-choice-update': 'optimizations.owner-choice-update',
};

/** Any InvestSuite event, under every name its pages and versions have used. */
export const sortInvestSuite = (body: Json): Sorted => {
  const read = readEvent(body);
  if (read.kind === 'malformed') return read;
  if (read.kind === 'unlisted')
    return {
      kind: 'unlisted',
      eventId: eventIdOf('investsuite', read.id),
      what: `${read.subject}.${read.action} ${read.version}`,
      keep: true,
    };
  const { event } = read;
  const portfolioId = portfolioOf(event);
  return {
    kind: 'forward',
    event: {
      topic: event.name,
      key: portfolioId ?? event.data.id,
      eventId: eventIdOf('investsuite', event.id),
      type: TYPES[event.name],
      occurredAt: event.created,
      portfolioId,
      content: body,
    },
  };
};
