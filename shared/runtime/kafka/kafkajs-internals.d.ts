/**
 * The few inner parts of kafkajs 2.2.4 that the guards and their tests touch. The version is pinned; the tests fail when one of them
 * is not what is written here.
 */
declare module 'kafkajs/src/network/requestQueue' {
  class RequestQueue {
    constructor(options: { maxInFlightRequests: number | null; requestTimeout: number; enforceRequestTimeout: boolean; clientId: string; broker: string; logger: { debug: () => void; warn: () => void } });
    readonly pending: unknown[];
    throttledUntil: number;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
    destroy(): void;
  }
  export = RequestQueue;
}
