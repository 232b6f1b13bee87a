import Connection from 'kafkajs/src/network/connection';

const original: (this: Connection) => Promise<boolean> = Reflect.get(Connection.prototype, 'connect');
/** An answer begins with its length, an int32. */
const LENGTH_BYTES = 4;

/**
 * A connection that is made anew begins with an empty buffer. As it comes, kafkajs keeps the half of an answer that was cut off, reads the
 * next connection's bytes as its other half, and throws out of the socket's own event: nobody can catch that, the process ends.
 */
const withEmptyBuffer = function withEmptyBuffer(this: Connection): Promise<boolean> {
  if (!this.isConnected()) {
    this.chunks = [];
    this.bytesBuffered = 0;
    this.bytesNeeded = LENGTH_BYTES;
  }
  return original.call(this);
};

/** Process-wide; calling it again changes nothing. */
export const forgetHalfAnswers = (): void => {
  Connection.prototype.connect = withEmptyBuffer;
};

/** Only for the test that shows what happens without it. */
export const keepHalfAnswers = (): void => {
  Connection.prototype.connect = original;
};
