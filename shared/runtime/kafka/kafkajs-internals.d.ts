/**
 * The few inner parts of kafkajs 2.2.4 that the guards and their tests touch. The version is pinned; the tests fail when one of them
 * is not what is written here.
 */
declare module 'kafkajs/src/network/requestQueue' {
  class RequestQueue {
    constructor(options: {
      maxInFlightRequests: number | null;
      requestTimeout: number;
      enforceRequestTimeout: boolean;
      clientId: string;
      broker: string;
      logger: { debug: () => void; warn: () => void };
    });
    readonly pending: unknown[];
    throttledUntil: number;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
    destroy(): void;
  }
  export = RequestQueue;
}

declare module 'kafkajs/src/network/connection' {
  import type { Socket } from 'node:net';
  class Connection {
    constructor(options: {
      host: string;
      port: number;
      logger: { namespace: (name: string) => object };
      socketFactory: (options: { onConnect: () => void }) => Socket;
      requestTimeout: number;
      connectionTimeout: number;
    });
    readonly requestQueue: { fulfillRequest: (answer: { size: number; correlationId: number; payload: Buffer }) => void };
    chunks: Buffer[];
    bytesBuffered: number;
    bytesNeeded: number;
    isConnected(): boolean;
    connect(): Promise<boolean>;
    disconnect(): Promise<boolean>;
  }
  export = Connection;
}

declare module 'kafkajs/src/errors' {
  export class KafkaJSProtocolError extends Error {
    constructor(error: { message: string; type: string; code: number; retriable: boolean });
  }
  export class KafkaJSNumberOfRetriesExceeded extends Error {
    constructor(cause: Error, details: { retryCount: number; retryTime: number });
    readonly retriable: boolean;
  }
}

declare module 'kafkajs/src/consumer/runner' {
  import type { EachBatchPayload } from 'kafkajs';
  class Runner {
    constructor(options: {
      logger: unknown;
      consumerGroup: unknown;
      instrumentationEmitter: { emit: () => void };
      heartbeatInterval: number;
      retry: object;
      autoCommit: boolean;
      eachBatchAutoResolve: boolean;
      eachBatch: (payload: EachBatchPayload) => Promise<void>;
      onCrash: (error: Error) => void;
      concurrency: number;
    });
    start(): Promise<void>;
    stop(): Promise<void>;
    commitOffsets(offsets: unknown): Promise<void>;
  }
  export = Runner;
}

declare module 'kafkajs/src/retry/defaults' {
  const defaults: Readonly<Record<string, number>>;
  export = defaults;
}

declare module 'kafkajs/src/retry/defaults.test' {
  const defaults: Readonly<Record<string, number>>;
  export = defaults;
}

declare module 'kafkajs/src/protocol/decoder' {
  class Decoder {
    constructor(buffer: Buffer);
    readInt16(): number;
    readInt32(): number;
    readInt64(): { toString(): string };
    readString(): string | null;
    readBytes(length: number): Buffer | null;
    readArray<T>(reader: (decoder: Decoder) => T): T[];
  }
  export = Decoder;
}

declare module 'kafkajs/src/protocol/messageSet/decoder' {
  import type Decoder from 'kafkajs/src/protocol/decoder';
  import type { KafkaMessage } from 'kafkajs';
  const decode: (decoder: Decoder, size: number) => Promise<KafkaMessage[]>;
  export = decode;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/crc32C' {
  const crc32C: (bytes: Buffer) => number;
  export = crc32C;
}

/** One for each version of the answer to a fetch. */
declare module 'kafkajs/src/protocol/requests/fetch/*' {
  const answer: { decode: (raw: Buffer) => Promise<object>; readonly parse: (data: object) => Promise<object> };
  export = answer;
}
