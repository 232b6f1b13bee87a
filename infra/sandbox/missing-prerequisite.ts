/** Something that must be installed is not. The message is one sentence for the person who started the command. */
export class MissingPrerequisite extends Error {
  override readonly name = 'MissingPrerequisite';
  /** EX_UNAVAILABLE of sysexits.h. */
  readonly exitCode = 69;
}
