/** What people can stop by its name. test/tidy/operations.unit.test.ts compares it with what the services do. */
import { engineService, engineServiceNames } from './services.js';

/** What the services change outside, by the names of their effects. A name that is not here would stop nothing. */
export const operations: readonly string[] = engineServiceNames.flatMap((name) => engineService(name).changes);

/** The outside systems, by the names that effects and scopes use. */
export const systemNames = ['investsuite', 'broker', 'core-banking'] as const;
