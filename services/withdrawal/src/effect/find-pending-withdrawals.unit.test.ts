import { describe, expect, it } from '@jest/globals';
import type { PortfolioId } from '../../../../shared/kernel/ids.js';
import { runJob } from '../../../../shared/runtime/process/jobs.js';
import type { OutgoingMessage } from '../../../../shared/runtime/kafka/producer.js';
import { createLog } from '../../../../shared/runtime/process/log.js';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { divestAmountEvents } from '../consume/divest-amount-updated.js';
import { findPendingWithdrawals } from './find-pending-withdrawals.js';

const log = createLog('test', 'silent');

describe('the look for pending withdrawals', () => {
  it('makes one event per portfolio and slot, which goes the way of a divest request', async () => {
    const sent: OutgoingMessage[] = [];
    const publish = (messages: readonly OutgoingMessage[]) => {
      sent.push(...messages);
      return Promise.resolve();
    };
    const job = findPendingWithdrawals(
      { readPendingWithdrawals: () => Promise.resolve({ kind: 'applied', result: ['P1', 'P2'] as PortfolioId[] }) },
      '15 1 * * *',
    );
    await runJob(job, '2026-03-01T01:15:00.000Z', publish, log);
    await runJob(job, '2026-03-01T01:15:00.000Z', publish, log);
    expect(sent.map((message) => message.headers['event-id'])).toEqual(
      ['P1', 'P2', 'P1', 'P2'].map((id) => `pending-withdrawals:2026-03-01T01:15:00.000Z:${id}`),
    );
    expect(divestAmountEvents.read(parseEnvelope(sent[0]?.value ?? ''))).toEqual({
      deliver: { flow: 'withdrawal', subject: 'P1', input: { type: 'DivestAmountUpdated', level: null } },
      portfolioId: 'P1',
    });
  });
  it('publishes nothing and goes on when InvestSuite does not answer', async () => {
    const sent: OutgoingMessage[] = [];
    const job = findPendingWithdrawals(
      { readPendingWithdrawals: () => Promise.resolve({ kind: 'retryable', evidence: 'away' }) },
      '15 1 * * *',
    );
    await runJob(job, 'slot', (messages) => Promise.resolve(void sent.push(...messages)), log);
    expect(sent).toEqual([]);
  });
});
