import { createHash } from 'node:crypto';

/** InvestSuite's limit of an external id, in characters. Source: docs.investsuite.com, general principles (December 2022 copy). */
const LONGEST = 64;

/** The id itself while it fits, else its SHA-256 in hex, which is 64 characters long. The same id always gives the same text. */
export const externalId = (id: string): string => (id.length <= LONGEST ? id : createHash('sha256').update(id).digest('hex'));
