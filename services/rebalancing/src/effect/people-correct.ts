import { idFromEvidence } from '../../../../shared/kernel/evidence.js';
import { byPeople, type EffectDefinitions, type Timing } from '../../../../shared/runtime/engine/definition.js';
import type { Correction, CorrectionEffects } from '../decide/correction.js';

/** What people see of the correction. */
const request = ({ reason, account, customer, orders }: Correction) => ({ reason, account, customer, orders });

/** Evidence begins with the account, or holds `id:<account>`. */
export const findAccount = (timing: Timing): EffectDefinitions<Correction, CorrectionEffects>['FindAccount'] => ({
  ...byPeople(timing),
  request,
  resultFromPerson: (_request, evidence) => ({ account: idFromEvidence(evidence) }),
});

export const settleCorrection = (timing: Timing): EffectDefinitions<Correction, CorrectionEffects>['SettleCorrection'] => ({
  ...byPeople(timing),
  request,
  resultFromPerson: () => null,
});
