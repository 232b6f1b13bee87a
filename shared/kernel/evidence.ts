/** What people write down as evidence is words for people. One word of it may be a fact: the id that the other side gave. */

/** Longest id that our own events carry, in characters. */
const LONGEST_ID = 128;

/** The first word, and nothing else of it: names and remarks behind it never become part of an id. Empty when there is none. */
export const idFromEvidence = (evidence: string): string => (evidence.trim().split(/\s+/)[0] ?? '').slice(0, LONGEST_ID);
