/**
 * A broken invariant of our own. It rolls back what is being written, stops the lane it happened in and calls a person.
 * It is never retried blindly and never turned into an outcome.
 */
export class Bug extends Error {
  override readonly name = 'Bug';
}

/** Says that a value cannot exist. The compiler refuses the call while one still can. */
export const unreachable = (value: never): never => {
  throw new Bug(`unreachable: ${String(value)}`);
};
