import { engineStoreContract } from './engine-store.contract.js';
import { MemoryStore } from './memory-store.js';

engineStoreContract('memory', () => {
  const startedMs = performance.now();
  // As a database: time goes on between two statements.
  const nowMs = (): number => 1_800_000_000_000 + Math.floor(performance.now() - startedMs);
  const store = new MemoryStore(nowMs);
  const owner = () => {
    const id = store.nextOwner();
    return Promise.resolve({
      id,
      release: () => {
        store.locks.delete(id);
        return Promise.resolve();
      },
    });
  };
  return Promise.resolve({ store, nowMs, owner });
});
