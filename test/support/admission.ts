import type { Admission } from '../../shared/runtime/engine/inbox/admission.js';

/** For tests of what follows the admission: every message counts, signed or not. */
export const admitAll: Admission = () => ({ kind: 'ours' });
