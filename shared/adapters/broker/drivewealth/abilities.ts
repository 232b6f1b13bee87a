import { KEY_MEMORY_MS } from '../../../../contracts/broker/drivewealth/http.js';
import type { OperationAbility } from '../../../kernel/outcome.js';
import type { BrokerPort } from '../../../ports/broker.js';

export type DriveWealthAbilities = BrokerPort['abilities'];

/** Longest life of a request. No source: careful value. */
const LONGEST_LIFE_MS = 15 * 60_000;

/**
 * Keys are remembered for four days, and still we look before we send again: a key may be lost on their side, a failure is
 * remembered and comes back as well, and the sixth repeat is refused. After proven absence the same key goes out once more,
 * so that a first request which did arrive is answered instead of done twice.
 */
export const abilitiesOf = (longestLifeMs: number | undefined, sendClientOrderId: boolean): DriveWealthAbilities => {
  const lookFirst: Omit<OperationAbility, 'source'> = {
    repeatable: 'after-inquiry',
    keyMemoryMs: KEY_MEMORY_MS,
    longestLifeMs: longestLifeMs ?? LONGEST_LIFE_MS,
    afterAbsence: 'same-key',
  };
  return {
    placeOrder: {
      ...lookFirst,
      // Without our key in it an order is known by account, side, instrument, size and time only.
      inquiry: sendClientOrderId ? 'by-key' : 'by-likeness',
      source:
        'developer.drivewealth.com, idempotent requests, November 2026: 16 characters or more, 4 days, at most 5 repeats, failures are replayed. Longest life: no source, careful value',
    },
    createCashOut: {
      ...lookFirst,
      inquiry: 'by-key',
      source:
        'developer.drivewealth.com, idempotent requests and create withdrawal, November 2026; the note comes back in lists. Longest life: no source, careful value',
    },
    approveCashOut: {
      repeatable: 'by-key',
      keyMemoryMs: null,
      longestLifeMs: longestLifeMs ?? LONGEST_LIFE_MS,
      afterAbsence: 'same-key',
      inquiry: 'by-key',
      source:
        'developer.drivewealth.com, redemption status, November 2026: only RIA_PENDING can be approved, and we read the status first, so a second approval does nothing',
    },
  };
};
