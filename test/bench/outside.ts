/**
 * The outside system of the engine's benchmark, a process of its own: answers `POST /<ms>` after so many milliseconds.
 * Bare sockets and a fixed answer, so that the two cores are left to what is measured. Prints its port; ends with its parent.
 */
import { createServer, type Socket } from 'node:net';

const ANSWER_BODY = '{"id":"4d0b7c1e","status":"DONE","amount":"125.50"}';
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${String(ANSWER_BODY.length)}\r\n\r\n${ANSWER_BODY}`,
);
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Calls `onRequest` with the head of every whole request in the bytes of one connection. */
const requestsOf = (onRequest: (head: string) => void): ((chunk: Buffer) => void) => {
  let kept: Buffer = Buffer.alloc(0);
  return (chunk) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    for (;;) {
      const endOfHead = kept.indexOf(END_OF_HEAD);
      if (endOfHead < 0) return;
      const head = kept.toString('latin1', 0, endOfHead);
      const bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? '0');
      const end = endOfHead + END_OF_HEAD.length + bodyBytes;
      if (kept.length < end) return;
      kept = kept.subarray(end);
      onRequest(head);
    }
  };
};

const answerAll = (socket: Socket): void => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on(
    'data',
    requestsOf((head) => {
      const waitMs = Number(/^\w+ \/(\d+)/.exec(head)?.[1] ?? '0');
      if (waitMs === 0) socket.write(ANSWER);
      else
        setTimeout(() => {
          socket.write(ANSWER);
        }, waitMs);
    }),
  );
};

const server = createServer(answerAll);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${String(address.port)}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
