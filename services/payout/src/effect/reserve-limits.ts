import type { OperationAbility } from '../../../../shared/kernel/outcome.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import { dayIn } from '../decide/day.js';
import type { LimitRequest, Limits, LimitsPort } from '../decide/limits.js';
import { exceededInWords } from '../decide/limits.rules.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

/** Our own tables, in our own database: a key that is known there changes nothing. */
export const OWN_TABLES: OperationAbility = {
  repeatable: 'by-key',
  keyMemoryMs: null,
  longestLifeMs: 0,
  afterAbsence: 'same-key',
  source: 'our own tables: a reservation is found by its key for ever',
};

/** `limits` are those of today, and `timeZone` says which day it is: both count at the time of the reservation. */
export type LimitChoices = { readonly limits: Limits; readonly timeZone: string };

/**
 * Reserves what the payment uses of the limits, before any money moves. A limit that stands against it refuses: then nothing is reserved, and
 * people decide. What they let pass is reserved all the same, for the payments after it are judged by it.
 */
export const reserveLimits = (
  port: Pick<LimitsPort, 'reserve' | 'isReserved'>,
  { limits, timeZone }: LimitChoices,
  timing: Timing,
  nowMs: () => number,
): EffectDefinitions<Payout, PayoutEffects>['ReserveLimits'] => ({
  kind: 'by-key',
  perJourney: 'many',
  system: 'limits',
  timing,
  ability: OWN_TABLES,
  request: ({ portfolioId, amount, currency, limitsPassed }, { id: payoutId }): LimitRequest => ({
    ...{ payoutId, portfolioId, amount, currency },
    beyond: limitsPassed !== null,
  }),
  send: async (request: LimitRequest, { key }) => {
    const said = await port.reserve(key, dayIn(timeZone, nowMs()), request, limits);
    if ('away' in said) return { kind: 'unknown', evidence: said.away };
    if (said.answer.reserved) return { kind: 'applied', result: { passed: null } };
    return { kind: 'rejected', reason: exceededInWords(request, said.answer.over) };
  },
  inquire: async (_request: LimitRequest, { key }) => {
    const said = await port.isReserved(key);
    if ('away' in said) return { found: 'no-answer', evidence: said.away };
    return said.answer ? { found: 'applied', result: { passed: null } } : { found: 'absent' };
  },
  resultFromPerson: (_request: LimitRequest, evidence) => ({ passed: evidence }),
});
