import RequestQueue from 'kafkajs/src/network/requestQueue';

const original: (this: RequestQueue) => void = Reflect.get(RequestQueue.prototype, 'scheduleCheckPendingRequests');

/** Re-arms only when something waits or the broker asked us to slow down. As it comes, it re-arms every millisecond for ever, per connection. */
const onlyWhenNeeded = function onlyWhenNeeded(this: RequestQueue): void {
  if (this.pending.length === 0 && this.throttledUntil <= Date.now()) return;
  original.call(this);
};

/** Process-wide; calling it again changes nothing. */
export const removeIdleTimer = (): void => {
  RequestQueue.prototype.scheduleCheckPendingRequests = onlyWhenNeeded;
};

/** Only for the test that shows what happens without it. */
export const restoreIdleTimer = (): void => {
  RequestQueue.prototype.scheduleCheckPendingRequests = original;
};
