import { connect } from 'node:net';

export interface ClusterView {
  readonly nodeIds: readonly number[];
  /** -1: the broker knows none. */
  readonly controllerId: number;
}

const METADATA = 3;
const VERSION = 1;

/** Metadata request, version 1, with an empty list of topics: "brokers only". */
const metadataRequest = (): Buffer => {
  const clientId = 'sandbox';
  const body = Buffer.alloc(2 + 2 + 4 + 2 + clientId.length + 4);
  body.writeInt16BE(METADATA, 0);
  body.writeInt16BE(VERSION, 2);
  body.writeInt32BE(1, 4);
  body.writeInt16BE(clientId.length, 8);
  body.write(clientId, 10, 'latin1');
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
};

/** Skips a nullable string (int16 length, -1 is null) and returns the place behind it. */
const behindString = (bytes: Buffer, at: number): number => at + 2 + Math.max(0, bytes.readInt16BE(at));

const readView = (bytes: Buffer): ClusterView => {
  let at = 8;
  const count = bytes.readInt32BE(at);
  at += 4;
  const nodeIds: number[] = [];
  for (let index = 0; index < count; index += 1) {
    nodeIds.push(bytes.readInt32BE(at));
    at = behindString(bytes, at + 4);
    at = behindString(bytes, at + 4);
  }
  return { nodeIds: nodeIds.sort((a, b) => a - b), controllerId: bytes.readInt32BE(at) };
};

/**
 * What the broker on this port of 127.0.0.1 says of its cluster. Speaks the few bytes itself: the client library belongs to the product's
 * own Kafka wrapper. Source: the Apache Kafka protocol guide, Metadata v1. Throws when there is no answer within a second.
 */
export const askCluster = async (port: number): Promise<ClusterView> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    const end = (finish: () => void): void => {
      socket.destroy();
      finish();
    };
    socket.setTimeout(1_000, () => {
      end(() => {
        reject(new Error('no answer to a metadata request within 1000 ms'));
      });
    });
    socket.once('error', reject);
    socket.once('close', () => {
      reject(new Error('the broker closed the connection'));
    });
    socket.once('connect', () => socket.write(metadataRequest()));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      end(() => {
        resolve(readView(received));
      });
    });
  });
