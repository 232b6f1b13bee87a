/** The boundaries at which a process may die: before and after each commit, each send, each publication. */
export type FailpointName =
  | 'before-step-commit'
  | 'after-step-commit'
  | 'before-send'
  | 'after-answer'
  | 'before-publish'
  | 'after-publish'
  | 'before-ingest'
  | 'after-ingest';
/**
 * Named moments at which a test lets the process die; does nothing in production. `about` says what the moment is about: the
 * statuses a commit leads to, the effect that is sent or was answered, the topics of what is taken in or published.
 */
export type Failpoint = (point: FailpointName, about: () => readonly string[]) => void;
