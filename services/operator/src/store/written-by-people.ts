/** What people have written in an act: it may name anybody. */
export const WRITTEN_BY_PEOPLE: readonly string[] = ['correctedValue', 'evidence', 'why'];
/** A sealed text belongs to its act. Acts that are older than signatures have no such id, and nothing sealed. */
export const aboutAct = (actId: string | null): string => `act ${actId ?? ''}`;
