import type { OperationAbility } from '../../../../shared/kernel/outcome.js';
import type { EffectDefinitions, Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Correction, CorrectionEffects } from '../decide/correction.js';
import { idFromEvidence } from '../../../../shared/kernel/evidence.js';

const BY_PEOPLE: OperationAbility = {
  repeatable: 'after-inquiry',
  keyMemoryMs: null,
  longestLifeMs: 0,
  afterAbsence: 'ask-person',
  source: 'nothing is sent: people do it',
};
const PEOPLE_DO_THIS = 'people do this';

/** Done by people outside of this system: nothing is sent and nobody can be asked, so that the effect is parked until two people answer. */
const byPeople = (timing: Timing) =>
  ({
    kind: 'once',
    perJourney: 'one',
    system: 'people',
    timing,
    ability: BY_PEOPLE,
    request: ({ reason, account, customer, orders }: Correction) => ({ reason, account, customer, orders }),
    send: async () => ({ kind: 'rejected' as const, reason: PEOPLE_DO_THIS }),
    inquire: async () => ({ found: 'rejected' as const, reason: PEOPLE_DO_THIS }),
  }) as const;

/** Evidence begins with the account, or holds `id:<account>`. */
export const findAccount = (timing: Timing): EffectDefinitions<Correction, CorrectionEffects>['FindAccount'] => ({
  ...byPeople(timing),
  resultFromPerson: (_request, evidence) => ({ account: idFromEvidence(evidence) }),
});

export const settleCorrection = (timing: Timing): EffectDefinitions<Correction, CorrectionEffects>['SettleCorrection'] => ({
  ...byPeople(timing),
  resultFromPerson: () => null,
});
