/** InvestSuite's events, under every name that its pages and versions have used, in our words. */
import { EVENT_NAMES, eventEnvelope, readEvent, type InvestSuiteEvent } from '../../../contracts/investsuite/events.js';
import type { EventReader, ReadBody, SortedEvent } from '../../../contracts/internal/event-reader.js';
import type { OPTIMISATION_STATUSES, OutsideWords, OWNER_CHOICES, PORTFOLIO_STATUSES } from '../../../contracts/internal/outside-events.js';
import type { Json } from '../../kernel/json.js';

// Maps, not objects: a sender's word such as `constructor` must find nothing.
const PORTFOLIO_WORDS: ReadonlyMap<string, (typeof PORTFOLIO_STATUSES)[number]> = new Map([
  ['WAITING_FOR_ACCOUNT', 'waiting-for-account'],
  ['WAITING_FOR_POLICY', 'waiting-for-policy'],
  ['WAITING_FOR_FUNDS', 'waiting-for-funds'],
  ['ACTIVE', 'active'],
  ['INACTIVE', 'inactive'],
]);
const OPTIMISATION_WORDS: ReadonlyMap<string, (typeof OPTIMISATION_STATUSES)[number]> = new Map([
  ['PENDING', 'pending'],
  ['SUCCESS', 'success'],
  ['FAILURE', 'failure'],
  ['INFEASIBLE', 'infeasible'],
  ['NOT_OPTIMIZED', 'not-optimised'],
]);
const CHOICE_WORDS: ReadonlyMap<string, (typeof OWNER_CHOICES)[number]> = new Map([
  ['ACCEPT', 'accept'],
  ['REJECT', 'reject'],
  ['REOPTIMIZE', 'reoptimize'],
  ['IGNORED', 'ignored'],
]);

const TYPES: Readonly<Record<InvestSuiteEvent['name'], string>> = {
  'portfolio.creation': 'portfolios.creation',
  'portfolio.status-update': 'portfolios.status-update',
  'portfolio.withdrawal-request': 'portfolios.divest-amount-update',
  'optimisations.status-update': 'optimizations.status-update',
  'optimisations.owner-choice-update': 'optimizations.owner-choice-update',
};

/** Bodies of before August 2022 name no portfolio. */
const named = (portfolioId: string | null | undefined): string | null =>
  portfolioId === undefined || portfolioId === '' ? null : portfolioId;

const wordsOf = (event: InvestSuiteEvent): OutsideWords & { readonly words: { readonly portfolioId: string | null } } => {
  switch (event.name) {
    case 'portfolio.creation': {
      const { id, external_id: externalId, owned_by_user_id: ownerId } = event.data;
      return { topic: event.name, words: { portfolioId: id, externalId: externalId ?? null, ownerId: ownerId ?? null } };
    }
    case 'portfolio.status-update': {
      const { id, value } = event.data;
      return { topic: event.name, words: { portfolioId: id, status: PORTFOLIO_WORDS.get(value) ?? 'unlisted' } };
    }
    case 'portfolio.withdrawal-request': {
      const { id, divest_amount: level, currency } = event.data;
      return { topic: event.name, words: { portfolioId: id, level, currency: currency ?? null } };
    }
    case 'optimisations.status-update': {
      const { id, portfolio_id: portfolioId, value, is_recommended: recommended } = event.data;
      const status = OPTIMISATION_WORDS.get(value) ?? 'unlisted';
      return {
        topic: event.name,
        words: { optimizationId: id, portfolioId: named(portfolioId), status, recommended: recommended ?? null },
      };
    }
    case 'optimisations.owner-choice-update': {
      const { id, portfolio_id: portfolioId, value } = event.data;
      const choice = CHOICE_WORDS.get(value) ?? 'unlisted';
      return { topic: event.name, words: { optimizationId: id, portfolioId: named(portfolioId), choice } };
    }
  }
};

const readBody = (body: Json, fullName?: string): ReadBody => {
  const read = readEvent(body, fullName);
  if (read.kind === 'malformed') return read;
  if (read.kind === 'unlisted')
    return { kind: 'unlisted', id: read.id, what: `${read.subject}.${read.action} ${read.version}`, keep: true };
  const { event } = read;
  const said = wordsOf(event);
  const { portfolioId } = said.words;
  const sorted: SortedEvent = {
    ...said,
    key: portfolioId ?? event.data.id,
    id: event.id,
    type: TYPES[event.name],
    occurredAt: event.created,
    portfolioId,
  };
  return { kind: 'event', event: sorted };
};

export const investSuiteEvents: readonly EventReader[] = [
  {
    sender: 'investsuite',
    path: 'investsuite',
    topics: EVENT_NAMES,
    documented: {
      operationId: 'takeInvestSuite',
      summary: 'Any InvestSuite event, or an array of them',
      schema: { name: 'InvestSuiteEvent', body: eventEnvelope },
    },
    read: readBody,
  },
];
