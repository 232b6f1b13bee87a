/** The people whose signatures count, and what the metrics say of decisions that did not. */
import type { Registry } from 'prom-client';
import { decisionRefusals, type DecisionRefusal } from '../engine/inbox/operator-decisions.js';
import { Operators } from '../signing/operators-file.js';
import { ConfigurationError } from './config.js';
import type { Log } from './log.js';
import { reasonCounter } from './reason-counter.js';

/**
 * Without OPERATORS_FILE there is nobody, and no decision is carried out.
 * @throws ConfigurationError when the file cannot be used.
 */
export const peopleOf = (path: string | undefined, log: Log): Operators | null => {
  if (path === undefined) {
    log.warn('OPERATORS_FILE is not set: nobody can decide anything');
    return null;
  }
  try {
    return new Operators(path, Date.now, (problem) => {
      log.error({ alarm: 'operators-file', problem }, 'the people of before still count: somebody must mend the file');
    });
  } catch (error) {
    throw new ConfigurationError([`OPERATORS_FILE ${error instanceof Error ? error.message : 'cannot be read'}`]);
  }
};

export const refusedDecisions = (registry: Registry): ((refusal: DecisionRefusal) => void) =>
  reasonCounter(registry, {
    name: 'cmw_decisions_refused_total',
    help: 'decisions of people that were not carried out; somebody must look who sent them',
    reasons: decisionRefusals,
  });
