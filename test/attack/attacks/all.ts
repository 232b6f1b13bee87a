import type { Attack } from '../attack.js';
import { factAttacks } from './facts.js';
import { messageAttacks } from './messages.js';
import { peopleAttacks } from './people.js';

/** In this order: where the last one succeeds, the limits of the day are used up. */
export const attacks: readonly Attack[] = [...messageAttacks, ...peopleAttacks, ...factAttacks];
