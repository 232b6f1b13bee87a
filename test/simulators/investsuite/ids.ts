import type { Prng } from '../shared/prng.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ID_DIGITS = 26;

/** First letter of an id. Source: docs.investsuite.com, ids: one type letter and 26 characters of Crockford base 32. */
export type IdLetter = 'P' | 'U' | 'O' | 'T' | 'Y' | 'L' | 'H' | 'K';
export type NewId = (letter: IdLetter) => string;

export const createIds =
  (prng: Prng): NewId =>
  (letter) =>
    letter + Array.from({ length: ID_DIGITS }, () => CROCKFORD.charAt(prng.below(CROCKFORD.length))).join('');
