/** What the engine hands to an effect, and what an outside system promises, where a test is about neither. */
import type { OperationAbility } from '../../shared/kernel/outcome.js';
import type { EffectSending, Timing } from '../../shared/runtime/engine/definition.js';

export const shortTiming: Timing = { timeoutMs: 1, firstWaitMs: 1, longestWaitMs: 1, patienceMs: 1 };

export const sending = (changed: Partial<EffectSending> = {}): EffectSending => ({
  key: 'k1',
  signal: new AbortController().signal,
  portfolioId: 'P1',
  firstSentAtMs: 0,
  ...changed,
});

/** The careful one: nothing may be sent twice, and people say what happened. */
export const ability = (changed: Partial<OperationAbility> = {}): OperationAbility => ({
  repeatable: 'never',
  keyMemoryMs: null,
  longestLifeMs: 1,
  afterAbsence: 'ask-person',
  source: 'test',
  ...changed,
});
