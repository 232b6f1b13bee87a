import { PENDING_WITHDRAWAL } from '../../../../contracts/internal/events.js';
import type { WithdrawalRequest } from '../../../../contracts/internal/outside-events.js';
import type { InvestSuitePort } from '../../../../shared/ports/investsuite.js';
import type { Job } from '../../../../shared/runtime/engine/definition.js';

const TIMEOUT_MS = 300_000;

/**
 * The safety net under the events, which InvestSuite may lose: every portfolio with an open divest amount goes the same
 * way as an event does. All pages are read before anything is done, since paying shrinks the list.
 */
export const findPendingWithdrawals = (investSuite: Pick<InvestSuitePort, 'readPendingWithdrawals'>, schedule: string): Job => ({
  name: 'pending-withdrawals',
  schedule,
  timeoutMs: TIMEOUT_MS,
  run: async (signal) => {
    const read = await investSuite.readPendingWithdrawals(signal);
    if (read.kind !== 'applied') throw new Error(`the pending withdrawals could not be read: ${read.kind}`);
    return read.result.map((portfolioId) => {
      const words: WithdrawalRequest = { portfolioId, level: null, currency: null };
      return { topic: 'portfolio.withdrawal-request', type: PENDING_WITHDRAWAL, portfolioId, data: words };
    });
  },
});
