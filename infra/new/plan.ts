import type { Edit } from './edits.js';
import type { Written } from './render.js';

/** Everything that `npm run new` would write, before a byte is written. */
export type Plan = {
  readonly what: string;
  readonly files: readonly Written[];
  readonly edits: readonly Edit[];
  /** For the person, in this order. */
  readonly next: readonly string[];
};
