import { afterEach, describe, expect, it } from '@jest/globals';
import Connection from 'kafkajs/src/network/connection';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../../../test/support/eventually.js';
import { briefRetry, openKafka } from './client.js';
import { forgetHalfAnswers, keepHalfAnswers } from './half-answer.js';
import { optionsFor, without } from './testing.js';

type Answer = { readonly correlationId: number; readonly size: number };

/** Length, number of the question, and the rest. */
const answerTo = (correlationId: number, rest: string): Buffer => {
  const whole = Buffer.alloc(8 + rest.length);
  whole.writeInt32BE(4 + rest.length, 0);
  whole.writeInt32BE(correlationId, 4);
  whole.write(rest, 8);
  return whole;
};

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A broker that cuts its first answer in the middle, and gives the next connection a whole one. Returns what was heard. */
const cutOnce = async (server: Server): Promise<readonly Answer[]> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  const callers: Socket[] = [];
  server.on('connection', (socket) => callers.push(socket));
  const connection = new Connection({
    host: '127.0.0.1',
    port,
    logger: { ...logger, namespace: () => logger },
    socketFactory: ({ onConnect }) => connect({ host: '127.0.0.1', port }, onConnect),
    requestTimeout: 1_000,
    connectionTimeout: 1_000,
  });
  const heard: Answer[] = [];
  connection.requestQueue.fulfillRequest = ({ correlationId, size }) => heard.push({ correlationId, size });

  await connection.connect();
  const [first] = await eventually(
    'the first call',
    () => callers,
    ({ length }) => length === 1,
  );
  first?.end(answerTo(1, 'an answer that is cut').subarray(0, 15));
  await eventually(
    'it is cut',
    () => connection.isConnected(),
    (isConnected) => !isConnected,
  );

  await connection.connect();
  const second = (
    await eventually(
      'the second call',
      () => callers,
      ({ length }) => length === 2,
    )
  )[1];
  second?.write(answerTo(2, 'whole'));
  second?.end();
  await eventually(
    'that it is closed',
    () => connection.isConnected(),
    (isConnected) => !isConnected,
  );
  return heard;
};

describe('an answer that is cut in the middle (guard wholeAnswers)', () => {
  const server = { now: createServer() };
  afterEach(() => {
    server.now.close();
    server.now = createServer();
    forgetHalfAnswers();
  });

  it('is forgotten, and the next connection is read from its first byte', async () => {
    keepHalfAnswers();
    openKafka(optionsFor(['127.0.0.1:1']), briefRetry, without());
    expect(await cutOnce(server.now)).toEqual([{ correlationId: 2, size: 9 }]);
  });

  it('without the guard is taken for the beginning of the next one', async () => {
    keepHalfAnswers();
    openKafka(optionsFor(['127.0.0.1:1']), briefRetry, without('wholeAnswers'));
    expect(await cutOnce(server.now)).not.toContainEqual({ correlationId: 2, size: 9 });
  });
});
