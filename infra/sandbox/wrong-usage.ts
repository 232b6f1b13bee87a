/** The words behind a command are wrong. The message is one sentence for the person who typed them. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
  /** EX_USAGE of sysexits.h. */
  readonly exitCode = 64;
}

/** What parseArgs of node:util throws for words that it does not know; everything else stays what it is. */
export const asWrongUsage = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
    ? new WrongUsage(error.message.replaceAll('\n', ' '), { cause: error })
    : error;
