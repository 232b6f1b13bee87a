import { connect } from 'node:net';
import type { KafkaLogin } from './users.js';

export interface ClusterView {
  readonly nodeIds: readonly number[];
  /** -1: the broker knows none. */
  readonly controllerId: number;
}

const METADATA = 3;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;

const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value, 'latin1')]);
const request = (key: number, version: number, body: Buffer): Buffer => {
  const whole = Buffer.concat([int16(key), int16(version), int32(1), text('sandbox'), body]);
  return Buffer.concat([int32(whole.length), whole]);
};

/** Version 1: what follows is said in requests of its own. */
const handshakeRequest = (): Buffer => request(SASL_HANDSHAKE, 1, text('PLAIN'));
/** RFC 4616: who, as whom, password. */
const loginRequest = ({ username, password }: KafkaLogin): Buffer => {
  const words = Buffer.from(`\0${username}\0${password}`, 'utf8');
  return request(SASL_AUTHENTICATE, 0, Buffer.concat([int32(words.length), words]));
};
/** Version 1, with an empty list of topics: "brokers only". */
const metadataRequest = (): Buffer => request(METADATA, 1, int32(0));

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
 * own Kafka wrapper. Source: the Apache Kafka protocol guide: SaslHandshake v1, SaslAuthenticate v0, Metadata v1. Throws when there is no
 * answer within a second, or the login is refused.
 */
export const askCluster = async (port: number, login: KafkaLogin): Promise<ClusterView> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    const further = [loginRequest(login), metadataRequest()];
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
    socket.once('connect', () => socket.write(handshakeRequest()));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      const answer = received;
      received = Buffer.alloc(0);
      const next = further.shift();
      // Both answers of the login begin with an error code behind length and correlation id.
      if (next !== undefined && answer.readInt16BE(8) === 0) socket.write(next);
      else
        end(() => {
          if (next === undefined) resolve(readView(answer));
          else reject(new Error(`the broker refused the login (error ${String(answer.readInt16BE(8))})`));
        });
    });
  });
