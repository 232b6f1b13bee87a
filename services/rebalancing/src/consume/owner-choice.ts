import type { OptimizationId } from '../../../../shared/kernel/ids.js';
import type { Consume } from '../../../../shared/runtime/engine/definition.js';
import type { OwnerChoice, OwnerChose } from '../decide/optimisation.js';
import { investSuiteEvent, portfolioOf } from './investsuite-event.js';

const CHOICES: ReadonlyMap<string, OwnerChoice> = new Map([
  ['ACCEPT', 'accept'],
  ['REJECT', 'reject'],
  ['REOPTIMIZE', 'reoptimize'],
  ['IGNORED', 'ignored'],
]);

/** The owner of an advisory portfolio has chosen. What counts is read from the optimisation. */
export const ownerChoice: Consume = {
  topic: 'optimisations.owner-choice-update',
  read: (envelope) => {
    const { data: event } = investSuiteEvent(envelope, 'optimisations.owner-choice-update');
    const choice = CHOICES.get(event.value);
    if (choice === undefined) return { ignored: `a choice that is not listed: ${event.value}` };
    const portfolioId = portfolioOf(envelope, event.portfolio_id);
    const input: OwnerChose = { type: 'OwnerChose', optimizationId: event.id as OptimizationId, choice };
    return { deliver: { flow: 'optimisation', subject: portfolioId, input }, portfolioId };
  },
};
