import { afterEach, describe, expect, it, jest } from '@jest/globals';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import { briefRetry, openKafka } from './client.js';
import { removeIdleTimer, restoreIdleTimer } from './idle-timer.js';
import { optionsFor, without } from './testing.js';

const quiet = { debug: (): void => undefined, warn: (): void => undefined };
const idleQueue = (): RequestQueue =>
  new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'c',
    broker: 'b',
    logger: quiet,
  });

/** How often the queue looks for work in one idle second. */
const looksPerIdleSecond = (queue: RequestQueue): number => {
  const looks = jest.spyOn(queue, 'checkPendingRequests');
  queue.checkPendingRequests();
  jest.advanceTimersByTime(1_000);
  return looks.mock.calls.length;
};

afterEach(() => {
  jest.useRealTimers();
  removeIdleTimer();
});

describe('an idle connection (guard noIdleTimer)', () => {
  it('has no timer', () => {
    jest.useFakeTimers();
    restoreIdleTimer();
    openKafka(optionsFor(['127.0.0.1:1']), briefRetry, without());
    expect(looksPerIdleSecond(idleQueue())).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('without the guard wakes up about a thousand times a second', () => {
    jest.useFakeTimers();
    restoreIdleTimer();
    openKafka(optionsFor(['127.0.0.1:1']), briefRetry, without('noIdleTimer'));
    expect(looksPerIdleSecond(idleQueue())).toBeGreaterThan(500);
  });

  it('still looks again when the broker has asked to slow down', () => {
    jest.useFakeTimers();
    removeIdleTimer();
    const queue = idleQueue();
    queue.throttledUntil = Date.now() + 500;
    queue.checkPendingRequests();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(600);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('still looks again while requests wait', () => {
    jest.useFakeTimers();
    removeIdleTimer();
    const queue = idleQueue();
    queue.throttledUntil = Date.now() + 100;
    const send = jest.fn();
    queue.pending.push({ send, expectResponse: true });
    queue.checkPendingRequests();
    jest.advanceTimersByTime(200);
    expect(send).toHaveBeenCalledTimes(1);
  });
});
