/** What people have signed, checked at the door: an act that the service concerned would refuse is not even stored. */
import { actOf, type ActFacts } from '../../../../contracts/internal/acts.js';
import type { Operator } from '../../../../shared/runtime/signing/operators-file.js';
import { textHash, whyNotSigned } from '../../../../shared/runtime/signing/signed-act.js';
import { factsOf } from '../decide/decisions.js';
import type { Act } from '../decide/operator.js';
import { Refusal } from './exchange.js';

export type PersonNamed = (name: string) => Operator | null;

/** @throws Refusal unless this person has signed these facts as the one who asks. */
export const expectAsked = (facts: ActFacts, name: string, signature: string, named: PersonNamed): void => {
  const why = whyNotSigned(actOf(facts, textHash), { name, signature }, null, { named, needsSecond: false });
  if (why !== null) throw new Refusal(403, 'not-signed', 'The act is not signed as it should be', why);
};

/** @throws Refusal unless this person has signed the very act that the first person has signed. */
export const expectApproved = (act: Act, name: string, approval: string, named: PersonNamed): void => {
  const facts = factsOf(act);
  if (facts === null || act.signature === null)
    throw new Refusal(409, 'before-signatures', 'It was asked for before people signed their acts: withdraw it, and ask again');
  const by = { name: act.madeBy, signature: act.signature };
  const why = whyNotSigned(actOf(facts, textHash), by, { name, signature: approval }, { named, needsSecond: true });
  if (why !== null) throw new Refusal(403, 'not-signed', 'The act is not signed as it should be', why);
};
