import { compare, type Decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId } from '../../../../shared/kernel/ids.js';
import type { WordChecked } from '../../../../shared/kernel/outcome.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import { byPeople, type EffectDefinitions, type Timing } from '../../../../shared/runtime/engine/definition.js';
import { restOf } from '../decide/payout.rules.js';
import type { Payout, PayoutEffects } from '../decide/payout.js';

/** Amount in major units of `currency`. A request of an earlier release names no account. */
type Request = { readonly amount: Decimal; readonly currency: string; readonly brokerAccount?: string };

const notTaken = (why: string): WordChecked<null> => ({ taken: false, why });

/**
 * From the house account to the customer's account at the broker. That it is back is believed only while the broker shows at least so much
 * withdrawable cash. More than that nobody can say: what was there before is not known.
 */
export const moveRestBack = (
  broker: Pick<BrokerPort, 'readCash'>,
  timing: Timing,
): EffectDefinitions<Payout, PayoutEffects>['MoveRestBack'] => ({
  ...byPeople(timing),
  request: (p): Request => ({ amount: restOf(p), currency: p.currency, brokerAccount: p.brokerAccount }),
  checkWord: async ({ amount, currency, brokerAccount }: Request, { said }, { signal }) => {
    if (said !== 'applied') return { taken: true };
    if (brokerAccount === undefined) return notTaken('it was asked before such answers were checked: answer send-again first');
    const cash = await broker.readCash(brokerAccount as BrokerAccountId, signal);
    if (cash.kind !== 'applied') return notTaken('the broker could not be asked for the cash just now');
    const { withdrawable, currency: code } = cash.result;
    return code === currency && compare(withdrawable, amount) >= 0
      ? { taken: true }
      : notTaken(`the broker shows withdrawable ${code} ${withdrawable}, and ${currency} ${amount} was to come back`);
  },
  resultFromPerson: () => null,
});
